"""The ways to hand many tasks to one event loop, as tutorials teach them and production uses them.

Results come in task order, and an error ends the batch with nothing of it still running.  The usual
way is `in_flight`, whose takers share one iterator of task numbers: no semaphore.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from itertools import islice
from typing import Any, TypeAlias

from ..contracts import AsyncCall, Plain
from .lane import CANCELLED, NoResult, blame, own_contexts, seen_contexts, unasked
from .other_loops import failure, shared


async def in_flight(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """Run the tasks, at most `workers` at the same time; results in task order."""
    take, results = shared(call, tasks)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(tasks))):
            started(group, take())
    return results


async def in_turn(call: AsyncCall, tasks: range) -> list[Plain]:
    """Run one task after the other."""
    take, results = shared(call, tasks)
    await take()
    return results


def started(group: asyncio.TaskGroup, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task of the group; a coroutine that comes after an eager one has failed is closed."""
    try:
        return group.create_task(coroutine)
    except RuntimeError:
        coroutine.close()  # or it is "never awaited": before Python 3.13 the group forgets it
        raise


Dispatch: TypeAlias = Callable[[AsyncCall, range, int], Coroutine[Any, Any, list[Plain]]]
Running: TypeAlias = Mapping["asyncio.Task[Any]", int]
"""The number of the task that each of the loop's runs."""


async def gather(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """All at once, by asyncio.gather."""
    async with _ending(_started(call, tasks)) as running:
        return await asyncio.gather(*running)


async def taskgroup(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """All at once, in an asyncio.TaskGroup."""
    one = coroutine(call)
    running: dict[asyncio.Task[Any], int] = {}
    async with _ending(running):
        async with asyncio.TaskGroup() as group:
            for i in tasks:
                running[started(group, one(i))] = i
        return [task.result() for task in running]


async def as_completed(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """All at once, each result taken when it is there."""

    async def numbered(i: int) -> tuple[int, Plain]:
        return i, await call(i)

    results = {}
    async with _ending(_started(numbered, tasks)) as running:
        for coming in asyncio.as_completed(running):
            i, result = await coming
            results[i] = result
    return [results[i] for i in tasks]


async def wait(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """`workers` at the same time, the next one started when asyncio.wait says that one is done."""
    numbers = iter(tasks)
    running = _started(call, islice(numbers, workers))
    results = {}
    async with _ending(running):
        while running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                results[running[task]] = task.result()
            for task in done:
                del running[task]
            running.update(_started(call, islice(numbers, len(done))))
    return [results[i] for i in tasks]


async def semaphore(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """All are started at once, and a semaphore lets `workers` of them run."""
    gate = asyncio.Semaphore(workers)

    async def admitted(i: int) -> Plain:
        async with gate:
            return await call(i)

    return await gather(admitted, tasks, workers)


async def queue(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """A producer fills a queue that `workers` consumers empty, until all of it is done."""
    waiting: asyncio.Queue[int] = asyncio.Queue(workers)
    results, one = {}, own_contexts(call)

    async def consume() -> None:
        while True:
            i = await waiting.get()
            try:
                results[i] = await one(i)
            except BaseException as error:
                failed = failure(error, i)
                if failed is error:
                    raise
                raise failed from None
            waiting.task_done()

    # join() waits for ever when a consumer fails; the group does not.
    async with asyncio.TaskGroup() as group:
        consumers = [group.create_task(consume()) for _ in range(min(workers, len(tasks)))]
        for i in tasks:
            await waiting.put(i)
        await waiting.join()
        for consumer in consumers:
            consumer.cancel()
    seen_contexts()
    return [results[i] for i in tasks]


DISPATCHES: Mapping[str, Dispatch] = {"takers": in_flight} | {
    each.__name__: each for each in (gather, taskgroup, as_completed, wait, semaphore, queue)
}
ALL_AT_ONCE = {"gather", "taskgroup", "as_completed"}
"""Those that have every task of a batch in flight, whatever `workers` is."""


def _started(call: AsyncCall, tasks: Sequence[int] | islice[int]) -> dict[asyncio.Task[Any], int]:
    one = coroutine(call)
    return {asyncio.create_task(one(i)): i for i in tasks}


def coroutine(call: AsyncCall) -> Callable[[int], Coroutine[Any, Any, Plain]]:
    """The call as one that can be started as a task: what it returns may be any awaitable."""
    if iscoroutinefunction(call):
        return call

    async def awaited(i: int) -> Plain:
        return await call(i)

    return awaited


@asynccontextmanager
async def _ending(running: Running) -> AsyncIterator[Running]:
    """On an error blame the tasks that failed, cancel the rest and wait for them."""
    try:
        yield running
    except BaseException as error:
        ended = [i for task, i in running.items() if task.cancelled()] if unasked(error) else []
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for task, i in running.items():
            if not task.cancelled() and (own := task.exception()):
                blame(own, i)
        if ended:
            raise NoResult(ended[0], CANCELLED) from None
        raise
