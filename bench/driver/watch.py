"""The progress of a run: where it is, and how long it will still take."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ..store.state import History
from . import schedule
from .rounds import Limits, Visit


@dataclass(frozen=True)
class Event:
    """What is about to be measured or probed, and how far the run is; times in seconds."""

    round: int
    position: int
    cells: int
    """Of the round, or when probing the passes there are."""
    name: str
    elapsed: float
    remaining: float
    probing: bool = False

    @property
    def where(self) -> str:
        """`round 3` or `probing`."""
        return "probing" if self.probing else f"round {self.round + 1}"


Watch = Callable[[Event], None]
Progress = Callable[[], AbstractContextManager[Watch]]
"""What shows a run while it goes on."""


@dataclass
class Watcher:
    """Reports every visit of one run, and every probe pass after them; what is left never rises."""

    watch: Watch
    clock: Callable[[], float]
    past: History
    limits: Limits
    after: Callable[[], float]
    """Seconds that what comes after the rounds will take."""
    _end: float = 0.0
    """When this round, and what comes after it, should be over."""
    _left: float = math.inf

    def visit(self, visit: Visit) -> None:
        number, name = visit.round, visit.planned.cell.name
        if visit.position == 0:
            took = schedule.last_round(self.past) or schedule.first_round(self.past)
            self._end = self.clock() + took + (self.after() if number else 0.0)
        self._tell(number, visit.position, len(self.past.orders[number]), name, self._remaining())

    def _remaining(self) -> float:
        elapsed, rounds, budget = self.clock(), self.limits.rounds, self.limits.budget
        if rounds is not None and self.past.counted > 1:
            each, more = schedule.last_round(self.past), rounds - self.past.counted
            budget = min(budget, self._end + each * more)
        return max(budget, self._end) - elapsed

    def probe(self, position: int, passes: int, name: str, left: float) -> None:
        number = self.past.rounds - 1
        self._tell(number, position, passes, name, left, probing=True)

    def _tell(
        self, number: int, position: int, of: int, name: str, left: float, probing: bool = False
    ) -> None:
        self._left = min(left, self._left)
        event = Event(number, position, of, name, self.clock(), self._left, probing)
        self.watch(event)
