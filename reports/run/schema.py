"""The form of run.json: `bench` writes it from these classes, and reports read it into them.

The documented form is SCHEMA.md's.  Unknown keys are left alone: a later version may add some
without a new schema number.  Standard library only, until a file is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal, TypeAlias

from .. import errors
from ..errors import DamagedRun
from . import keys


class Constraint:
    """Rules of pydantic for a value, in an annotation that does not import pydantic."""

    def __init__(self, **rules: Any) -> None:
        self.rules = rules

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        return {**handler(source), **self.rules}


Count: TypeAlias = Annotated[int, Constraint(ge=1)]
Seconds: TypeAlias = Annotated[float, Constraint(ge=0, allow_inf_nan=False)]
Share: TypeAlias = Annotated[float, Constraint(gt=0, le=1, allow_inf_nan=False)]
SHORTEST, LONGEST = 1e-15, 1e12
"""Seconds of a batch; beyond these bounds no ratio of two is a number."""
MOST_CELLS = 10_000
"""A table of more takes longer to write than anybody reads it."""
Status = Literal["measured", "failed", "unavailable", "pending"]


@dataclass(frozen=True)
class Plugin:
    """A workload or a strategy and its parameters.

    `unusual` are those that its name always tells, for they are there only when asked for.
    """

    name: str
    params: dict[str, Any]
    target: str = ""
    unusual: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A cell of the plan and what became of it.

    `block` numbers the table it stands in; `reference` marks the cell that the block's speed-ups
    are relative to; `measured_tasks` is below `tasks` when a sample was measured.  `side` is the
    title of its side, `pair` the number that it shares with the same cell of the others.
    `tags` are another tool's.
    """

    id: int
    name: str
    workload: Plugin
    strategy: Plugin
    tasks: Count
    workers: Count
    block: int
    status: Status
    reference: bool = False
    measured_tasks: Count | None = None
    loops: Count | None = None
    reason: str = ""
    side: str = ""
    pair: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One of the things that a run compares; `samples` is the file of its suite.

    `name` is what the user wrote, `exact` what makes it certain, `title` both; `python` is the path
    of its interpreter.
    """

    title: str
    name: str
    exact: str = ""
    python: str = ""
    samples: Annotated[str, Constraint(pattern=r"^samples(-\d+)?\.json$")] = keys.samples(0)

    @property
    def heading(self) -> str:
        """What heads its column: as asked for, or of an interpreter the version, not its path."""
        return self.exact if self.exact and self.name.startswith("python:") else self.name


@dataclass(frozen=True)
class Imported:
    """The files that the processes of a side imported, with digests of their contents.

    `tree` are those of its own tree, `installed` others that stand for such.
    """

    root: str = ""
    tree: dict[str, str] = field(default_factory=dict)
    installed: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Canary:
    """The CPUs that a round really had, of those there are, and how late a sleeper woke up.

    `low` are those much below the others'; a round `replaced` was measured again as a whole.
    """

    round: int
    cpus: Count
    delivered: Seconds
    jitter_seconds: Seconds | None = None
    low: bool = False
    replaced: bool = False


_FRAME = re.compile(r'^[ |+]*File "([^"\n]+)", line (\d+)', re.MULTILINE)
_LIBRARY = re.compile(r"^<|[/\\](site-packages|dist-packages|lib(64)?[/\\]python3\.\d+t?|Lib)[/\\]")
CUT = " ... ["
"""Stands where the middle of a long text was left out."""
_OURS = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Failure:
    """One worker process that gave no measurement."""

    round: int
    cell: int
    kind: str
    message: str
    traceback: str = ""

    @property
    def place(self) -> str:
        """Where the work itself failed, the last of its frames: `mine.py:12`; or ""."""
        ours = tuple(str(_OURS / name) for name in ("bench", "reports"))
        own = [
            f"{PureWindowsPath(file).name}:{line}"  # which takes either sign of a path apart
            for file, line in _FRAME.findall(self.traceback)
            if not _LIBRARY.search(file) and not file.startswith(ours) and CUT not in file
        ]
        return own[-1] if own else ""


@dataclass(frozen=True)
class Facts:
    """run.json: all that a report needs besides the samples.

    Of a suite without one, `seed` is None and `started` may be empty.
    """

    schema: int
    id: str
    started: str
    state: Literal["running", "finished", "interrupted"]
    seed: int | None
    cells: tuple[Planned, ...]
    concbench: str = ""
    argv: tuple[str, ...] = ()
    ended: str | None = None
    reference: str | None = None
    budget_seconds: Seconds | None = None
    rounds_limit: Count | None = None
    timeout_seconds: Seconds | None = None
    margin: Share = keys.MARGIN
    round_seconds: Seconds | None = None
    warm: bool = False
    order: tuple[tuple[int, ...], ...] = ()
    canary: tuple[Canary, ...] = ()
    environment: dict[str, Any] = field(default_factory=dict)
    git: dict[str, Any] | None = None
    code: dict[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    imports: dict[str, Imported] = field(default_factory=dict)
    advice: dict[str, Any] | None = None

    def called(self, cell: Planned) -> str:
        """The cell's name in any run, with its side as the user wrote it unless that is our own."""
        name = self._side_names.get(cell.side, cell.side)
        return cell.name if name in ("", keys.WORKING_TREE) else f"{name}: {cell.name}"

    @cached_property
    def places(self) -> dict[int, str]:
        """Where the work of a cell that failed did so first, by cell."""
        known = [(one.cell, place) for one in self.failures if (place := one.place)]
        return dict(reversed(known))

    @cached_property
    def _side_names(self) -> dict[str, str]:
        return {side.title: side.name for side in self.sides}

    @cached_property
    def counted(self) -> dict[int, Canary]:
        """The canary of each round that counts, by round: of those that were not measured again."""
        return {one.round: one for one in self.canary if not one.replaced}

    @cached_property
    def delivered(self) -> list[float]:
        """The CPUs that each round that counts had, of those there are; those where none says."""
        canaries = self.counted.values()
        cpus = [min(one.delivered, one.cpus) for one in canaries if one.delivered > 0]
        return cpus or [float(self.environment.get("cpus") or 1)]


