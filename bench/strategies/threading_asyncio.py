"""Both at once in one process: threads, an event loop in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.pools import usable_cpus


@dataclass(frozen=True)
class ThreadingAsyncio:
    """An event loop in each of `threads`, for a Python without a GIL: with one, loops take turns.

    `workers` tasks are in flight in all of them together; `threads` is one for each CPU. A batch is
    dealt out to them at once.
    """

    workers: int
    threads: int = field(default_factory=usable_cpus, metadata={"implied": True})

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
        from concbench.lanes.loops_in_processes import dealing

        with lanes.thread_loops(self._threads, self._at_once) as pool:
            yield dealing(pool, self._threads)
