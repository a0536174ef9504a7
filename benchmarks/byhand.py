"""The three workloads under the six models, as a developer who knows them writes them by hand.

Nothing here may come from the harness: it is what the harness is measured against.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import requests
from empty import anothing, nothing

Batch = Callable[[range], list[Any]]


def sleep(i: int) -> int:
    time.sleep(0.01)
    return i


async def asleep(i: int) -> int:
    await asyncio.sleep(0.01)
    return i


def squares(i: int) -> int:
    total = 0
    for n in range(i, i + 300_000):
        total += n * n
    return total


async def asquares(i: int) -> int:
    return squares(i)


_own = threading.local()


def connect(port: int) -> None:
    """Give this thread, or this process, a session of its own."""
    _own.session = requests.Session()
    _own.session.trust_env = False  # the workload does the same, and it is 0.2 ms a request
    _own.port = port


def get(i: int) -> list[Any]:
    with _own.session.get(f"http://127.0.0.1:{_own.port}/{i}", timeout=30) as response:
        return [response.status_code, response.content.decode()]


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def aget(i: int) -> list[Any]:
            async with session.get(f"http://127.0.0.1:{port}/{i}") as response:
                return [response.status, (await response.read()).decode()]

        yield aget


def alone(call: Callable[[int], Awaitable[Any]]) -> Callable[[int], Any]:
    """An async call that needs no connection, in the shape of those that do."""

    @asynccontextmanager
    async def opened(_: int) -> AsyncIterator[Callable[[int], Awaitable[Any]]]:
        yield call

    return opened


@dataclass(frozen=True)
class Work:
    """A blocking task, what each thread needs before it, and the same for an event loop."""

    task: Callable[[int], Any]
    connected: Callable[[int], Any]
    connect: Callable[[int], None] | None = None


WORKS = {
    "empty": Work(nothing, alone(anothing)),
    "io_sleep": Work(sleep, alone(asleep)),
    "http_get": Work(get, connected, connect),
    "cpu_sum": Work(squares, alone(asquares)),
}


async def takers(call: Callable[[int], Awaitable[Any]], tasks: range, in_flight: int) -> list[Any]:
    results: list[Any] = [None] * len(tasks)
    numbers = iter(tasks)

    async def take() -> None:
        for i in numbers:
            results[i] = await call(i)

    await asyncio.gather(*(take() for _ in range(in_flight)))
    return results


@contextmanager
def sequential(work: Work, workers: int, port: int) -> Iterator[Batch]:
    if work.connect:
        work.connect(port)
    task = work.task
    yield lambda tasks: [task(i) for i in tasks]


@contextmanager
def threads(work: Work, workers: int, port: int) -> Iterator[Batch]:
    with ThreadPoolExecutor(workers, initializer=work.connect, initargs=(port,)) as pool:
        yield lambda tasks: list(pool.map(work.task, tasks))


@contextmanager
def processes(work: Work, workers: int, port: int) -> Iterator[Batch]:
    with ProcessPoolExecutor(workers, initializer=work.connect, initargs=(port,)) as pool:
        yield lambda tasks: list(pool.map(work.task, tasks))


@contextmanager
def event_loop(work: Work, workers: int, port: int) -> Iterator[Batch]:
    with asyncio.Runner() as loop:
        opened = work.connected(port)
        call = loop.run(opened.__aenter__())
        yield lambda tasks: loop.run(takers(call, tasks, workers))
        loop.run(opened.__aexit__(None, None, None))


@contextmanager
def to_thread(work: Work, workers: int, port: int) -> Iterator[Batch]:
    pool = ThreadPoolExecutor(workers, initializer=work.connect, initargs=(port,))
    with asyncio.Runner() as loop, pool:
        loop.get_loop().set_default_executor(pool)
        call = partial(asyncio.to_thread, work.task)
        yield lambda tasks: loop.run(takers(call, tasks, workers))


@contextmanager
def process_pool(work: Work, workers: int, port: int) -> Iterator[Batch]:
    pool = ProcessPoolExecutor(workers, initializer=work.connect, initargs=(port,))
    with pool, asyncio.Runner() as loop:
        call = partial(loop.get_loop().run_in_executor, pool, work.task)
        yield lambda tasks: loop.run(takers(call, tasks, 2 * workers))


MODELS = {
    "sequential": sequential,
    "threading": threads,
    "multiprocessing": processes,
    "asyncio": event_loop,
    "asyncio+to_thread": to_thread,
    "asyncio+processpool": process_pool,
}
