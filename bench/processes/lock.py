"""One run at a time on a machine: two would measure each other."""

from __future__ import annotations

import json
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import platformdirs
import psutil

from concbench.reports.files import write_whole

from ..errors import UsageError


@contextmanager
def held(purpose: Path) -> Iterator[None]:
    """Hold the machine while measuring for a folder; UsageError says who holds it already."""
    folder = _folder()
    lock = filelock.FileLock(folder / "run.lock", blocking=False)
    holder = folder / "holder.json"
    try:
        lock.acquire()
    except filelock.Timeout:
        why = f"another run is measuring on this machine{_who(holder)}: wait for it to end"
        raise UsageError(why) from None
    record = {
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "folder": str(purpose.absolute()),
        "since": time.strftime("%H:%M"),
    }
    try:
        with suppress(OSError):  # it only makes the other run's message better
            write_whole(holder, json.dumps(record))
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _folder() -> Path:
    for place in (_runtime, lambda: Path(tempfile.gettempdir(), f"concbench-{os.getuid()}")):
        with suppress(OSError):
            folder = place()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
                return folder
    raise UsageError(
        "there is no folder for the lock that stands while a run measures:\n"
        "  set XDG_RUNTIME_DIR or TMPDIR to a folder of your own"
    )


def _runtime() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR: nobody need act
        return platformdirs.user_runtime_path("concbench")


def _who(holder: Path) -> str:
    """` (pid 123 in /some/folder since 12:00)`, or nothing when that is unknown."""
    try:
        record = json.loads(holder.read_text(encoding="utf-8"))
        pid, folder, since = record["pid"], record["folder"], record["since"]
        # A killed holder leaves its record, and its number may belong to another process by now.
        alive = psutil.Process(pid).create_time() == record["started"]
    except (OSError, ValueError, LookupError, TypeError, psutil.Error):
        return ""
    return f" (pid {pid} in {folder} since {since})" if alive else ""
