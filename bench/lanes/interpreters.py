"""Threads with an interpreter each, and a lane in each of those.

Standard library only: each such interpreter imports this, and it runs on Python 3.14 alone.
Interpreters can share nothing of `threading`; what names a pipe they can, for it is a number, and
all of a process share its files.  With each entry a thread has a new state in its interpreter, and
nothing in its `threading.local`: what outlives a task is in `own`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from ..contracts import Plain
from .lane import Record, in_lane, lane
from .pools import in_every_lane, prepare
from .report import LaneReport

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

LAST, OTHER, BROKEN = b"l", b"o", b"b"
REFUSED = re.compile(r"module ([\w.]+) does not support loading in subinterpreters")
"""What CPython says of an extension that does not declare its support."""


class Barrier:
    """Holds threads up until `parties` of them are there; those that wait together leave together.

    Whoever takes the last token of a meeting lays out those of the next and lets the others go.
    """

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._tokens, self._going = os.pipe(), os.pipe()
        self._lay_out()

    def wait(self) -> None:
        """Raise BrokenPipeError where `abort` says that somebody will never come."""
        token = _take(self._tokens)
        if token == LAST:
            self._lay_out()
            os.write(self._going[1], OTHER * (self._parties - 1))
        else:
            _take(self._going)

    def abort(self) -> None:
        for _, writing in (self._tokens, self._going):
            os.write(writing, BROKEN)

    def close(self) -> None:
        """Call it when nobody waits any more: another file may get the same numbers."""
        for file in (*self._tokens, *self._going):
            os.close(file)

    def _lay_out(self) -> None:
        os.write(self._tokens[1], OTHER * (self._parties - 1) + LAST)


def _take(pipe: tuple[int, int]) -> bytes:
    reading, writing = pipe
    token = os.read(reading, 1)
    if token == BROKEN:
        os.write(writing, BROKEN)  # for whoever comes next
        raise BrokenPipeError("not all of the interpreters could be started")
    return token


own: dict[str, Any] = {}
"""The lane of this interpreter's one thread."""


def prepare_interpreter(build: Callable[[], Any], record: Record | None, barrier: Any) -> None:
    from concurrent import interpreters  # type: ignore[attr-defined]  # of Python 3.14

    prepare(build, record, barrier)
    lane.name = f"interpreter {interpreters.get_current().id}"
    own.update(lane.__dict__)


def in_own_lane(step: Callable[[], Any]) -> Any:
    """Open or close this interpreter's lane.

    Raises ImportError with the name of an extension module that only the main interpreter can have.
    """
    lane.__dict__.update(own)
    try:
        return step()
    except ImportError as error:
        refused = _extension(error)
        if refused is None:
            raise
    finally:
        own.update(lane.__dict__)
    # Out here it has no context: libraries such as numpy put a page of advice around it.
    why = f"cannot be imported in an interpreter of its own: {refused} works in the main one alone"
    package = refused.partition(".")[0]
    raise ImportError(f"{package} {why}", name=package)


def _extension(error: BaseException | None) -> str | None:
    """The module that does not support sub-interpreters, where that is behind the error."""
    while error is not None:
        if named := REFUSED.search(str(error)):
            return named[1]
        error = error.__cause__ or error.__context__
    return None


def in_interpreter(i: int) -> Plain:
    """Run task i in this interpreter's lane."""
    lane.__dict__.update(own)
    return in_lane(i)


@contextmanager
def interpreters(
    workers: int, build: Callable[[], Any], record: Record | None, reports: list[LaneReport]
) -> Iterator[Executor]:
    """A pool of `workers` interpreters, a lane in each."""
    from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]

    barrier = Barrier(workers)
    try:
        state = (build, record, barrier)
        with InterpreterPoolExecutor(workers, "lane", prepare_interpreter, state) as pool:
            steps = nullcontext(Steps(pool, barrier))
            with in_every_lane(steps, workers, barrier.abort, reports):
                yield pool
    finally:
        barrier.close()


class Steps:
    """Submits steps that meet at the barrier, and breaks it when the pool is broken."""

    def __init__(self, pool: Executor, barrier: Barrier) -> None:
        self._pool, self._barrier = pool, barrier

    def submit(self, step: Callable[[], Any], /) -> Future[Any]:
        future = self._pool.submit(in_own_lane, step)
        future.add_done_callback(self._check)
        return future

    def _check(self, done: Future[Any]) -> None:
        from concurrent.futures import BrokenExecutor

        if isinstance(done.exception(), BrokenExecutor):
            self._barrier.abort()
