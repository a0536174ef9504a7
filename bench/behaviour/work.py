"""The tasks of a question as a workload.  Standard library only: every child of a pool imports it.

Tasks write what happens to them into a diary: a file, which processes and interpreters can share.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, TypeAlias

from ..contracts import AsyncCall, Call

Note: TypeAlias = Callable[[str, int], None]
"""`note("ended", i)` writes the line `ended 3`."""


@dataclass(frozen=True)
class Blocking:
    """The tasks of a question that has no form for event loops."""

    tasks: ClassVar[int] = 2
    workers: ClassVar[int] = 2

    question: str = ""
    diary: str = ""

    @contextmanager
    def open(self) -> Iterator[Call]:
        yield partial(_module(self.question).blocking, note=partial(write, self.diary))


@dataclass(frozen=True)
class Both(Blocking):
    """The tasks of a question in both forms."""

    loops: ClassVar[tuple[str, ...]] = ("asyncio", "trio")

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[AsyncCall]:
        yield partial(_module(self.question).awaited, note=partial(write, self.diary))


def write(diary: str, event: str, i: int) -> None:
    """Add a line; one write to the end of a file is whole, whoever else writes."""
    file = os.open(diary, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(file, f"{event} {i}\n".encode())
    finally:
        os.close(file)


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


def _module(question: str) -> Any:
    return import_module(f"{__package__}.questions.{question}")
