"""How late an event loop runs what is due: a heartbeat in every loop that lanes open.

Standard library only: the worker imports this.  The loops of asyncio wait in whole milliseconds,
rounded up, so a beat of an idle loop is late by up to one; nothing is subtracted for that.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .recorder import clock

if TYPE_CHECKING:
    import asyncio

INTERVAL = 0.002
"""Seconds from one beat to when the next is due."""


class Heartbeats:
    """The beats of every watched loop; `left` names the tasks still in it when it closed."""

    def __init__(self) -> None:
        self.beats: list[array[int]] = []
        """For each loop two numbers a beat: when it was due, and when it came."""
        self.unwatched: list[str] = []
        self.left: list[str] = []

    @contextmanager
    def watching(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Let the loop's heart beat whenever it runs."""
        heart = Heart(loop)
        run = loop.run_forever  # what run_until_complete and Runner.run come down to

        def run_forever() -> None:
            heart.start()
            try:
                run()
            finally:
                heart.stop()

        try:
            loop.run_forever = run_forever  # type: ignore[method-assign]  # of this loop alone
        except AttributeError:  # in C, without a dictionary
            self.unwatched.append(type(loop).__qualname__)
            yield
            return
        self.beats.append(heart.beats)
        yield
        del loop.run_forever
        for task in _unfinished(loop):
            name = getattr(task.get_coro(), "__qualname__", "") or task.get_name()
            self.left.append(name.rpartition(".")[2])

    async def beating(self, sleep: Callable[[float], Awaitable[Any]]) -> None:
        """Beat in the loop of another library, by its sleep, until that is cancelled."""
        beats = array("q")
        self.beats.append(beats)
        while True:
            due = clock() + int(INTERVAL * 1e9)
            try:
                await sleep(INTERVAL)
            finally:  # the last beat, too, where whatever blocked the loop also ended it
                if (now := clock()) > due:
                    beats.extend((due, now))


class Heart:
    """The heartbeat of one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.beats = array("q")
        self._loop, self._due = loop, 0
        self._next: asyncio.TimerHandle

    def start(self) -> None:
        self._due = clock() + int(INTERVAL * 1e9)
        self._next = self._loop.call_later(INTERVAL, self._beat)

    def stop(self) -> None:
        """A loop stopped by what blocked it has no more beats: the overdue one counts."""
        self._next.cancel()
        self._note()

    def _beat(self) -> None:
        self._note()
        self.start()

    def _note(self) -> None:
        if (now := clock()) > self._due:
            self.beats.extend((self._due, now))


def _unfinished(loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
    import asyncio

    async def turn() -> None:
        for _ in range(2):  # for what only has its last step to take
            await asyncio.sleep(0)

    if loop.is_closed():
        return []
    loop.run_until_complete(turn())
    return list(asyncio.all_tasks(loop))
