"""Where the threads of a process meet although each is in an interpreter of its own.

Standard library only.  Nothing of `threading` can be shared by interpreters; what names a pipe can,
for it is a number, and all of a process share its files.

A lane in an interpreter that a thread of another one enters for every task.

Standard library only: each such interpreter imports this.  With each entry the thread has a new
state there, and nothing in its `threading.local`: what is kept between tasks is kept here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ..contracts import Plain
from .lane import Record, in_lane, lane
from .pools import prepare

LAST, OTHER, BROKEN = b"l", b"o", b"b"


class Barrier:
    """Lets nobody on before `parties` threads are there; those that wait together, leave together.

    Whoever takes the last token of a meeting lays out those of the next and lets the others go.
    """

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._tokens, self._going = os.pipe(), os.pipe()
        self._lay_out()

    def wait(self) -> None:
        """Raise BrokenPipeError where `abort` says that somebody will never come."""
        token = _taken(self._tokens)
        if token == LAST:
            self._lay_out()
            os.write(self._going[1], OTHER * (self._parties - 1))
        else:
            _taken(self._going)

    def abort(self) -> None:
        for _, writing in (self._tokens, self._going):
            os.write(writing, BROKEN)

    def close(self) -> None:
        """When nobody waits any more: another file may get the same numbers."""
        for file in (*self._tokens, *self._going):
            os.close(file)

    def _lay_out(self) -> None:
        os.write(self._tokens[1], OTHER * (self._parties - 1) + LAST)


def _taken(pipe: tuple[int, int]) -> bytes:
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


def stepped(step: Callable[[], Any]) -> Any:
    """Open or close this interpreter's lane."""
    lane.__dict__.update(own)
    try:
        return step()
    finally:
        own.update(lane.__dict__)


def in_interpreter(i: int) -> Plain:
    """Run task i in this interpreter's lane."""
    lane.__dict__.update(own)
    return in_lane(i)
