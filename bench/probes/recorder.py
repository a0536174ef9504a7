"""What a probe records of every task: when it was submitted, when it started and when it ended.

Standard library only: lanes in child processes import this.  Every call counts here, for what it
costs is added to each task.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, filterfalse, repeat, starmap
from time import monotonic_ns as clock
from typing import Any, overload

from ..contracts import AsyncCall, Call, Plain
from ..lanes.lane import name
from ..lanes.loops import is_in_loop

__all__ = ["Recorder", "Submitted", "Tasks", "clock"]


@dataclass
class Submitted:
    """When each of the tasks was first taken from the batch, and whether inside an event loop."""

    stamps: list[tuple[Iterable[int], Iterable[int]]] = field(default_factory=list)
    in_loop: bool = False

    def times(self, tasks: int) -> array[int]:
        """Nanoseconds by task; 0 for one that was not taken."""
        first = array("q", bytes(8 * tasks))
        for numbers, stamps in self.stamps:
            for number, stamp in zip(numbers, stamps, strict=False):
                if not first[number] or stamp < first[number]:
                    first[number] = stamp
        return first


class Tasks(Sequence[int]):
    """Task numbers that note when each is taken, and otherwise behave as their `range`."""

    def __init__(self, numbers: range, submitted: Submitted) -> None:
        self._numbers, self._submitted = numbers, submitted
        self.start, self.stop, self.step = numbers.start, numbers.stop, numbers.step

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[int]:
        stamps: list[int] = []
        self._submitted.stamps.append((self._numbers, stamps))
        self._submitted.in_loop |= is_in_loop()
        # In C throughout: half the time of a generator, and threads can share it like a range's
        # iterator.  append returns a false value, so every stamp passes the filter; none is 0.
        return compress(self._numbers, filterfalse(stamps.append, starmap(clock, repeat(()))))

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Tasks: ...
    def __getitem__(self, at: int | slice) -> int | Tasks:
        if isinstance(at, slice):
            return Tasks(self._numbers[at], self._submitted)
        number = self._numbers[at]
        self._submitted.stamps.append(((number,), (clock(),)))
        return number

    def __contains__(self, number: object) -> bool:
        return number in self._numbers

    def __reversed__(self) -> Iterator[int]:
        return iter(self[::-1])

    def __eq__(self, other: object) -> bool:
        return self._numbers == (other._numbers if isinstance(other, Tasks) else other)

    def __hash__(self) -> int:
        return hash(self._numbers)

    def __repr__(self) -> str:
        return repr(self._numbers)

    def __reduce__(self) -> tuple[type[range], tuple[int, int, int]]:
        """Sent to another process, all of them are taken, and nothing comes back."""
        self._submitted.stamps.append((self._numbers, repeat(clock(), len(self))))
        return range, (self.start, self.stop, self.step)


class Recorder:
    """Notes start and end of every task of one lane."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._name = name()

    def blocking(self, call: Call) -> Call:
        times = self._times

        def recorded(i: int) -> Plain:
            started = clock()
            result = call(i)
            ended = clock()
            times.append(i)
            times.append(started)
            times.append(ended)
            return result

        return recorded

    def coroutine(self, call: AsyncCall) -> AsyncCall:
        times = self._times

        async def recorded(i: int) -> Plain:
            started = clock()
            result = await call(i)
            ended = clock()
            times.append(i)
            times.append(started)
            times.append(ended)
            return result

        return recorded

    def recording(self) -> dict[str, Any]:
        """Where this lane is, and three numbers for each task: task, start and end."""
        return {"name": self._name, "pid": os.getpid(), "times": array("q", self._times)}
