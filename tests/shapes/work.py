"""What users measure, a few lines each: work whose shape has misled a benchmark before."""

from __future__ import annotations

import asyncio
import os
import time


async def cancelled(i):
    """Raises CancelledError in one task, as a time-out of a library does."""
    await asyncio.sleep(0)
    if i == 2:
        raise asyncio.CancelledError
    return i


async def awaits_cancelled(i):
    """Awaits what it cancelled itself."""
    if i == 2:
        inner = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        inner.cancel()
        await inner
    return i


def cancelled_blocking(i):
    if i == 2:
        raise asyncio.CancelledError
    return i


def stops(i):
    """Raises StopIteration: `next()` without a default."""
    return next(iter(range(i, 5)))


def sleeps(i):
    time.sleep(0.001)
    return i


async def trivial(i):
    return i


running = 0


async def one_at_a_time(i):
    """How many were running when it waited."""
    global running
    running += 1
    seen = running
    await asyncio.sleep(0)
    running -= 1
    return seen


most = 0


async def process_and_most(i):
    """Where it ran, and how many at the same time before it ended."""
    global running, most
    running += 1
    most = max(most, running)
    for _ in range(20):
        await asyncio.sleep(0.001)
    running -= 1
    return [i, os.getpid(), most]
