"""`concbench init`: all of it is written, or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
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
    inside = "" if root.resolve() == Path.cwd() else f"cd {root} && "
    print("next:")
    for words, asked in (
        (f"{inside}concbench run", "which model, how much faster, how sure?"),
        (f"{inside}nox -s {names[0]}", "the same in an environment of its own, with a page"),
    ):
        print(f"  {words:28} {asked}")


def write(contents: Mapping[Path, bytes]) -> None:
    """Replace these files, all of them or none; UsageError names the one that cannot be written."""
    drafts = {path: path.with_name(f"{path.name}.{os.getpid()}.new") for path in contents}
    made = [path.parent for path in contents if not path.parent.exists()]
    try:
        for path, content in contents.items():
            path.parent.mkdir(exist_ok=True)
            drafts[path].write_bytes(content)
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):  # it was never made, or is in use
                folder.rmdir()
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
