"""Workloads: a function, and a class whose lanes each keep a ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar


def cube(i: int, *, plus: int = 0) -> int:
    """Raise to the third power."""
    return i**3 + plus


@dataclass(frozen=True)
class Ledger:
    """Add to a ledger that each lane keeps for itself."""

    tasks: ClassVar[int] = 12
    workers: ClassVar[int] = 3

    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        entries: list[int] = []

        def call(i: int) -> int:
            entries.append(i)
            return entries[-1]

        yield call

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        with self.open() as add:

            async def call(i: int) -> int:
                return add(i)

            yield call
