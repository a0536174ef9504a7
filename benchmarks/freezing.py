"""A workload that freezes its event loop once in a batch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Freezing:
    """Waits for 5 ms, and in one task of a batch computes for so many seconds."""

    tasks: ClassVar[int] = 100
    workers: ClassVar[int] = 4

    seconds: float = 0.05

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        async def call(i: int) -> int:
            await asyncio.sleep(0.005)
            until = time.perf_counter() + self.seconds
            while i == self.tasks // 2 and time.perf_counter() < until:
                pass
            return i

        yield call
