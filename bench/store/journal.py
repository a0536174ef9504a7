"""The truth while a run goes on: JSON lines, each on the disk before the next thing starts.

An entry's `event` says what happened: `scouted` and `sampled` (the reference's task time, and how
many tasks stand for all), `fewer` and `first-counts` (tasks of a batch, and the value of a process,
where all would take too long), `round` (its cells, in order; `partial` where not all had time),
`loops`, `measured` or `failed` (one worker), `canary` and `glance` (CPUs delivered, between rounds
and in the middle of one), `imported` (files of a side), `trouble` (warnings), `left` (processes
that workers left running), `probed`, `emptied` and `unprobed` (probe passes).  bench/driver writes
them; state.py says what they add up to.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from concbench.reports import text
from concbench.reports.files import limited, make_folder, write_whole

from ..errors import UsageError


class JournalFull(UsageError):
    """An entry could not be written; all earlier ones are there."""


MESSAGES = "messages"
"""The folder beside a journal for messages that are too long for it."""
LENGTHS = {"message": text.STORED, "reason": text.STORED, "traceback": 4 * text.STORED}
"""Characters of what an entry says in words."""


def fitted(entry: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The entry as a run's files hold it: its messages legible and short.

    The whole of a long one goes to a file in `messages` of the folder.  Doing it again changes
    nothing.
    """
    stored = dict(entry)
    for key, most in LENGTHS.items():
        if isinstance(stored.get(key), str):
            stored[key] = brief(stored[key], folder, most)
    if isinstance(absent := stored.get("absent"), Mapping):
        stored["absent"] = {name: brief(why, folder) for name, why in absent.items()}
    if isinstance(metrics := stored.get("found"), Mapping):
        stored["found"] = fitted(metrics, folder)
    return stored


def brief(message: str, folder: Path, most: int = text.STORED) -> str:
    """The message, legible, in so many characters; the whole of a longer one beside it."""
    message = text.legible(message)
    if len(message) <= most:
        return message
    path = folder / MESSAGES / f"{sha256(message.encode()).hexdigest()[:16]}.txt"
    where = f"{MESSAGES}/{path.name}"
    try:
        if not path.exists():
            make_folder(path.parent)
            write_whole(path, message)
    except OSError as error:
        where = f"lost: {error.strerror}"  # the entry itself matters more
    return text.shortened(message, most, where)


class Journal:
    """Entries at the end of a file; what a crash tore off there before is removed first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            ways = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            # A link in a run that somebody sent would lead to any file of the user's.
            self._file = os.open(path, ways | os.O_NOFOLLOW, 0o666)
            if path.is_file():  # and not a pipe or a device
                os.ftruncate(self._file, path.read_bytes().rfind(b"\n") + 1)
        except OSError as error:
            raise self._full(error) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one entry to the disk, or raise JournalFull and leave the file as it was."""
        stored = fitted(entry, self._path.parent)
        line = json.dumps(stored, separators=(",", ":")).encode() + b"\n"
        before = os.fstat(self._file).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except BaseException as error:
            # Also after Ctrl-C: half a line here would spoil the next one.
            with suppress(OSError):
                os.ftruncate(self._file, before)
            if isinstance(error, OSError):
                raise self._full(error) from None
            raise

    def _full(self, error: OSError) -> JournalFull:
        return JournalFull(
            f"cannot write {self._path}: {error.strerror}\n"
            f"  what was measured before is kept: {remedy(error)}"
        )


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def remedy(error: OSError) -> str:
    """What to do where a run cannot be written."""
    if error.errno in FULL:
        return "make room there and go on with --resume"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "its folder was removed while it went on: bring that back, or measure anew"
    return "fix that and continue with --resume"


def entries(path: Path) -> list[dict[str, Any]]:
    """All entries; a last line without an end was torn by a crash and does not count.

    Raises UsageError when the file cannot be read or another line is damaged.
    """
    try:
        lines = limited(path).split(b"\n")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return [_entry(line, path, number) for number, line in enumerate(lines[:-1], 1)]


def _entry(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}, line {number} is damaged: {error}") from None
    if not isinstance(entry, dict):
        raise UsageError(f"{path}, line {number} is damaged: it is not a JSON object")
    return entry
