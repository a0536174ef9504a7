"""What a lane tells when it closes: the workload's own counts, and what a probe saw there.

Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ..contracts import AsyncCall, Call, Plain

Counts: TypeAlias = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Told:
    """One lane's counts since it was opened, by name, and its recorder's `seen()`."""

    metrics: dict[str, float]
    seen: Plain = None


class Recorder(Protocol):
    """Watches one lane; made and asked in the place where its tasks run."""

    def blocking(self, call: Call) -> Call: ...
    def coroutine(self, call: AsyncCall) -> AsyncCall: ...
    def seen(self) -> Plain: ...


def parted(opened: Any) -> tuple[Any, Counts]:
    """A workload's call, and what it counts: its `metrics()`, or the second of a pair."""
    if isinstance(opened, tuple):
        call, metrics = opened
        return call, metrics
    return opened, getattr(opened, "metrics", dict)


def counted(metrics: Counts) -> dict[str, float]:
    """What the workload counts, now; TypeError where it is not names with numbers."""
    found = dict(metrics())
    for name, number in found.items():
        if not isinstance(name, str) or not isinstance(number, (int, float)):
            raise TypeError(f"metrics() must give names with numbers, not {name!r}: {number!r}")
        if not math.isfinite(number):
            raise TypeError(f"metrics() must give finite numbers, not {name!r}: {number!r}")
    return found


def added(told: Iterable[Told]) -> dict[str, float]:
    """The counts of all lanes together."""
    total: dict[str, float] = {}
    for one in told:
        for name, number in one.metrics.items():
            total[name] = total.get(name, 0) + number
    return total
