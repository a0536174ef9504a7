"""A lane in every worker of a pool, thread or process.

Pools have initializers but no finalizers, and an error in an initializer loses its cause.  So the
initializer only stores how to build; opening and closing are tasks that meet at a barrier, which
gives each worker exactly one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from .lane import Record, lane, opened
from .report import LaneReport

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing.context import BaseContext


Children: TypeAlias = "tuple[int, BaseContext, Callable[[], Any], Record | None, list[LaneReport]]"
"""What `processes` takes, and every other pool of children."""


class Submitting(Protocol):
    """As much of an executor as it takes to open and close lanes."""

    def submit(self, step: Callable[[], Any], /) -> Step: ...


class Step(Protocol):
    """As much of a future."""

    def exception(self) -> BaseException | None: ...
    def result(self) -> Any: ...


def prepare(build: Callable[[], Any], record: Record | None, barrier: Any) -> None:
    lane.build, lane.record, lane.barrier = build, record, barrier


def prepare_child(build: Callable[[], Any], record: Record | None, barrier: Any) -> None:
    from multiprocessing import current_process

    prepare(build, record, barrier)
    lane.name = current_process().name


@contextmanager
def threads(
    workers: int, build: Callable[[], Any], record: Record | None, reports: list[LaneReport]
) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads with a lane each, open as long as it is."""
    from concurrent.futures import ThreadPoolExecutor

    barrier = threading.Barrier(workers)
    with (
        ThreadPoolExecutor(workers, "lane", prepare, (build, record, barrier)) as pool,
        in_every_lane(pool, workers, barrier.abort, reports),
    ):
        yield pool


@contextmanager
def processes(
    workers: int,
    context: BaseContext,
    build: Callable[[], Any],
    record: Record | None,
    reports: list[LaneReport],
) -> Iterator[ProcessPoolExecutor]:
    """A pool of children with a lane each, open as long as it is."""
    from concurrent.futures import ProcessPoolExecutor

    barrier = context.Barrier(workers)
    with (
        ProcessPoolExecutor(workers, context, prepare_child, (build, record, barrier)) as pool,
        in_every_lane(pool, workers, barrier.abort, reports),
    ):
        yield pool


def _enter() -> None:
    lane.stack, lane.reports = ExitStack(), []
    try:
        lane.stack.enter_context(opened(lane.build(), lane.record, lane.reports))
    finally:
        lane.barrier.wait()


def _leave() -> list[LaneReport]:
    try:
        lane.stack.close()
        return list(lane.reports)
    finally:
        lane.barrier.wait()


@contextmanager
def in_every_lane(
    pool: Submitting, workers: int, abort: Callable[[], None], reports: list[LaneReport]
) -> Iterator[None]:
    """A lane open in each of the pool's workers, which report when they close."""
    try:
        _each(pool, _enter, workers, abort)
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to report
            _each(pool, _leave, workers, abort)
        raise
    for one in _each(pool, _leave, workers, abort):
        reports += one


def _each(
    pool: Submitting, step: Callable[[], Any], workers: int, abort: Callable[[], None]
) -> list[Any]:
    try:
        steps = [pool.submit(step) for _ in range(workers)]
    except BaseException:
        abort()  # one worker too few: those at the barrier would wait for ever
        raise
    errors = [error for step_ in steps if (error := step_.exception())]
    if errors:
        raise errors[0]
    return [step_.result() for step_ in steps]


def check_start(start: str) -> None:
    """Raise ValueError unless children can be started this way here."""
    from multiprocessing import get_all_start_methods

    here = get_all_start_methods()
    if start not in here:
        raise ValueError(f"start must be one of {', '.join(here)} here, not {start!r}")
