"""The progress of a run: where it is, and how long it will still take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from ..plan.cells import PlannedCell
from ..store.state import History
from .probing import SHARE, owed
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
    """Reports every visit of one run, and every probe pass after them."""

    watch: Watch
    clock: Callable[[], float]
    plan: Sequence[PlannedCell]
    past: History
    limits: Limits
    probes: Sequence[str]
    _after: dict[int, float] = field(default_factory=dict)

    def visit(self, visit: Visit) -> None:
        elapsed, number = self.clock(), visit.round
        left = self.limits.budget - elapsed
        if self.limits.rounds is not None and number:
            rounds = self.limits.rounds - self.past.counted + 1  # this one included
            left = min(left, elapsed / number * rounds)
        left += self._probing(SHARE * (elapsed + left))
        cells, name = len(self.past.orders[number]), visit.planned.cell.name
        self.watch(Event(number, visit.position, cells, name, elapsed, left))

    def probe(self, position: int, passes: int, name: str, left: float) -> None:
        number = self.past.rounds - 1
        self.watch(Event(number, position, passes, name, self.clock(), left, probing=True))

    def _probing(self, most: float) -> float:
        """Seconds that the passes will take; unknown until the first round is over."""
        if self.past.rounds < 2 or not self.probes:
            return most if self.probes else 0.0
        if self.past.rounds not in self._after:  # reads all that was measured: once a round
            passes = owed(self.plan, self.past, self.probes)
            self._after = {self.past.rounds: sum(one.expected for one in passes)}
        return min(most, self._after[self.past.rounds])
