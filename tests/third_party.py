"""Plug-ins as a third party would write them, good and bad; they import nothing of ours."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar


def square(i, *, plus=0):
    return i * i + plus


async def asquare(i, *, seconds=0.0):
    await asyncio.sleep(seconds)
    return i * i


@dataclass(frozen=True)
class Both:
    """Both forms; the answer tells the task alone."""

    tasks: ClassVar[int] = 8
    workers: ClassVar[int] = 3

    @contextmanager
    def open(self):
        yield lambda i: i

    @asynccontextmanager
    async def aopen(self):
        async def call(i):
            await asyncio.sleep(0)
            return i

        yield call


@dataclass(frozen=True)
class ThreadBound:
    """Breaks unless a lane is opened, used and closed in one and the same thread and process."""

    tasks: ClassVar[int] = 12
    workers: ClassVar[int] = 3

    @contextmanager
    def open(self):
        owner = os.getpid(), threading.get_ident()

        def call(i):
            assert owner == (os.getpid(), threading.get_ident())
            return i

        yield call
        assert owner == (os.getpid(), threading.get_ident())


@dataclass(frozen=True)
class TaskBound:
    """Breaks unless one task of the loop enters and leaves it."""

    tasks: ClassVar[int] = 6
    workers: ClassVar[int] = 2

    @asynccontextmanager
    async def aopen(self):
        owner = asyncio.current_task()

        async def call(i):
            await asyncio.sleep(0)
            return -i

        yield call
        assert asyncio.current_task() is owner


@dataclass(frozen=True)
class Misbehaving:
    """Does what its `how` says, in the task number 2."""

    tasks: ClassVar[int] = 4
    workers: ClassVar[int] = 2

    how: str = "raise"

    @contextmanager
    def open(self):
        if self.how == "raise in open":
            raise OSError("no such disk")
        yield self._call
        if self.how == "raise in close":
            raise OSError("disk is full")

    def _call(self, i):
        return getattr(self, self.how.replace(" ", "_"), lambda i: i)(i) if i == 2 else i

    def raise_(self, i):
        raise LookupError("nothing there")

    def unpicklable(self, i):
        class Local(Exception):
            pass

        raise Local("of no use elsewhere")

    def exit(self, i):
        os._exit(7)

    def killed(self, i):
        os.kill(os.getpid(), signal.SIGKILL)

    def hang(self, i):
        time.sleep(3600)

    def print_(self, i):
        for stream in (sys.stdout, sys.stderr):
            print("x" * 3_000_000, file=stream)
        return i

    def fork(self, i):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(3600)
            os._exit(0)
        return i

    def incomparable(self, i):
        return object()

    def coroutine(self, i):
        async def never():
            return i

        return never()

    def random(self, i):
        return time.perf_counter_ns()

    def child(self, i):
        from multiprocessing import parent_process

        return -i if parent_process() else i

    def sys_exit(self, i):
        sys.exit("enough")


@dataclass(frozen=True)
class Losing:
    """A strategy that loses, repeats, swaps or invents results."""

    how: str = "drop"

    @contextmanager
    def open(self, lanes):
        with lanes.blocking() as call:
            yield lambda tasks: self._spoil([call(i) for i in tasks])

    def _spoil(self, results):
        match self.how:
            case "drop":
                return results[:-1]
            case "repeat":
                return [results[0], *results[:-1]]
            case "swap":
                return [results[1], results[0], *results[2:]]
            case "generator":
                return itertools.chain(results)
        return results


@dataclass(frozen=True)
class Needy:
    """Cannot run anywhere."""

    @contextmanager
    def open(self):
        yield lambda i: i

    def cannot_run(self):
        return "needs a quantum computer"


class Plain:
    """Neither function nor dataclass."""


number = 7


class Counted:
    """Counts three bytes a task."""

    def __init__(self):
        self.bytes = 0

    def __call__(self, i):
        self.bytes += 3
        return i

    def metrics(self):
        return {"bytes": self.bytes}


@dataclass(frozen=True)
class Counting:
    """Yields a call that counts."""

    @contextmanager
    def open(self):
        yield Counted()


@dataclass(frozen=True)
class CountingApart:
    """Yields a call and what it counts."""

    @contextmanager
    def open(self):
        counted = Counted()
        yield lambda i: counted(i), counted.metrics


@dataclass(frozen=True)
class CountingAsync:
    """Counts in an event loop."""

    @asynccontextmanager
    async def aopen(self):
        counted = Counted()

        async def call(i):
            return counted(i)

        yield call, counted.metrics


@dataclass(frozen=True)
class Anywhere:
    """Written against anyio, for any of its loops; breaks unless one task enters and leaves it."""

    loops: ClassVar = ("asyncio", "trio")

    how: str = ""

    @contextmanager
    def open(self):
        yield lambda i: 2 * i

    @asynccontextmanager
    async def aopen(self):
        import anyio

        done = 0

        async def call(i):
            nonlocal done
            await anyio.sleep(0)
            done += 1
            return 2 * i

        if self.how == "raise in open":
            raise OSError("no such disk")
        with anyio.CancelScope():  # of the task that enters it
            yield call, lambda: {"tasks": done}
        if self.how == "raise in close":
            raise OSError("disk is full")


@dataclass(frozen=True)
class Together:
    """Each task's result is how many were running when it began to wait."""

    loops: ClassVar = ("asyncio", "trio")

    @asynccontextmanager
    async def aopen(self):
        import anyio

        running = 0

        async def call(i):
            nonlocal running
            running += 1
            seen = running
            await anyio.sleep(0.001)
            running -= 1
            return seen

        yield call


@dataclass(frozen=True)
class Pretending:
    """Says that it is for trio, and waits by asyncio."""

    loops: ClassVar = ("asyncio", "trio")

    @asynccontextmanager
    async def aopen(self):
        async def call(i):
            await asyncio.sleep(0.001)

        yield call


def main_thread(i):
    return threading.current_thread() is threading.main_thread() and os.getpid()


async def anywhere(i):
    from anyio import sleep

    await sleep(0)
    return i


anywhere.loops = ("asyncio", "trio")
