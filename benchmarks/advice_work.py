"""Work whose best strategy is known beforehand, for advice_quality."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

STEPS_OF_MS = 12_000
"""Steps of a loop that take about a millisecond; how long exactly is of no matter."""
HASHES_OF_MS = 2_400


def compute(milliseconds: float, released: bool) -> int:
    """Compute for about so long, with the GIL held or released."""
    if released:
        rounds = max(1, int(HASHES_OF_MS * milliseconds))
        return hashlib.pbkdf2_hmac("sha256", b"text", b"salt", rounds)[0]
    total = 0
    for step in range(int(STEPS_OF_MS * milliseconds)):
        total += step * step
    return total


@cache
def pool(size: int) -> threading.Semaphore:
    """The same for all threads of a process."""
    return threading.Semaphore(size)


@dataclass(frozen=True)
class Work:
    """Tasks that wait and compute so many ms, and give a payload of so many bytes.

    With `tail` one task in 16 waits ten times as long, with `limited` so many of a process wait at
    the same time, and with `dice` no two answers are the same.
    """

    tasks: ClassVar[int] = 64
    workers: ClassVar[int] = 8

    wait: float = 0.0
    compute: float = 0.0
    released: bool = False
    payload: int = 0
    tail: bool = False
    limited: int = 0
    dice: bool = False

    @contextmanager
    def open(self) -> Iterator[Callable[[int], object]]:
        yield self._call

    def _call(self, i: int) -> object:
        if self.limited:
            with pool(self.limited):
                time.sleep(self._waits(i))
        elif self.wait:
            time.sleep(self._waits(i))
        return self._result(i)

    def _waits(self, i: int) -> float:
        return self.wait / 1000 * (10 if self.tail and i % 16 == 3 else 1)

    def _result(self, i: int) -> object:
        found = compute(self.compute, self.released)
        if self.dice:
            found = random.randrange(10**9)
        return [i, found, str(i).zfill(self.payload)] if self.payload else [i, found]


@dataclass(frozen=True)
class AwaitableWork(Work):
    """The same with a form for event loops."""

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[object]]]:
        async def call(i: int) -> object:
            if self.wait:
                await asyncio.sleep(self._waits(i))
            return self._result(i)

        yield call
