"""Folders of a run in the place for temporary files, and what becomes of those of dead runs.

A run holds a lock on each of its folders: one that nobody holds is of a run that was killed
together with its guardian, and the next run removes it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

try:
    import fcntl
except ImportError:  # not POSIX: there a run cannot claim a folder, and nobody removes one
    fcntl = None  # type: ignore[assignment]

PREFIX = "concbench-run-"
NAME = re.compile(re.escape(PREFIX) + "[0-9a-f]{16}")
UNCLAIMED_SECONDS = 10.0
"""A folder that is empty and this young may be one that its run is about to claim."""


def name() -> Path:
    """Where a new folder can be; nobody guesses it before it is made."""
    return Path(tempfile.gettempdir(), PREFIX + token_hex(8))


def claim(folder: Path, *, wait: bool = False) -> int | None:
    """Lock a folder for as long as this process lives; its descriptor, None if another holds it.

    Its own run waits: another may just look whether it is abandoned.
    """
    if fcntl is None:
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # held, or a file system without locks
        os.close(descriptor)
        return None
    return descriptor


def remove_abandoned() -> list[Path]:
    """Remove what killed runs of this user have left; the folders."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not NAME.fullmatch(folder.name) or (descriptor := claim(folder)) is None:
            continue
        try:
            if _is_abandoned(descriptor):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
        finally:
            os.close(descriptor)
    return removed


def _is_abandoned(descriptor: int) -> bool:
    about = os.fstat(descriptor)
    with suppress(OSError):
        young = time.time() - about.st_mtime < UNCLAIMED_SECONDS
        return about.st_uid == os.getuid() and bool(os.listdir(descriptor) or not young)
    return False
