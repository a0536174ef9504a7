"""Event loops of other libraries than asyncio, and what runs in the loop of any library."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol, TypeAlias, TypeVar

from ..contracts import AsyncCall, Plain
from .lane import CANCELLED, Beating, NoResult, blame, own_contexts, seen_contexts, unasked

T = TypeVar("T")


class OtherLoop(Protocol):
    """An event loop in which lanes can be held open; its `name` is that of its library."""

    @property
    def name(self) -> str: ...

    def watch(self, beating: Beating) -> None:
        """Run this, with the library's sleep, beside whatever is run there from here on."""

    def held(self, opening: AbstractAsyncContextManager[T]) -> AbstractContextManager[T]:
        """What it yields, entered and left by one task of that loop."""


def unfit(workload: Any, library: str) -> str | None:
    """Why its async form cannot run in the loop of this library, or None."""
    if not hasattr(workload, "aopen"):
        return None  # the blocking form runs in any
    known = tuple(getattr(workload, "loops", ("asyncio",)))
    if library in known:
        return None
    others = f"its async form is for {' and '.join(known)}, not for {library}"
    return f"{others} (one that runs in both says loops = {(*known, library)})"


Taker: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


def shared(call: AsyncCall, tasks: range) -> tuple[Taker, list[Plain]]:
    """What each taker runs, with one taker for each task in flight; and the results, in order."""
    results: list[Plain] = [None] * len(tasks)
    numbers, one = enumerate(tasks), own_contexts(call)

    async def take() -> None:
        for position, i in numbers:
            try:
                results[position] = await one(i)
            except BaseException as error:
                failed = failure(error, i)
                if failed is error:
                    raise
                raise failed from None
        seen_contexts()

    return take, results


def failure(error: BaseException, i: int) -> BaseException:
    """The error that ends task i, with where it ran; NoResult where it cancels itself."""
    if unasked(error):
        error = NoResult(i, CANCELLED)
    if isinstance(error, Exception):
        blame(error, i)
    return error


async def in_group(
    group: Callable[[], AbstractAsyncContextManager[Any]],
    call: AsyncCall,
    tasks: range,
    workers: int,
) -> list[Plain]:
    """Run the tasks, at most `workers` at the same time, in a nursery or a group like it."""
    take, results = shared(call, tasks)
    async with group() as opened:
        for _ in range(min(workers, len(tasks))):
            opened.start_soon(take)
    return results
