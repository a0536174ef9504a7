"""What the canaries say of the rounds between them: CPUs delivered, and who got much less.

Nothing here looks at a measured time: rounds picked by their times would bias what is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, TypeAlias

Canary: TypeAlias = Mapping[str, Any]
"""Of bench/facts/canary.py, with its fields as keys."""

MUCH_LESS = 0.7
"""Of the median of the others.  On a two-core virtual machine a seventh of 246 intervals of 2 s lay
below, and two processes took 1.35 times as long in them; 0.6 takes a tenth, 0.8 a fifth of them."""
OTHERS = 3
"""Rounds that tell what is usual; fewer do not."""


class Canaries:
    """The canaries of a run and the rounds between them, which are numbered from 0."""

    def __init__(self) -> None:
        self._heard: list[Canary] = []
        self._around: list[list[Canary]] = []
        self._open = False

    def begin_round(self) -> None:
        """A round begins after the last canary."""
        self._around.append(self._heard[-1:])
        self._open = True

    def hear(self, canary: Canary, *, ended: bool) -> None:
        """Take a canary in; `ended` says whether the last round has been measured to its end."""
        self._heard.append(canary)
        if self._open:
            self._around[-1].append(canary)
            self._open = not ended

    def cpus(self) -> int:
        """CPUs promised."""
        return max((one["cpus"] for one in self._heard), default=0)

    def delivered(self) -> list[float | None]:
        """The CPUs that each round had: the least of what the canaries around it found."""
        return [min(self._cpus(around), default=None) for around in self._around]

    def now(self) -> float | None:
        """The CPUs that the last canary found."""
        return next(iter(self._cpus(self._heard[-1:])), None)

    def jitter(self) -> list[float | None]:
        """How late sleepers woke in each round, in seconds: the most of the canaries around it."""
        each = ([one["jitter_seconds"] for one in around] for around in self._around)
        return [max((one for one in late if one is not None), default=None) for late in each]

    def _cpus(self, canaries: Iterable[Canary]) -> list[float]:
        # What one CPU does is the run's median, and so what sequential meets.  Virtual CPUs are
        # often the threads of a core, and a neighbour on the other one halves a single reading.
        known = [one["alone"] for one in self._heard if one["alone"]]
        together = (one["together"] for one in canaries)
        return [one / median(known) for one in together if one is not None] if known else []


def much_less(found: Sequence[float | None]) -> frozenset[int]:
    """The rounds, by number, that got much less than the others did."""
    known = {number: cpus for number, cpus in enumerate(found) if cpus is not None}
    return frozenset(
        number for number, cpus in known.items() if is_low(cpus, {**known, number: None}.values())
    )


def is_low(cpus: float, others: Collection[float | None]) -> bool:
    """Whether it is much less than what the others got; of few others nobody knows."""
    known = [one for one in others if one is not None]
    return len(known) >= OTHERS and cpus < MUCH_LESS * median(known)
