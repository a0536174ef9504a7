"""Blocking calls in threads, awaited from an event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from concbench.contracts import AsyncCall, Batch
from concbench.lanes import Lanes
from concbench.lanes.dispatch import in_flight
from concbench.lanes.lane import in_lane

EXECUTORS = ("sized", "default")


@dataclass(frozen=True)
class AsyncioToThread:
    """asyncio.to_thread with a default executor of `workers` threads.

    With `executor=default` it has as many as the library gives it, min(32, CPUs + 4): the trap.
    """

    workers: int
    executor: str = field(default="sized", metadata={"implied": True})

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            there = ", ".join(EXECUTORS)
            raise ValueError(f"executor must be one of {there}, not {self.executor!r}")

    def in_flight(self, tasks: int) -> int:
        return min(self.workers, self._threads())

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        call: AsyncCall = partial(asyncio.to_thread, in_lane)  # type: ignore[call-arg]  # given later
        # The loop is outermost: closing it shuts down its default executor, open lanes and all.
        with lanes.runner() as loop, lanes.threads(self._threads()) as pool:
            # Without it the library makes its own, with no lanes open.
            loop.get_loop().set_default_executor(pool)
            yield lambda tasks: loop.run(in_flight(call, tasks, self.workers))

    def _threads(self) -> int:
        if self.executor == "sized":
            return self.workers
        cpus = getattr(os, "process_cpu_count", os.cpu_count)()  # the first from Python 3.13 on
        return min(32, (cpus or 1) + 4)
