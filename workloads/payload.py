"""Send a text there and get it back: what it costs to hand data to a lane and to take it again.

A task does nothing with it.  Threads and loops pass a reference; processes pickle it twice, and the
limit, made of what a task itself takes, has no part in that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar


class Parcel(int):
    """A task's number that carries a text with it, also through pickle."""

    text: str


@dataclass(frozen=True)
class Payload:
    """Arguments and results of `size` bytes: what pickling costs, which threads never pay."""

    tasks: ClassVar[int] = 64
    loops: ClassVar[tuple[str, ...]] = ("asyncio", "trio")  # awaits nothing of either

    size: int = 100_000

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 100_000_000:
            raise ValueError(f"size must be between 1 and 100,000,000 bytes, not {self.size}")

    def arguments(self, tasks: range) -> Sequence[int]:
        parcels = [Parcel(i) for i in tasks]
        for parcel in parcels:
            parcel.text = str(parcel).zfill(self.size)
        return parcels

    @contextmanager
    def open(self) -> Iterator[Callable[[Parcel], str]]:
        yield lambda parcel: parcel.text

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[Parcel], Awaitable[str]]]:
        async def call(parcel: Parcel) -> str:
            return parcel.text

        yield call
