"""What the untimed passes saw of a cell: memory, latency, tasks in flight, lag and left-overs.

The documented form of probes.json is SCHEMA.md's.  Histograms stay the texts that they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Memory:
    """The peak of the process tree's PSS, and what it has over an empty workload's."""

    peak_pss_bytes: int
    empty_pss_bytes: int | None = None
    over_empty_bytes: int | None = None
    per_worker_bytes: float | None = None
    samples: int = 0


@dataclass(frozen=True)
class Quantiles:
    """Seconds of tasks."""

    p50: float
    p95: float
    p99: float
    max: float


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

    mean: float
    most: int
    lanes: int
    declared: int | None = None


@dataclass(frozen=True)
class Lag:
    """Seconds by which the heartbeats of event loops came late."""

    histogram: str
    p50: float
    p99: float
    max: float
    loops: int
    beats: int


@dataclass(frozen=True)
class Timeline:
    """The first tasks of a batch, in seconds from its begin.

    A task is its number, the index of its lane, submitted, started, ended; a beat is when and how
    late.
    """

    lanes: tuple[str, ...]
    tasks: tuple[tuple[int, int, float, float, float], ...]
    beats: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Probed:
    """What is known of a cell; `absent` has the reason for what was asked for and is not.

    `left` is what a pass left behind: empty when it left nothing, None where nobody looked.
    """

    memory: Memory | None = None
    latency: Latency | None = None
    concurrency: Concurrency | None = None
    lag: Lag | None = None
    left: tuple[str, ...] | None = None
    timeline: Timeline | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
