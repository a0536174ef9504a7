"""Workers of a group that are alive together: one at a time opens, or has its turn, or closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import psutil

from ..processes.outputs import Failed
from .groups import orders
from .workers import Worker

if TYPE_CHECKING:
    from .rounds import Visit

ROOM = 0.2
"""Of the machine's memory: while less is left, no more workers join those that are alive."""


@dataclass
class Seat:
    """A worker's place among others; an `outcome` ends its turns."""

    worker: Worker
    values: int
    clock: Callable[[], float]
    outcome: str | Failed | None = None
    took: float = 0.0
    """Seconds in which it, and no other, was at work."""
    turns: list[float] = field(default_factory=list)
    """When each of them began."""

    def arrive(self, began: float) -> None:
        """Wait until its lanes are open and its first batch is done."""
        self._advance(began)

    def turn(self) -> None:
        """Have it run one value, unless it has run all that it should, or is over with it."""
        if self.outcome is None and len(self.turns) < self.values:
            self.turns.append(self.clock())
            self.worker.go()
            self._advance(self.turns[-1])

    def leave(self) -> None:
        """Have it close, and read what it leaves."""
        if self.outcome is None:
            began = self.clock()
            self.worker.go()
            self.outcome = self.worker.result()
            self.took += self.clock() - began

    @property
    def hung(self) -> bool:
        """Whether it was given up as it did not go on."""
        return isinstance(self.outcome, Failed) and self.outcome.kind == "timeout"

    def _advance(self, began: float) -> None:
        if not self.worker.ready():
            self.outcome = self.worker.result()
        self.took += self.clock() - began


def take_turns(
    visits: Sequence[Visit],
    start: Callable[[Visit], AbstractContextManager[Worker]],
    clock: Callable[[], float],
    random: Random,
    watch: Callable[[Visit], None],
) -> list[Seat]:
    """What the workers of the visits left, of the first of them where not all can live together.

    Memory may have no room, and after one that hangs the others may be known to hang, too.  One
    that fails costs itself; those that are alive go on without it.
    """
    seats: list[Seat] = []
    with ExitStack() as stack:
        for visit in visits:
            if seats and (seats[-1].hung or not _room()):
                break
            watch(visit)
            began = clock()
            seats.append(Seat(stack.enter_context(start(visit)), visit.values, clock))
            seats[-1].arrive(began)
        most = max(seat.values for seat in seats)
        for order in orders(len(seats), most, random):
            for place in order:
                seats[place].turn()
        for seat in seats:
            seat.leave()
    return seats


def _room() -> bool:
    memory = psutil.virtual_memory()
    return bool(memory.available >= ROOM * memory.total)
