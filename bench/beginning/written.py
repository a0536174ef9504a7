"""Several files, all of them written or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from ..errors import UsageError


def write(contents: Mapping[Path, bytes]) -> None:
    """Replace these files, all of them or none; UsageError names the one that cannot be written.

    Where a link leads elsewhere, that file is written; a file that was there keeps its mode.
    """
    try:
        with ExitStack() as undo:
            for path, content in contents.items():
                _draft(path.resolve(), content, undo)
            for path in contents:
                _replace(path.resolve(), undo)
            undo.pop_all()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    for path in contents:
        _remove(_beside(path.resolve(), "old"))


def _draft(path: Path, content: bytes, undo: ExitStack) -> None:
    """New and old beside the file: the rest is renaming, which needs no room and may be undone."""
    new, old = _beside(path, "new"), _beside(path, "old")
    if not path.parent.is_dir():
        path.parent.mkdir()
        undo.callback(path.parent.rmdir)
    undo.callback(_remove, new)
    new.write_bytes(content)
    if path.exists():
        shutil.copymode(path, new)
        undo.callback(_remove, old)
        shutil.copy2(path, old)


def _replace(path: Path, undo: ExitStack) -> None:
    old = _beside(path, "old")
    if old.exists():
        undo.callback(old.replace, path)
    else:
        undo.callback(_remove, path)
    _beside(path, "new").replace(path)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.{ending}")


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is not there, or on a disk that takes nothing
        path.unlink()
