"""The lane of a thread: how it is opened, how a task runs in it, and what a probe puts there.

Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ..contracts import AsyncCall, Call, Plain
from .loops import own_loop
from .report import LaneRecorder, LaneReport, call_and_metrics, report

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable
    from typing import TypeAlias

    Sleep: TypeAlias = Callable[[float], Awaitable[Any]]


lane = threading.local()
"""This thread's lane: its `call`, in a pool also how to build and close it, and its `name` if it is
in a process or an interpreter of its own, where whatever leaves it is pickled."""

Record = Callable[[], LaneRecorder]


def name() -> str:
    """What this thread's lane is called."""
    return getattr(lane, "name", "") or threading.current_thread().name


@contextmanager
def opened(workload: Any, record: Record | None, reports: list[LaneReport]) -> Iterator[None]:
    """A lane in this thread."""
    with opening(workload, record, reports) as call:
        lane.call = call
        yield


@contextmanager
def opening(workload: Any, record: Record | None, reports: list[LaneReport]) -> Iterator[Call]:
    """The call of a lane, which adds its report when it is closed."""
    with blocking_form(workload) as form:
        call, metrics = call_and_metrics(form)
        recorder = record() if record else None
        yield recorder.blocking(call) if recorder else call
        reports.append(report(metrics, recorder))


def blocking_form(workload: Any) -> AbstractContextManager[Any]:
    """The workload's own blocking form, or the async one in a loop per lane."""
    if hasattr(workload, "open"):
        form: AbstractContextManager[Any] = workload.open()
        return form
    return own_loop(workload)


E = TypeVar("E", bound=BaseException)


def in_lane(i: int) -> Plain:
    """Run task i in this thread's lane: what pools map, because it pickles as a name."""
    try:
        return lane.call(i)
    except BaseException as error:
        blame(error, i)
        picklable = crossing(error) if hasattr(lane, "name") else error
        if picklable is error:
            raise
    raise picklable  # out here it has no context, which some libraries have errors pickle with


def blame(error: BaseException, i: int) -> None:
    """Note on the error which task raised it, and where, unless that is noted already."""
    if not any(note.startswith("in task ") for note in getattr(error, "__notes__", ())):
        error.add_note(f"in task {i}, lane {name()}")


def crossing(error: E) -> E | RuntimeError:
    """The error, or one that names it where it does not pickle and so cannot leave its process."""
    import pickle  # which only an error needs

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        substitute = RuntimeError(f"{type(error).__name__} (which does not pickle): {error}")
        for note in getattr(error, "__notes__", ()):
            substitute.add_note(note)
        return substitute
    return error


@dataclass(frozen=True)
class Awaited:
    """The async form of a workload, whose lane adds its report when it is closed."""

    workload: Any
    record: Record | None
    reports: list[LaneReport]

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[AsyncCall]:
        async with self.workload.aopen() as form:
            call, metrics = call_and_metrics(form)
            recorder = self.record() if self.record else None
            yield recorder.coroutine(call) if recorder else call
            self.reports.append(report(metrics, recorder))


@dataclass(frozen=True)
class Inline:
    """The blocking form of a workload as an async one: each task blocks the loop it runs in."""

    workload: Any
    record: Record | None
    reports: list[LaneReport]

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[AsyncCall]:
        async def call(i: int) -> Plain:
            return in_lane(i)

        with opened(self.workload, self.record, self.reports):
            yield call


@contextmanager
def per_task(workload: Any, record: Record | None, reports: list[LaneReport]) -> Iterator[Call]:
    """Run task i in a lane of its own, open no longer than that."""

    def call(i: int) -> Plain:
        with opened(workload, record, reports):
            return in_lane(i)

    yield call


def blamed(call: Call) -> Call:
    """The call with its errors noted, for lanes that no `in_lane` finds."""

    def called(i: int) -> Plain:
        try:
            return call(i)
        except BaseException as error:
            blame(error, i)
            raise

    return called


@dataclass(frozen=True)
class Instruments:
    """What a probe puts into lanes; a timed pass has none.

    `record` makes the recorder of a lane and pickles as a name.  `watching` surrounds the life of
    each event loop that the strategy asks for; `beating` runs in a loop of another library during a
    batch, and waits by that library's sleep.
    """

    record: Record
    watching: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[None]]
    beating: Callable[[Sleep], Awaitable[None]] | None = None
