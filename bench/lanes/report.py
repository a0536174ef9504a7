"""What a lane reports when it closes: the workload's own metrics, and what a probe recorded there.

Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ..contracts import AsyncCall, Call, Plain

Metrics: TypeAlias = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class LaneReport:
    """One lane's metrics since it was opened, by name, and the recording of its recorder.

    `startup` is the CPU in seconds that a child process took until its lane was open; `contexts`
    says whether its tasks set context variables.
    """

    metrics: dict[str, float]
    recording: Plain = None
    startup: float | None = None
    contexts: bool = False


class LaneRecorder(Protocol):
    """Watches one lane; it is made and read in the place where the lane's tasks run."""

    def blocking(self, call: Call) -> Call: ...
    def coroutine(self, call: AsyncCall) -> AsyncCall: ...
    def recording(self) -> Plain: ...


def call_and_metrics(opened: Any) -> tuple[Any, Metrics]:
    """A workload's call, and its metrics: its `metrics()`, or the second of a pair."""
    if isinstance(opened, tuple):
        call, metrics = opened
        return call, metrics
    return opened, getattr(opened, "metrics", dict)


def read_metrics(metrics: Metrics) -> dict[str, float]:
    """What the workload has counted so far; TypeError where it is not names with numbers."""
    counts = dict(metrics())
    for name, number in counts.items():
        if not isinstance(name, str) or not isinstance(number, (int, float)):
            raise TypeError(f"metrics() must give names with numbers, not {name!r}: {number!r}")
        if not math.isfinite(number):
            raise TypeError(f"metrics() must give finite numbers, not {name!r}: {number!r}")
    return counts


def report(
    metrics: Metrics,
    recorder: LaneRecorder | None,
    startup: float | None = None,
    contexts: bool = False,
) -> LaneReport:
    """The report of a lane that is about to close."""
    recording = recorder.recording() if recorder else None
    return LaneReport(read_metrics(metrics), recording, startup, contexts)


def child_startup(reports: Iterable[LaneReport]) -> float | None:
    """CPU in seconds that a child took to start, in the mean of all; None without any."""
    known = [one.startup for one in reports if one.startup is not None]
    return math.fsum(known) / len(known) if known else None


def total(reports: Iterable[LaneReport]) -> dict[str, float]:
    """The metrics of all lanes together."""
    sums: Any = Counter()  # which adds floats, too
    for one in reports:
        sums.update(one.metrics)
    return dict(sums)
