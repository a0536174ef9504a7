"""Read a stream to its end: an async iterator under an async context manager."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Stream:
    """`async for` under `async with`: it has no blocking form, so threads run a loop each.

    A stream has `items`, `seconds` apart.
    """

    tasks: ClassVar[int] = 32
    workers: ClassVar[int] = 16

    items: int = 10
    seconds: float = 0.001

    def __post_init__(self) -> None:
        if not 0 <= self.items <= 1_000_000:
            raise ValueError(f"items must be between 0 and 1,000,000, not {self.items}")
        if not 0 <= self.seconds <= 60:
            raise ValueError(f"seconds must be between 0 and 60, not {self.seconds}")

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[list[int]]]]:
        async def call(i: int) -> list[int]:
            async with self._subscribed(i) as items:
                return [item async for item in items]

        yield call

    @asynccontextmanager
    async def _subscribed(self, i: int) -> AsyncIterator[AsyncIterator[int]]:
        # Without aclosing a reader that stops early leaves the generator to the garbage collector.
        async with aclosing(self._items(i)) as items:
            yield items

    async def _items(self, i: int) -> AsyncGenerator[int, None]:
        import asyncio

        for n in range(self.items):
            await asyncio.sleep(self.seconds)
            yield i + n * n
