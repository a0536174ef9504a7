"""`concbench init`: a first workload, options and nox sessions, and what to do with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .exit import ending

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The project: this folder.")]


def init(
    folder: Folder = Path(),
) -> None:
    """Write a first workload, options and nox sessions into your project."""
    with ending():
        from .. import init as project

        additions = project.extend(folder)
        for path, what in additions.items():
            print(f"wrote {folder / path}: {what}")
        _explain_source(project.requirement())
        _suggest_next(folder, additions[project.NOXFILE].partition(",")[0])


def _explain_source(requirement: str) -> None:
    """A path of this machine means nothing on another."""
    if requirement.startswith("concbench @ file:"):
        print(f"noxfile.py installs {requirement}: say there where others get it from")


def _suggest_next(folder: Path, session: str) -> None:
    inside = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    print("next:")
    for words, question in (
        (f"{inside}concbench run", "which model, how much faster, how sure?"),
        (f"{inside}nox -s {session}", "the same in an environment of its own, with a page"),
    ):
        print(f"  {words:28} {question}")
