"""Functions that somebody may ask advice on, good and bad."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass


def wait(i: int, *, seconds: float = 0.004) -> int:
    time.sleep(seconds)
    return 3 * i


async def awaits(i: int) -> int:
    await asyncio.sleep(0.004)
    return 3 * i


async def blocks(i: int) -> int:
    time.sleep(0.004)  # the mistake that a look must see
    return 3 * i


def computes(i: int) -> int:
    return sum(step * step for step in range(20_000)) + i


def takes(item: str) -> str:
    return item.upper()


def fails(i: int) -> int:
    raise ValueError(f"no {i}")


def hangs(i: int) -> int:
    time.sleep(600)
    return i


def leaves(i: int) -> int:
    sys.exit(7)


def dice(i: int) -> int:
    return random.randrange(10**9)


def locks(i: int) -> object:
    return {"lock": threading.Lock} if i < 0 else Unpicklable(i)


class Unpicklable:
    def __init__(self, i: int) -> None:
        self.i = i

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unpicklable) and other.i == self.i

    def __hash__(self) -> int:
        return self.i

    def __reduce__(self) -> str:
        raise TypeError("a thing that holds a lock")


def normal(result: object) -> object:
    return result.i if isinstance(result, Unpicklable) else result


@dataclass(frozen=True)
class Opened:
    times: int = 3

    @contextmanager
    def open(self) -> Iterator:
        yield lambda i: self.times * i

    @asynccontextmanager
    async def aopen(self):
        async def call(i: int) -> int:
            return self.times * i

        yield call


@dataclass(frozen=True)
class Counted:
    @contextmanager
    def open(self) -> Iterator:
        yield (lambda i: 3 * i), lambda: {"things": 1}
