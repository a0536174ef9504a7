"""The form of probes.json: what untimed passes saw of a cell, written and read by these classes.

Memory, latency, tasks in flight, lag of event loops and left-overs; SCHEMA.md documents it.
Histograms stay the texts that they are until a curve or a sum needs them: histogram.py reads those.
Standard library only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

from .. import errors
from ..errors import DamagedRun
from . import keys
from .schema import Constraint, Count

# Two clocks may disagree: less than no time is odd, and no damage.
Seconds: TypeAlias = Annotated[float, Constraint(allow_inf_nan=False)]
Bytes: TypeAlias = Annotated[int, Constraint(ge=0)]
Tasks: TypeAlias = Annotated[int, Constraint(ge=0)]
Place: TypeAlias = Annotated[int, Constraint(ge=0)]


@dataclass(frozen=True)
class Memory:
    """The peak of the process tree's PSS, and what it has over an empty workload's."""

    peak_pss_bytes: Bytes
    empty_pss_bytes: Bytes | None = None
    over_empty_bytes: int | None = None
    per_worker_bytes: float | None = None
    samples: int = 0


@dataclass(frozen=True)
class Quantiles:
    """Seconds of tasks."""

    p50: Seconds
    p95: Seconds
    p99: Seconds
    max: Seconds


@dataclass(frozen=True)
class Latency:
    """From a task's submission to its start, and from its start to its end; texts of histograms."""

    waiting: str
    running: str
    waiting_seconds: Quantiles
    running_seconds: Quantiles


@dataclass(frozen=True)
class Concurrency:
    """Tasks in flight: the mean over the time until the last has started, and the most.

    `lanes` ran tasks; `declared` is how many the workload says it lets run at once.
    """

    mean: Annotated[float, Constraint(ge=0, allow_inf_nan=False)]
    most: Tasks
    lanes: Tasks
    declared: int | None = None


@dataclass(frozen=True)
class Lag:
    """Seconds by which the heartbeats of event loops came late."""

    histogram: str
    p50: Seconds
    p99: Seconds
    max: Seconds
    loops: int
    beats: int


@dataclass(frozen=True)
class Timeline:
    """The first tasks of a batch, in seconds from its begin.

    A task is its number, the index of its lane, submitted, started, ended; a beat is when and how
    late.
    """

    lanes: tuple[str, ...]
    tasks: tuple[tuple[int, Place, Seconds, Seconds, Seconds], ...]
    beats: tuple[tuple[Seconds, Seconds], ...] = ()


@dataclass(frozen=True)
class Probed:
    """What is known of a cell; `absent` has the reason for what was asked for and is not.

    `tasks` are those of the pass: of a sample, where one was measured.  `left` is what it left
    behind: empty when that was nothing, None where nobody looked.
    """

    memory: Memory | None = None
    latency: Latency | None = None
    concurrency: Concurrency | None = None
    lag: Lag | None = None
    left: tuple[str, ...] | None = None
    timeline: Timeline | None = None
    absent: dict[str, str] = field(default_factory=dict)
    tasks: Count | None = None
    cell: int | None = None


@dataclass(frozen=True)
class _File:
    schema: int
    cells: tuple[Probed, ...]


def read(folder: Path, cells: Collection[int]) -> Mapping[int, Probed]:
    """What probes.json says of each cell that was probed; nothing where there is no such file.

    Raises DamagedRun when it is damaged, newer, or of other cells than these.
    """
    path = folder / "probes.json"
    stored = errors.load(path, keys.PROBES_SCHEMA)
    if stored is None:
        return {}
    document = errors.validate(stored, _File, path)
    probes: dict[int, Probed] = {}
    for one in document.cells:
        if one.cell is None or one.cell not in cells:
            raise DamagedRun(f"{path} has a cell {one.cell} that run.json does not have")
        if one.cell in probes:
            raise DamagedRun(f"{path} has the cell {one.cell} twice")
        if one.timeline and any(task[1] >= len(one.timeline.lanes) for task in one.timeline.tasks):
            raise DamagedRun(
                f"{path} has a task of cell {one.cell} in a lane that it does not have"
            )
        probes[one.cell] = one
    return probes
