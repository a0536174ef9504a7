"""A lane in every worker of a pool, thread or process.

Pools have initializers but no finalizers, and an error in an initializer loses its cause.  So the
initializer only stores how to build; opening and closing are tasks that meet at a barrier, which
gives each worker exactly one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .contracts import Call
from .loops import own_loop

if TYPE_CHECKING:
    from concurrent.futures import Executor

lane = threading.local()
"""This thread's lane: its `call`, and in a pool how it was built and what closes it."""


def prepare(build: Callable[[], Any], barrier: Any) -> None:
    lane.build, lane.barrier = build, barrier


def prepare_child(build: Callable[[], Any], barrier: Any) -> None:
    prepare(build, barrier)
    lane.child = True


def _enter() -> None:
    lane.stack = ExitStack()
    try:
        lane.call = lane.stack.enter_context(blocking_form(lane.build()))
    finally:
        lane.barrier.wait()


def _leave() -> None:
    try:
        lane.stack.close()
    finally:
        lane.barrier.wait()


@contextmanager
def in_every_lane(pool: Executor, workers: int, abort: Callable[[], None]) -> Iterator[None]:
    try:
        _each(pool, _enter, workers, abort)
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            _each(pool, _leave, workers, abort)
        raise
    _each(pool, _leave, workers, abort)


def _each(
    pool: Executor, step: Callable[[], None], workers: int, abort: Callable[[], None]
) -> None:
    try:
        steps = [pool.submit(step) for _ in range(workers)]
    except BaseException:
        abort()  # a thread or process too few: those that wait would wait for ever
        raise
    errors = [error for step_ in steps if (error := step_.exception())]
    if errors:
        raise errors[0]


def blocking_form(workload: Any) -> AbstractContextManager[Call]:
    """The workload's own blocking form, or the async one in a loop per lane."""
    if hasattr(workload, "open"):
        opened: AbstractContextManager[Call] = workload.open()
        return opened
    return own_loop(workload)
