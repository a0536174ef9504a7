"""A task that does nothing: what is left is the harness."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass


def nothing(i: int) -> int:
    return i


async def anothing(i: int) -> int:
    return i


@dataclass(frozen=True)
class Empty:
    """Hands the two functions out as they are."""

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        yield nothing

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        yield anothing
