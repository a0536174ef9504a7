"""Workers of a group that are alive together: one at a time opens, or has its turn, or closes.

Where opening mostly waits they all open, and in the end all close, at the same time; first batches
and turns never overlap.
"""

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
    """A worker's place among others, since it was started; an `outcome` ends its turns."""

    worker: Worker
    values: int
    clock: Callable[[], float]
    since: float
    """When it last went on."""
    outcome: str | Failed | None = None
    took: float = 0.0
    """Seconds in which it was at work: no other was, but for those that open beside it."""
    turns: list[float] = field(default_factory=list)
    """When each of them began."""

    def arrive(self) -> None:
        """Wait until it waits: its lanes are open, and unless others open, its first batch done."""
        if not self.worker.ready():
            self.outcome = self.worker.result()
        self.took += self.clock() - self.since

    def go(self) -> None:
        """Let it go on, unless it is over with it."""
        if self.outcome is None:
            self.since = self.clock()
            self.worker.go()

    def begin(self) -> None:
        """Have it run its first batch."""
        if self.outcome is None:
            self.go()
            self.arrive()

    def turn(self) -> None:
        """Have it run one value, unless it has run all that it should, or is over with it."""
        if self.outcome is None and len(self.turns) < self.values:
            self.go()
            self.turns.append(self.since)
            self.arrive()

    def leave(self) -> None:
        """Read what it leaves, once it was told to go on for the last time."""
        if self.outcome is None:
            self.outcome = self.worker.result()
            self.took += self.clock() - self.since

    @property
    def hung(self) -> bool:
        """Whether it was given up as it did not go on."""
        return isinstance(self.outcome, Failed) and self.outcome.kind == "timeout"


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
    beside, opening_bytes = any(visit.beside for visit in visits), 0
    with ExitStack() as stack:
        for visit in visits:
            opening_bytes += visit.opening_bytes if beside else 0
            if seats and (seats[-1].hung or not _room(opening_bytes)):
                break
            watch(visit)
            values = 0 if visit.first_counts else visit.values
            began = clock()
            seats.append(Seat(stack.enter_context(start(visit)), values, clock, began))
            if not beside:
                seats[-1].arrive()
        if beside:
            for seat in seats:
                seat.arrive()
            for seat in seats:
                seat.begin()
        for order in orders(len(seats), max(seat.values for seat in seats), random):
            for place in order:
                seats[place].turn()
        for together in [seats] if beside else [[seat] for seat in seats]:
            for seat in together:
                seat.go()
            for seat in together:
                seat.leave()
    return seats


def _room(opening_bytes: int) -> bool:
    """Whether enough is left, besides what those take that are still opening."""
    memory = psutil.virtual_memory()
    return bool(memory.available - opening_bytes >= ROOM * memory.total)
