"""Keep so many coroutines in flight: takers share one iterator of task numbers, no semaphore."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ..contracts import AsyncCall, Plain
from .sharing import shared


async def in_flight(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    """Run the tasks, at most `workers` at the same time; results in task order."""
    take, results = shared(call, tasks)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(tasks))):
            started(group, take())
    return results


def started(group: asyncio.TaskGroup, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task of the group; closed instead where one that was eager has failed already."""
    try:
        return group.create_task(coroutine)
    except RuntimeError:
        coroutine.close()  # or it was never awaited: before Python 3.13 the group forgets it
        raise
