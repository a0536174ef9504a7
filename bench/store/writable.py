"""Whether a file could be written: asked before minutes of measuring, which a mistake would waste.

Nothing is created or opened to find out: opening would end what reads a pipe.  Disks that fill up
and permissions that change meanwhile are found where the file is written.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import UsageError


def check_file(path: Path, *, makes_folders: bool = False) -> None:
    """Raise UsageError unless the file can be written, or written anew.

    With `makes_folders` whoever writes it makes the folders that are missing above it.
    """
    try:
        found = _mode(path)
        if found is not None and stat.S_ISDIR(found):
            raise UsageError(f"cannot write {path}: it is a folder")
        if found is not None:
            changed = path
        else:  # through a link that leads to nothing yet, the file is made where it leads
            changed = _folder(Path(os.path.realpath(path)).parent, path, makes_folders)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    if not os.access(changed, os.W_OK):
        raise UsageError(f"cannot write {path}: {changed} is read-only")


def _folder(folder: Path, path: Path, makes_folders: bool) -> Path:
    """The folder in which something would be made: this one, or the nearest above that is there."""
    found = _mode(folder)
    if found is None and makes_folders:
        return _folder(folder.parent, path, makes_folders)
    if found is None:
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
    if not stat.S_ISDIR(found):
        raise UsageError(f"cannot write {path}: {folder} is no folder")
    return folder


def _mode(path: Path) -> int | None:
    """Its kind and permissions; None where nothing is there."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
