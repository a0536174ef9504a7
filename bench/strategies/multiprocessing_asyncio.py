"""Both at once: processes for the CPUs, an event loop in each for what waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_start_method

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.pools import check_start, usable_cpus


@dataclass(frozen=True)
class MultiprocessingAsyncio:
    """An event loop in each of `processes`, `workers` tasks in flight in all of them together.

    `start` is how they start: fork, spawn or forkserver; `processes` is one for each CPU. A batch
    is dealt out to them at once, as aiomultiprocess does.
    """

    workers: int
    start: str = field(default_factory=get_start_method)
    processes: int = field(default_factory=usable_cpus, metadata={"implied": True})

    def __post_init__(self) -> None:
        check_start(self.start)
        if not (isinstance(self.processes, int) and self.processes > 0):
            raise ValueError(f"processes must be 1 or more, not {self.processes!r}")

    def in_flight(self, tasks: int) -> int:
        return self._processes * self._at_once

    @property
    def _processes(self) -> int:
        return min(self.processes, self.workers)

    @property
    def _at_once(self) -> int:
        return -(-self.workers // self._processes)

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from concbench.lanes.loops_in_processes import dealing

        with lanes.loops(self._processes, self.start, self._at_once) as pool:
            yield dealing(pool, self._processes)
