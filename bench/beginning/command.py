"""`concbench init`: all of it is written, or nothing."""

from __future__ import annotations

from pathlib import Path

from ..errors import UsageError
from . import project
from .written import write

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
