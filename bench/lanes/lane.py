"""The lane of a thread: how it is opened, how a task runs in it, and what a probe puts there.

Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from .. import imports
from ..contracts import AsyncCall, Call, Plain
from .contexts import apart, awaited_apart
from .loops import is_in_loop, own_loop
from .report import LaneRecorder, LaneReport, call_and_metrics, report

if TYPE_CHECKING:
    import asyncio

Record: TypeAlias = Callable[[], LaneRecorder]
Beating: TypeAlias = Callable[[Callable[[float], Awaitable[Any]]], Awaitable[None]]
E = TypeVar("E", bound=BaseException)
lane = threading.local()
"""This thread's lane: its `call`, in a pool also how to build and close it, and its `name` if it is
in a process or an interpreter of its own, where whatever leaves it is pickled; in a process
that was started for it also a `clock` of CPU; `contexts` says whether its tasks set context
variables, None before that is known."""


def name() -> str:
    """What this thread's lane is called."""
    return getattr(lane, "name", "") or threading.current_thread().name


@contextmanager
def opened(workload: Any, record: Record | None, reports: list[LaneReport]) -> Iterator[None]:
    """A lane in this thread."""
    with opening(workload, record, reports) as call:
        chunks = type(workload).__name__ == "LoopWork"  # whose own takers see to it
        lane.call, lane.contexts = call if chunks else apart(call, _settle), None
        yield


def _settle(call: Call, contexts: bool) -> None:
    lane.call, lane.contexts = call, contexts


def own_contexts(call: AsyncCall) -> AsyncCall:
    """What a taker of this thread's loop awaits: each in a context, where that may matter."""
    if getattr(lane, "contexts", None) is False:
        return call
    return awaited_apart(call, _note_contexts)


def _note_contexts() -> None:
    lane.contexts = True


def seen_contexts() -> None:
    """A batch of a taker is over: where no task has set a context variable, others need none."""
    lane.contexts = bool(getattr(lane, "contexts", None))


@contextmanager
def opening(workload: Any, record: Record | None, reports: list[LaneReport]) -> Iterator[Call]:
    """The call of a lane, which adds its report when it is closed."""
    if type(workload).__name__ == "LoopWork":  # whose module would bring asyncio to every lane
        with workload.opened(record, reports) as call:
            yield call
        return
    with workload.open() if hasattr(workload, "open") else own_loop(workload) as form:
        call, metrics = call_and_metrics(form)
        startup = lane.clock() if hasattr(lane, "clock") else None
        recorder = record() if record else None
        yield recorder.blocking(call) if recorder else call
        reports.append(report(metrics, recorder, startup, contexts()))
        if hasattr(lane, "name"):  # what a child of a pool imported, nobody else knows
            imports.write()


def contexts() -> bool:
    """Whether tasks of this lane were seen to set context variables."""
    return bool(getattr(lane, "contexts", None))


def in_lane(i: int) -> Plain:
    """Run task i in this thread's lane: what pools map, because it pickles as a name."""
    try:
        return lane.call(i)
    except StopIteration:
        picklable: BaseException = NoResult(i, STOPPED)
        blame(picklable, i)
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


class NoResult(RuntimeError):
    """A task that ended without a result."""

    def __init__(self, i: int, cause: str) -> None:
        super().__init__(i, cause)
        self.task, self.cause = i, cause

    def __str__(self) -> str:
        return f"task {self.task} ended without a result: {self.cause}"


CANCELLED = "it was cancelled, or raised CancelledError, and nobody outside of it asked for that"
STOPPED = "it raised StopIteration, which ends whatever loop it runs in: raise another error"


def unasked(error: BaseException) -> bool:
    """Whether this is a cancellation that the task itself raised.

    asyncio takes such a task for one that was cancelled as somebody wished, and goes on without it.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not isinstance(error, asyncio.CancelledError) or not is_in_loop():
        return False
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


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


@asynccontextmanager
async def awaited(
    workload: Any, record: Record | None, reports: list[LaneReport]
) -> AsyncIterator[AsyncCall]:
    """The async form of a workload, whose lane adds its report when it is closed."""
    async with workload.aopen() as form:
        call, metrics = call_and_metrics(form)
        recorder, lane.contexts = record() if record else None, None
        yield recorder.coroutine(call) if recorder else call
        reports.append(report(metrics, recorder, None, contexts()))


@asynccontextmanager
async def inline(
    workload: Any, record: Record | None, reports: list[LaneReport]
) -> AsyncIterator[AsyncCall]:
    """The blocking form of a workload as an async one: each task blocks the loop it runs in."""

    async def call(i: int) -> Plain:
        return in_lane(i)

    with opened(workload, record, reports):
        yield call


@dataclass(frozen=True)
class Instruments:
    """What a probe puts into lanes; a timed pass has none.

    `record` makes the recorder of a lane and pickles as a name.  `watching` surrounds the life of
    each event loop that the strategy asks for; `beating` runs in a loop of another library during a
    batch, and waits by that library's sleep.
    """

    record: Record
    watching: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[None]]
    beating: Beating | None = None
