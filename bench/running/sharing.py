"""Tasks for takers that share one iterator of them, in the event loop of any library."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from ..contracts import AsyncCall, Plain
from .inside import blame

Taker: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


def shared(call: AsyncCall, tasks: range) -> tuple[Taker, list[Plain]]:
    """What a taker runs, as many of them as tasks may be in flight; and the results, in order."""
    results: list[Plain] = [None] * len(tasks)
    numbers = enumerate(tasks)

    async def take() -> None:
        for position, i in numbers:
            try:
                results[position] = await call(i)
            except Exception as error:
                blame(error, i)
                raise

    return take, results
