"""Work that has misled benchmarks: each is told by a note or the verdict.

`strategy: the note` is beside that cell, `sentence: part of it` is in the verdict, and `rank: none`
says that nothing is ranked.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

lock = threading.Lock()
request = contextvars.ContextVar("request", default=None)
ready = []
numbers = list(range(200_000, 0, -1))


def expects(words):
    """What is to be said of it."""

    def mark(shape):
        shape.expects = words
        return shape

    return mark


@expects("sequential: all answers are equal")
def does_nothing(i):
    pass


@expects("threading: all answers are equal")
def always_the_same(i):
    time.sleep(0.002)
    return 200


@expects("sequential: all answers are equal")
def swallows_errors(i):
    try:
        time.sleep(0.002)
        raise ConnectionError
    except ConnectionError:
        return


@expects("sentence: threading")
def sleeps(i):
    time.sleep(0.01)
    return i


@expects("asyncio: block")
def sleeps_inline(i):
    time.sleep(0.005)
    return i


@expects("asyncio: block")
def computes(i):
    return sum(n * n for n in range(20_000 + i))


@expects("sentence: asyncio")
async def awaits(i):
    await asyncio.sleep(0.01)
    return i


@expects("threading: one event loop per worker")
async def awaits_in_threads(i):
    await asyncio.sleep(0.005)
    return i


@expects("asyncio: block")
async def blocks(i):
    time.sleep(0.015)
    return i


@expects("sentence: threading")
async def one_at_a_time(i):
    gate = one_at_a_time.__dict__.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with gate:
        await asyncio.sleep(0.01)
    return i


@expects("threading: tasks of")
def adds(i):
    return i + 1


@expects("threading: one event loop per worker")
async def trivial(i):
    return i


@functools.lru_cache
def answer(i):
    time.sleep(0.02)
    return i * i


@expects("rank: none")
def cached(i):
    return answer(i)


@expects("sequential: first batch")
def cached_says_why(i):
    return answer(i + 1000)


@expects("sequential: first batch")
def sorted_in_place(i):
    if i == 0 and numbers[0] > 1:
        numbers.sort()
        time.sleep(0.1)
    return numbers[i]


@expects("sentence: cached, or done once")
def gets_ready_once(i):
    if not ready:
        time.sleep(0.1)
        ready.append(True)
    return i


inputs_of_two = ["a", "b"]


@expects("sequential: sets context variables")
def sets_a_context_variable(i):
    if request.get() is None:
        request.set(i)
    return request.get()


@expects("asyncio: sets context variables")
async def sets_one_in_a_coroutine(i):
    if request.get() is None:
        request.set(i)
    await asyncio.sleep(0)
    return request.get()


@expects("sentence: asyncio")
async def times_out_within(i):
    async with asyncio.timeout(10):
        await asyncio.sleep(0.005)
    return i


@expects("sentence: asyncio")
async def catches_its_own_cancellation(i):
    inner = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0.005)
    inner.cancel()
    try:
        await inner
    except asyncio.CancelledError:
        return i


@expects("sentence: sequential")
def holds_a_lock(i):
    with lock:
        time.sleep(0.005)
    return i


@expects("title: (2")
def first_slow(i):
    time.sleep(0.06 if i == 0 else 0.002)
    return i


@expects("title: (2")
def last_slow(i):
    time.sleep(0.06 if i == 7 else 0.002)
    return i


@expects("limit: 0.06")
def one_slow(i):
    time.sleep(0.06 if i == 3 else 0.002)
    return i


@expects("left: thread")
def starts_a_thread_that_stays(i):
    if i == 0:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(0.002)
    return i


@expects("metrics: rows")
@dataclass(frozen=True)
class Counting:
    @contextmanager
    def open(self):
        seen = []

        def call(i):
            seen.append(i)
            return i

        yield call, lambda: {"rows": len(seen)}


@expects("sentence: sequential")
@dataclass(frozen=True)
class OneAtOnce:
    at_once = 1

    @contextmanager
    def open(self):
        def call(i):
            with lock:
                time.sleep(0.005)
            return i

        yield call


@expects("sentence: threading")
def per_process(i):
    time.sleep(0.005)
    return [i, os.getpid() > 0]
