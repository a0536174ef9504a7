"""The lane of a thread: how it is opened, and what is called in it.

Standard library only: every worker and every child of a pool imports this.

What runs inside a lane: one task, whose error says which it was and where.

Standard library only: every worker and every child of a pool imports this.

What a probe puts into lanes; a timed pass has none.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .. import imports
from ..contracts import AsyncCall, Call, Plain
from .loops import own_loop
from .report import Recorder, Told, counted, parted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable
    from typing import TypeAlias

    Sleep: TypeAlias = Callable[[float], Awaitable[Any]]


lane = threading.local()
"""This thread's lane: its `call`, in a pool how it was built and what closes it, and its `name`
where it is in a process or an interpreter of its own: what leaves it is pickled."""

Record = Callable[[], Recorder]


def name() -> str:
    """What this thread's lane is called."""
    return getattr(lane, "name", "") or threading.current_thread().name


@contextmanager
def opened(workload: Any, record: Record | None, told: list[Told]) -> Iterator[None]:
    """A lane in this thread."""
    with opening(workload, record, told) as call:
        lane.call = call
        yield


@contextmanager
def opening(workload: Any, record: Record | None, told: list[Told]) -> Iterator[Call]:
    """The call of a lane, which adds what it tells when it is closed."""
    with blocking_form(workload) as made:
        call, metrics = parted(made)
        recorder = record() if record else None
        yield recorder.blocking(call) if recorder else call
        told.append(Told(counted(metrics), recorder.seen() if recorder else None))
        if hasattr(lane, "name"):  # what a child of a pool imported, nobody else knows
            imports.write()


def blocking_form(workload: Any) -> AbstractContextManager[Any]:
    """The workload's own blocking form, or the async one in a loop per lane."""
    if hasattr(workload, "open"):
        made: AbstractContextManager[Any] = workload.open()
        return made
    return own_loop(workload)


E = TypeVar("E", bound=BaseException)


def in_lane(i: int) -> Plain:
    """Run task i in this thread's lane: what pools map, because it pickles as a name."""
    try:
        return lane.call(i)
    except BaseException as error:
        blame(error, i)
        told = crossing(error) if hasattr(lane, "name") else error
        if told is error:
            raise
    raise told  # out here, where it has no context: some libraries have errors pickle with theirs


def blame(error: BaseException, i: int) -> None:
    """Note on the error which task raised it, and where, unless that is noted already."""
    if not any(note.startswith("in task ") for note in getattr(error, "__notes__", ())):
        error.add_note(f"in task {i}, lane {name()}")


def crossing(error: E) -> E | RuntimeError:
    """The error, or what says what it was where that does not pickle and so cannot leave."""
    import pickle  # whose errors are the exception

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        told = RuntimeError(f"{type(error).__name__} (which does not pickle): {error}")
        for note in getattr(error, "__notes__", ()):
            told.add_note(note)
        return told
    return error


@dataclass(frozen=True)
class Awaited:
    """A workload whose lane adds what it tells when it is closed."""

    workload: Any
    record: Record | None
    told: list[Told]

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[AsyncCall]:
        async with self.workload.aopen() as made:
            call, metrics = parted(made)
            recorder = self.record() if self.record else None
            yield recorder.coroutine(call) if recorder else call
            self.told.append(Told(counted(metrics), recorder.seen() if recorder else None))


@dataclass(frozen=True)
class Inline:
    """A workload whose blocking form is its async one: each task blocks the loop it runs in."""

    workload: Any
    record: Record | None
    told: list[Told]

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[AsyncCall]:
        async def call(i: int) -> Plain:
            return in_lane(i)

        with opened(self.workload, self.record, self.told):
            yield call


@contextmanager
def per_task(workload: Any, record: Record | None, told: list[Told]) -> Iterator[Call]:
    """Run task i in a lane of its own, open no longer than that."""

    def call(i: int) -> Plain:
        with opened(workload, record, told):
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
    """`record` makes the recorder of a lane and pickles as a name.

    `watching` surrounds the life of each event loop that the strategy asks for; `beating` runs in
    one of another library while that runs a batch, and waits by that library's sleep.
    """

    record: Record
    watching: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[None]]
    beating: Callable[[Sleep], Awaitable[None]] | None = None
