"""Coroutines in one event loop, in one thread."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.dispatch import ALL_AT_ONCE, DISPATCHES

LOOPS = ("asyncio", "uvloop", "winloop")


@dataclass(frozen=True)
class Asyncio:
    """`workers` coroutines that take tasks from one iterator; or as `dispatch` says.

    `dispatch` is takers, gather, taskgroup, as_completed, wait, semaphore or queue, `loop` the
    library that the event loop is of: asyncio, uvloop (`pip install 'concbench[uvloop]'`) or
    winloop. `eager` starts a task at once instead of in the loop's next turn (Python 3.12), `debug`
    is asyncio's debug mode.
    """

    workers: int
    dispatch: str = field(default="takers", metadata={"implied": True})
    loop: str = field(default="asyncio", metadata={"implied": True})
    eager: bool = field(default=False, metadata={"implied": True})
    debug: bool = field(default=False, metadata={"implied": True})

    def __post_init__(self) -> None:
        if self.dispatch not in DISPATCHES:
            there = ", ".join(DISPATCHES)
            raise ValueError(f"dispatch must be one of {there}, not {self.dispatch!r}")
        if self.loop not in LOOPS:
            raise ValueError(f"loop must be one of {', '.join(LOOPS)}, not {self.loop!r}")

    def cannot_run(self) -> str | None:
        if self.eager and sys.version_info < (3, 12):
            return "eager needs Python 3.12"
        if self.loop == "asyncio":
            return None
        home = "winloop" if sys.platform == "win32" else "uvloop"
        if self.loop != home:
            return f"{self.loop} does not run on {sys.platform}: take loop={home}"
        from concbench.spec import missing  # not a part of this strategy's start-up

        return missing(self.loop)

    def in_flight(self, tasks: int) -> int:
        return tasks if self.dispatch in ALL_AT_ONCE else self.workers

    def in_turn(self, workload: Any) -> bool:
        return not hasattr(workload, "aopen")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        dispatch = DISPATCHES[self.dispatch]
        new_loop = None if self.loop == "asyncio" else import_module(self.loop).new_event_loop
        with lanes.runner(new_loop, self.debug or None) as loop:
            if self.eager:
                factory: Any = asyncio  # whose annotations are those of Python 3.11
                loop.get_loop().set_task_factory(factory.eager_task_factory)
            with lanes.coroutines(loop) as call:
                yield lambda tasks: loop.run(dispatch(call, tasks, self.workers))
