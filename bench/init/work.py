"""What concbench measures here: `concbench run`, or `nox -s bench`.

A workload is one task, numbered i, that is run many times. Its result tells which task it was and
can be compared (plain values, arrays, dataclasses): so concbench can prove that every strategy did
the same work.
Nothing of concbench is imported, so this file works without it, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar


# The short way: a function. What stands behind the * can be chosen when it is measured:
# concbench run -w 'benchmarks/work.py:digest[rounds=1000]' -P workers=1,2,4
def digest(i: int, *, rounds: int = 20_000) -> str:
    """Compute, in C code that lets other threads run meanwhile."""
    return hashlib.pbkdf2_hmac("sha256", b"secret", str(i).encode(), rounds).hex()


# A function whose parameter is not called i takes an input: `def fetch(url)` gets a line of
# `--inputs urls.txt` (or .json, .csv, .parquet, 'data/*.png'), or an entry of a list `inputs` here.


# The long way, for what needs a client, a connection or a file: every thread, process or event
# loop opens it for itself, before the clock starts, and closes it in the same place.
@dataclass(frozen=True)
class Lookup:
    """Ask a service that takes a while to answer: it only sleeps, until you put yours here."""

    tasks: ClassVar[int] = 64  # in a batch, which is what is timed
    workers: ClassVar[int] = 16  # running at the same time; without it, one for each CPU

    seconds: float = 0.005  # fields are parameters: Lookup[seconds=0.02]

    # Under threads and processes. One form of the two is enough: the other is derived, and the
    # report notes that.
    @contextmanager
    def open(self) -> Iterator[Callable[[int], int]]:
        def call(i: int) -> int:  # `client = requests.Session()` would stand above
            time.sleep(self.seconds)
            return i

        yield call

    # In an event loop.
    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[Callable[[int], Awaitable[int]]]:
        async def call(i: int) -> int:  # and `async with aiohttp.ClientSession() as client:`
            await asyncio.sleep(self.seconds)
            return i

        yield call
