"""The form of probes.json: what untimed passes saw of a cell, written and read by these classes.

Memory, latency, tasks in flight, lag of event loops and left-overs; SCHEMA.md documents it.
Histograms stay the texts that they are, HdrHistogram's of nanoseconds, until a curve or a sum needs
them: https://github.com/HdrHistogram/HdrHistogram_py.  Standard library only until then.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from .. import errors
from ..errors import MALFORMED, DamagedRun
from . import keys
from .schema import Constraint, Count

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram


LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000_000, 2
"""Nanoseconds from 1 to an hour, to two significant digits, which is 1 %."""
STEPS = 10
"""Each point of a curve goes 1 / (2 * STEPS) of the way that is left to 100 %."""


def curve(text: str) -> list[tuple[float, float]]:
    """The percentiles, from 0 to 100, and their seconds, both rising; nothing of an empty one.

    Denser towards 100, as a chart of a tail wants them.  Raises DamagedRun when it is no histogram.
    """
    histogram = _decoded(text)
    if not histogram.get_total_count():
        return []
    items = histogram.get_percentile_iterator(STEPS)
    return [(one.percentile_level_iterated_to, one.value_iterated_to / 1e9) for one in items]


def merge(texts: Iterable[str]) -> str:
    """One histogram of all that these hold."""
    from hdrh.histogram import HdrHistogram

    total = HdrHistogram(LOWEST, HIGHEST, DIGITS)
    for text in texts:
        total.add(_decoded(text))
    encoded: bytes = total.encode()
    return encoded.decode()


def _decoded(text: str) -> HdrHistogram:
    from hdrh.codec import HdrCookieException, HdrLengthException
    from hdrh.histogram import HdrHistogram

    try:
        return HdrHistogram.decode(text)
    except (*MALFORMED, struct.error, zlib.error, HdrCookieException, HdrLengthException) as error:
        why = str(error) or type(error).__name__
        raise DamagedRun(f"not a histogram: {why}") from None


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
