"""What runs inside a lane: one task, whose error says which it was and where.

Standard library only: every worker and every child of a pool imports this.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ..contracts import AsyncCall, Call, Plain
from .opening import Record, lane, name, opened
from .told import Told, counted, parted

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
