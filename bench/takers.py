"""Keep so many coroutines in flight: takers share one iterator of task numbers, no semaphore."""

from __future__ import annotations

import asyncio

from .contracts import AsyncCall, Plain
from .lanes import blame


async def in_flight(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """Run the tasks, at most `workers` at the same time; results in task order."""
    results: list[Plain] = [None] * len(tasks)
    numbers = enumerate(tasks)

    async def take() -> None:
        for position, i in numbers:
            try:
                results[position] = await call(i)
            except Exception as error:
                blame(error, i)
                raise

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(tasks))):
            group.create_task(take())
    return results
