"""A context for each task, where tasks set context variables: as asyncio gives every task its own.

A taker runs many tasks in one context, and a thread of a pool, too, so that one would see what
another has set there.  A context of its own costs a task 0.3 us, which work that sets none need not
pay when it is timed: so the first batch of a taker, and the first task of any other lane, show
whether it sets any.  Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any, TypeVar

from ..contracts import AsyncCall, Call, Plain

T = TypeVar("T")


def apart(call: Call, settle: Callable[[Call, bool], object]) -> Call:
    """The call for the first task of a lane; `settle` gets that for the others, and what it saw."""

    def own(i: int) -> Plain:
        return copy_context().run(call, i)

    def first(i: int) -> Plain:
        context = copy_context()
        before = context.copy()
        try:
            return context.run(call, i)
        finally:
            changed = _differ(context, before)
            settle(own if changed else call, changed)

    return first


def awaited_apart(call: AsyncCall, changed: Callable[[], object]) -> AsyncCall:
    """The call with a context for each task; `changed` is called where one changes its own."""

    async def one(i: int) -> Plain:
        context = copy_context()
        before = context.copy()
        try:
            return await Within(context, _awaiting(call(i)))
        finally:
            if _differ(context, before):
                changed()

    return one


def _differ(context: Context, before: Context) -> bool:
    """Whether a task has set a variable, of others than the standard library's own.

    The context of `decimal` is made in whichever task computes with it first, and is no leak.
    """
    if context == before:
        return False
    there = ((variable, before.get(variable, context)) for variable in context)
    return any(context[one] is not old for one, old in there if one.name != "decimal_context")


async def _awaiting(awaitable: Awaitable[T]) -> T:
    return await awaitable


class Within:
    """A coroutine, to be awaited, of which each step runs in a context."""

    def __init__(self, context: Context, coroutine: Coroutine[Any, Any, Plain]) -> None:
        self._context, self._coroutine = context, coroutine

    def __await__(self) -> Generator[Any, Any, Plain]:
        run, inner = self._context.run, self._coroutine
        step: Callable[[Any], Any] = inner.send
        given: Any = None
        while True:
            try:
                waited = run(step, given)
            except StopIteration as end:
                return end.value
            try:
                step, given = inner.send, (yield waited)
            except BaseException as error:  # a cancellation, which is the task's to see
                step, given = inner.throw, error
