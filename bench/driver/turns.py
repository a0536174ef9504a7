"""Workers of a group that are alive together: one at a time opens, or has its turn, or closes.

What nothing is measured of, they do at the same time: start, and import pyperf.  Where opening
mostly waits they also all open, and in the end all close, at once; first batches and turns never
overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import accumulate
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
    """Seconds in which it was at work: no other was, but for those that do the same beside it."""
    turns: list[float] = field(default_factory=list)
    """When each of them began."""

    def arrive(self) -> None:
        """Wait until it waits: for others that do the same, or for its turn."""
        if self.outcome is None:
            if not self.worker.ready():
                self.outcome = self.worker.result()
            self.took += self.clock() - self.since

    def go(self) -> None:
        """Let it go on, unless it is over with it."""
        if self.outcome is None:
            self.since = self.clock()
            self.worker.go()

    def turn(self) -> None:
        """Have it run one value, unless it has run all that it should, or is over with it."""
        if self.outcome is None and len(self.turns) < self.values:
            _together([self])
            self.turns.append(self.since)

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
    beside = any(visit.beside for visit in visits)
    with ExitStack() as stack:
        seats = [_seat(stack.enter_context(start(visit)), visit, clock) for visit in visits]
        for seat in seats:
            seat.arrive()
        count = _fitting(visits) if beside else len(visits)
        if beside:
            _together(seats[:count])
        count = _begun(seats[:count], visits, watch, beside)
        for left_out in seats[count:]:
            left_out.worker.kill()
        seats = seats[:count]
        _together(seats)
        for order in orders(len(seats), max(seat.values for seat in seats), random):
            for place in order:
                seats[place].turn()
        for together in [seats] if beside else [[seat] for seat in seats]:
            for seat in together:
                seat.go()
            for seat in together:
                seat.leave()
    return seats


def _seat(worker: Worker, visit: Visit, clock: Callable[[], float]) -> Seat:
    return Seat(worker, 0 if visit.first_counts else visit.values, clock, clock())


def _together(seats: Sequence[Seat]) -> None:
    """Have them all go on at the same time, until each waits."""
    for seat in seats:
        seat.go()
    for seat in seats:
        seat.arrive()


def _begun(
    seats: Sequence[Seat], visits: Sequence[Visit], watch: Callable[[Visit], None], opened: bool
) -> int:
    """Have one after the other open, unless it has, and run its first batch; how many did."""
    for place, (seat, visit) in enumerate(zip(seats, visits, strict=False)):
        if place and not opened and (seats[place - 1].hung or not _room()):
            return place
        watch(visit)
        _together([seat])
    return len(seats)


def _fitting(visits: Sequence[Visit]) -> int:
    """How many of them, but at least one, may open at the same time for what memory they take."""
    taken = list(accumulate(visit.opening_bytes for visit in visits))
    return max(1, sum(_room(opening_bytes) for opening_bytes in taken))


def _room(opening_bytes: int = 0) -> bool:
    """Whether enough is left, besides what those take that are still opening."""
    memory = psutil.virtual_memory()
    return bool(memory.available - opening_bytes >= ROOM * memory.total)
