"""Wait, as for a slow disk or a far server, without the noise of one."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class IoSleep:
    """Sleep: what waiting costs under each model when nothing else is to be done."""

    tasks: ClassVar[int] = 64
    workers: ClassVar[int] = 16
    loops: ClassVar[Sequence[str]] = ("asyncio", "trio")

    seconds: float = 0.01

    def __post_init__(self) -> None:
        if not 0 <= self.seconds <= 3600:
            raise ValueError(f"seconds must be between 0 and 3600, not {self.seconds}")

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        def call(i: int) -> int:
            time.sleep(self.seconds)
            return i

        yield call

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        sleep = _sleep()

        async def call(i: int) -> int:
            await sleep(self.seconds)
            return i

        yield call


def _sleep() -> Callable[[float], Awaitable[Any]]:
    """That of the library whose event loop this is; no other is imported."""
    trio: Any = sys.modules.get("trio")  # asked of what is there: the loop is running
    if trio and trio.lowlevel.in_trio_run():
        sleep: Callable[[float], Awaitable[Any]] = trio.sleep
        return sleep
    import asyncio  # 30 ms of start-up, which only the models that need it pay

    return asyncio.sleep
