"""Sides: what one run compares, measured by the driver's own `bench` in the same rounds.

`build` makes one of what a user writes, in `environments` of their own, from a commit that is
checked out (`revisions`) with the projects of its tree (`installation`); `plans` asks each side for
its cells, `commits` says which commits are compared, and `proof` that each side ran its own code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..processes.children import interpreter_command


@dataclass(frozen=True)
class MeasuredSide:
    """A place to measure: an interpreter, a folder, variables; or only a choice of cells.

    `name` is what the user wrote and `exact` what pins it down (a revision, a version); processes
    run in `folder`, if not here; `root` is the repository and the tree that replaces it; `own`
    holds our packages, for an interpreter that has others or none; `environment` is one that was
    made for it alone; `about` is what its planner says of it.
    """

    name: str
    exact: str = ""
    python: str = sys.executable
    folder: Path | None = None
    root: tuple[Path, Path] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    strategies: tuple[str, ...] = ()
    own: Path | None = None
    environment: Path | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """`git:main (1a2b3c4)`; of an interpreter its version alone, `3.14.2t` without a GIL."""
        if self.name.startswith("python:"):
            return self.exact or self.name
        return f"{self.name} ({self.exact})" if self.exact else self.name

    @property
    def library(self) -> str:
        """`numpy` of `pip:numpy==1.26`; empty of any other side."""
        match = re.match(r"pip:([\w.-]*\w)", self.name)
        return match[1] if match else ""

    @property
    def foreign(self) -> bool:
        """Whether it has other plug-ins than this process."""
        return self.own is not None

    def command(self, code: str) -> list[str]:
        """Run code that imports our `bench` in this side's interpreter."""
        if self.own is None:
            return interpreter_command(code)
        path = f"import sys; sys.path.insert(0, {str(self.own)!r}); "
        return [self.python, *interpreter_command(path + code)[1:]]

    def here(self, text: str) -> str:
        """A plug-in's text, with a path below the root moved to this side's tree."""
        if self.root is None:
            return text
        match = re.fullmatch(r"(!?)([^:\[]+\.py)(:.*)", text)
        if not match or not Path(match[2]).is_absolute():
            return text
        return f"{match[1]}{moved(Path(match[2]), *self.root)}{match[3]}"


def moved(place: Path, root: Path, tree: Path) -> Path:
    """A path below the root as the tree has it; links are followed first."""
    real = place.resolve()
    return tree / real.relative_to(root) if real.is_relative_to(root) else place


def moved_if_there(place: Path, root: Path, tree: Path) -> Path:
    """The same where the tree has it: else it is no part of the repository, such as `.venv`."""
    there = moved(place, root, tree)
    return there if there.exists() else place
