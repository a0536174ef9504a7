"""The tasks of a question as a workload, and what questions are made of.

Standard library only, and little of it: every child of a pool imports this.  Tasks write what
happens to them into a diary: a file, which processes and interpreters can share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeAlias

from ..contracts import AsyncCall, Call
from .questions import find

LONG = 0.3
"""Seconds of a task that is too long."""
LIMIT = 0.05
"""Seconds after which it is given up.  Answers rest on what happened first, not on clocks."""
Note: TypeAlias = Callable[[str, int], None]
"""`note("ended", i)` writes the line `ended 3`."""


class NoAnswer(Exception):
    """The question means nothing here; says why."""


@dataclass(frozen=True)
class BlockingTasks:
    """The tasks of a question that has no form for event loops."""

    tasks: ClassVar[int] = 2
    workers: ClassVar[int] = 2

    question: str = ""
    diary: str = ""

    def open(self) -> nullcontext[Call]:
        kind = find(self.question)
        return nullcontext(partial(kind.blocking, kind(), note=partial(write, self.diary)))


@dataclass(frozen=True)
class AwaitableTasks(BlockingTasks):
    """The tasks of a question in both forms."""

    loops: ClassVar[tuple[str, ...]] = ("asyncio", "trio")

    def aopen(self) -> nullcontext[AsyncCall]:
        kind = find(self.question)  # a function in a partial is known as a coroutine function
        return nullcontext(partial(kind.awaited, kind(), note=partial(write, self.diary)))


def write(diary: str, event: str, i: int) -> None:
    """Add a line; one write to the end of a file is whole, whoever else writes."""
    with open(diary, "ab", buffering=0) as stream:  # noqa: PTH123  # no child needs pathlib
        stream.write(f"{event} {i}\n".encode())


async def sleep(seconds: float) -> None:
    """Sleep in the event loop of whichever library runs the task."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


@contextmanager
def noting(note: Note, i: int) -> Iterator[None]:
    """Note that a task began, and that it ended or was stopped by an error of any kind."""
    note("began", i)
    try:
        yield
    except BaseException:
        note("stopped", i)
        raise
    note("ended", i)


@contextmanager
def without_timeout() -> Iterator[None]:
    """Suppress TimeoutError, also in a group of errors."""
    try:
        yield
    except BaseException as error:
        from ..worker import leaf  # which no child needs

        if not isinstance(leaf(error), TimeoutError):
            raise