def read(path: Path) -> Facts:
    """The facts in a run.json; raises DamagedRun naming the first thing that is wrong."""
    if not path.parent.is_dir():
        raise DamagedRun(f"there is no run at {path.parent}")
    document = errors.load(path, keys.RUN_SCHEMA)
    if document is None:
        raise DamagedRun(f"{path.parent} is not a run: it has no {path.name}")
    return validate(document, path)


def validate(document: Mapping[str, Any], path: Path) -> Facts:
    """The same from what run.json would hold, for a file that has none."""
    facts = errors.validate(document, Facts, path)
    if len(facts.cells) > MOST_CELLS:
        raise DamagedRun(f"{path} has {len(facts.cells):,} cells: {MOST_CELLS:,} are read at most")
    ids = [cell.id for cell in facts.cells]
    if len(set(ids)) < len(ids):
        raise DamagedRun(f"{path}: two cells have the same id")
    titles = {side.title for side in facts.sides}
    files = {side.samples for side in facts.sides}
    if min(len(titles), len(files)) < len(facts.sides):
        raise DamagedRun(f"{path}: two sides have the same title or file")
    if lost := {cell.side for cell in facts.cells} - titles - {""}:
        raise DamagedRun(f"{path}: it has cells of {min(lost)!r}, which is none of its sides")
    pairs = [(cell.side, cell.pair) for cell in facts.cells if cell.pair is not None]
    if len(set(pairs)) < len(pairs):
        raise DamagedRun(f"{path}: a side has two cells of the same pair")
    return facts
