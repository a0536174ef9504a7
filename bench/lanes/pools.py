"""A lane in every worker of a pool, thread or process.

Pools have initializers but no finalizers, and an error in an initializer loses its cause.  So the
initializer only stores how to build; opening and closing are tasks that meet at a barrier, which
gives each worker exactly one of them.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal would be 0.5 ms of every start-up
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from .lane import Record, lane, opened
from .loops import show_waiting
from .report import LaneReport

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess


class ChildLanes(NamedTuple):
    """What every pool of children takes."""

    workers: int
    context: BaseContext
    build: Callable[[], Any]
    record: Record | None
    reports: list[LaneReport]


class Submitting(Protocol):
    """As much of an executor as it takes to open and close lanes."""

    def submit(self, step: Callable[[], Any], /) -> Step: ...


class Step(Protocol):
    """As much of a future."""

    def exception(self) -> BaseException | None: ...
    def result(self) -> Any: ...


P = TypeVar("P", bound=Submitting)


def prepare(build: Callable[[], Any], record: Record | None, barrier: Any) -> None:
    lane.build, lane.record, lane.barrier = build, record, barrier


def prepare_child(build: Callable[[], Any], record: Record | None, barrier: Any) -> None:
    prepare(build, record, barrier)
    name_child()


def name_child() -> None:
    """Say in a child process that its lane has this process for itself."""
    from multiprocessing import current_process

    lane.name, lane.clock = current_process().name, time.process_time
    show_stacks()


STACK_SIGNAL = getattr(_signal, "SIGUSR2", None)
"""Asks a process for its stacks; Windows has none."""
TASKS_TITLE = "Tasks of event loops:"
"""Stands before what follows them."""


def show_stacks() -> None:
    """Have it write its stacks, and what tasks await, on that signal, unless it has another use."""
    if STACK_SIGNAL is None or _signal.getsignal(STACK_SIGNAL) != _signal.SIG_DFL:
        return
    import faulthandler

    with suppress(OSError, ValueError, RuntimeError):  # its stderr is closed
        _signal.signal(STACK_SIGNAL, _show_waiting)
        faulthandler.register(STACK_SIGNAL, file=2, all_threads=True, chain=True)


def _show_waiting(*_: object) -> None:
    if "asyncio" in sys.modules:
        show_waiting(TASKS_TITLE)


def threads(
    workers: int, build: Callable[[], Any], record: Record | None, reports: list[LaneReport]
) -> AbstractContextManager[ThreadPoolExecutor]:
    """A pool of threads with a lane each, open as long as it is."""
    from concurrent.futures import ThreadPoolExecutor

    barrier = threading.Barrier(workers)
    pool = ThreadPoolExecutor(workers, "lane", prepare, (build, record, barrier))
    return in_every_lane(pool, workers, barrier.abort, reports)


@contextmanager
def processes(children: ChildLanes) -> Iterator[ProcessPoolExecutor]:
    """A pool of children with a lane each, open as long as it is.

    The error of a pool that broke gets a note that says how its children ended.
    """
    from concurrent.futures import ProcessPoolExecutor

    workers, context, build, record, reports = children
    barrier = context.Barrier(workers)
    registry: Any = ChildRegistry(context)
    pool = ProcessPoolExecutor(workers, registry, prepare_child, (build, record, barrier))
    try:
        with in_every_lane(pool, workers, barrier.abort, reports) as executor:
            yield executor
    except BaseException as error:
        if said := registry.crashed():
            _note_broken(error, said)
        raise


class ChildRegistry:
    """A context of multiprocessing that keeps a list of the processes it has started."""

    def __init__(self, context: BaseContext) -> None:
        self._context = context
        self.children: list[BaseProcess] = []

    def Process(self, *given: Any, **named: Any) -> BaseProcess:  # noqa: N802  # as it is there
        child: BaseProcess = self._context.Process(*given, **named)  # type: ignore[attr-defined]
        self.children.append(child)
        return child

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def crashed(self) -> str:
        """How children ended by themselves: those of a broken pool are ended by SIGTERM."""
        codes = [(child.name, child.exitcode) for child in self.children if child.exitcode]
        own = [(name, code) for name, code in codes if code != -_signal.SIGTERM]
        return ", ".join(f"{name} died ({ending(code)})" for name, code in own)


def ending(code: int) -> str:
    """An exit code in words, `killed by SIGSEGV`."""
    from signal import Signals

    try:
        return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"
    except ValueError:
        return f"killed by signal {-code}"


def _note_broken(error: BaseException, said: str) -> None:
    from concurrent.futures.process import BrokenProcessPool

    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            _note_broken(one, said)
    elif isinstance(error, BrokenProcessPool):
        error.add_note(said)


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
    opening: AbstractContextManager[P],
    workers: int,
    abort: Callable[[], None],
    reports: list[LaneReport],
) -> Iterator[P]:
    """A pool with a lane open in each of its workers, which report when they close."""

    def each(step: Callable[[], Any]) -> list[Any]:
        try:
            steps = [pool.submit(step) for _ in range(workers)]
        except BaseException:
            abort()  # one worker too few: those at the barrier would wait for ever
            raise
        errors = [error for step_ in steps if (error := step_.exception())]
        if errors:
            raise errors[0]
        return [step_.result() for step_ in steps]

    with opening as pool, entered(partial(each, _enter), partial(each, _leave), reports):
        yield pool


@contextmanager
def entered(
    enter: Callable[[], object],
    leave: Callable[[], Iterable[list[LaneReport]]],
    reports: list[LaneReport],
) -> Iterator[None]:
    """Lanes open until the end, or as far as they can be: a step each opens and closes them all."""
    try:
        enter()
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to report
            leave()
        raise
    for one in leave():
        reports += one


def usable_cpus() -> int:
    """CPUs that this process may run on: the default number of what runs one on each."""
    mine = getattr(os, "sched_getaffinity", None)  # not on every platform
    return len(mine(0)) if mine else os.cpu_count() or 1


def check_start(start: str) -> None:
    """Raise ValueError unless children can be started this way here."""
    from multiprocessing import get_all_start_methods

    here = get_all_start_methods()
    if start not in here:
        raise ValueError(f"start must be one of {', '.join(here)} here, not {start!r}")


def check_preload(preload: bool, start: str) -> None:
    """Raise ValueError where children are not to be preloaded and never would be."""
    if not isinstance(preload, bool):
        raise ValueError(f"preload must be true or false, not {preload!r}")
    if not preload and start != "forkserver":
        raise ValueError(f"preload=false is for start=forkserver: {start} imports nothing before")
