"""`concbench init`: all of it is written, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from ..errors import UsageError
from . import project

WORK = Path("benchmarks", "work.py")


def init(root: Path) -> None:
    """Write an example, options and sessions into a folder; print what was written and comes next.

    Raises UsageError that names what is in the way, and then leaves all as it was.
    """
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    if (root / WORK).exists():
        raise UsageError(f"{root / WORK} is there already: move it away, or go on with it")
    options = project.with_options(root)
    sessions, names = project.with_sessions(root)
    contents = {
        WORK: project.template("work.py"),
        Path("pyproject.toml"): options,
        Path("noxfile.py"): sessions,
    }
    write({root / path: content for path, content in contents.items()})
    for path, what in zip(
        contents,
        ("two workloads to put yours in", "[tool.concbench]", ", ".join(names)),
        strict=True,
    ):
        print(f"wrote {root / path}: {what}")
    if (source := project.requirement()).startswith("concbench @ file:"):
        print(f"noxfile.py installs {source}: say there where others get it from")
    inside = "" if root.resolve() == Path.cwd() else f"cd {root} && "
    print("next:")
    for words, asked in (
        (f"{inside}concbench run", "which model, how much faster, how sure?"),
        (f"{inside}nox -s {names[0]}", "the same in an environment of its own, with a page"),
    ):
        print(f"  {words:28} {asked}")


def write(contents: Mapping[Path, bytes]) -> None:
    """Replace these files, all of them or none; UsageError names the one that cannot be written.

    Where a link leads elsewhere, that file is written; a file that was there keeps its mode.
    """
    # Beside each file, so that the rest is renaming, which needs no room and may be undone.
    drafts = {path: (_beside(path, "new"), _beside(path, "old")) for path in contents}
    try:
        with ExitStack() as undo:
            for path, (new, old) in drafts.items():
                _drafted(path.resolve(), contents[path], new, old, undo)
            for path, (new, old) in drafts.items():
                _replaced(path.resolve(), new, old, undo)
            undo.pop_all()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    for _, old in drafts.values():
        _remove(old)


def _beside(path: Path, ending: str) -> Path:
    real = path.resolve()
    return real.with_name(f"{real.name}.{os.getpid()}.{ending}")


def _drafted(path: Path, content: bytes, new: Path, old: Path, undo: ExitStack) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir()
        undo.callback(path.parent.rmdir)
    undo.callback(_remove, new)
    new.write_bytes(content)
    if path.exists():
        shutil.copymode(path, new)
        undo.callback(_remove, old)
        shutil.copy2(path, old)


def _replaced(path: Path, new: Path, old: Path, undo: ExitStack) -> None:
    if old.exists():
        undo.callback(old.replace, path)
    else:
        undo.callback(_remove, path)
    new.replace(path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is not there, or on a disk that takes nothing
        path.unlink()
