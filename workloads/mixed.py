"""Wait, then compute: what most services do."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar

STEPS_PER_SECOND = 30_000_000
"""What a CPU of today does of them; fixed, so that every process does the same work."""


@dataclass(frozen=True)
class Mixed:
    """Wait, then compute (`ratio` waits): what threads and loops overlap, and what they cannot.

    A task takes `seconds` in all.
    """

    tasks: ClassVar[int] = 64
    workers: ClassVar[int] = 16

    seconds: float = 0.005
    ratio: float = 0.8

    def __post_init__(self) -> None:
        if not 0 <= self.seconds <= 3600:
            raise ValueError(f"seconds must be between 0 and 3600, not {self.seconds}")
        if not 0 <= self.ratio <= 1:
            ends = "0 (all computing) and 1 (all waiting)"
            raise ValueError(f"ratio must be between {ends}, not {self.ratio}")

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        def call(i: int) -> int:
            time.sleep(self.ratio * self.seconds)
            return self._computed(i)

        yield call

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        import asyncio

        async def call(i: int) -> int:
            await asyncio.sleep(self.ratio * self.seconds)
            return self._computed(i)

        yield call

    def _computed(self, i: int) -> int:
        total = 0
        for n in range(i, i + round((1 - self.ratio) * self.seconds * STEPS_PER_SECOND)):
            total += n * n
        return total + i
