"""Do nothing, so that what remains is what the model itself costs.

Its limit is what the empty calls compute, spread over all CPUs: nobody comes near it, and "of
limit" says how much of a batch is not the model.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Noop:
    """Nothing at all: what each model costs per task by itself."""

    tasks: ClassVar[int] = 1000
    loops: ClassVar[tuple[str, ...]] = ("asyncio", "trio")  # awaits nothing of either

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        yield lambda i: i

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        async def call(i: int) -> int:
            return i

        yield call
