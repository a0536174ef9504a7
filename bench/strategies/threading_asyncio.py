"""Both at once in one process: threads, an event loop in each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from concbench.contracts import Batch, Plain
from concbench.lanes import Lanes
from concbench.lanes.lane import in_lane


def _cpus() -> int:
    mine = getattr(os, "sched_getaffinity", None)  # not on every platform
    return len(mine(0)) if mine else os.cpu_count() or 1


@dataclass(frozen=True)
class ThreadingAsyncio:
    """An event loop in each of `threads`, for a Python without a GIL: with one, loops take turns.

    `workers` tasks are in flight in all of them together; `threads` is one for each CPU. A batch is
    dealt out to them at once.
    """

    workers: int
    threads: int = field(default_factory=_cpus, metadata={"implied": True})

    def __post_init__(self) -> None:
        if not (isinstance(self.threads, int) and self.threads > 0):
            raise ValueError(f"threads must be 1 or more, not {self.threads!r}")

    def in_flight(self, tasks: int) -> int:
        return self._threads * self._at_once

    @property
    def _threads(self) -> int:
        return min(self.threads, self.workers)

    @property
    def _at_once(self) -> int:
        return -(-self.workers // self._threads)

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from concbench.lanes.loops_in_processes import collected, dealt

        with lanes.thread_loops(self._threads, self._at_once) as pool:

            def batch(tasks: range) -> list[Plain]:
                chunks = dealt(tasks, self._threads)
                return collected(list(pool.map(in_lane, chunks)), len(tasks))

            yield batch
