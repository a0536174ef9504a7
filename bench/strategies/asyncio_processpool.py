"""Child processes, awaited from an event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_start_method

from concbench.contracts import AsyncCall, Batch
from concbench.lanes import Lanes
from concbench.lanes.dispatch import in_flight
from concbench.lanes.lane import in_lane
from concbench.lanes.pools import check_start

QUEUED = 2
"""Tasks given to the pool for each worker: with 1 the loop starves it (80 % of the limit of
cpu_sum on two CPUs), with 2 it does not (93 %); one runs, one waits in the pool's queue."""


@dataclass(frozen=True)
class AsyncioProcesspool:
    """loop.run_in_executor with a ProcessPoolExecutor of `workers` processes.

    `start` is how they start: fork, spawn or forkserver.
    """

    workers: int
    start: str = field(default_factory=get_start_method)

    def __post_init__(self) -> None:
        check_start(self.start)

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        # The pool is outermost: a forked child must not inherit a loop.
        with lanes.processes(self.workers, self.start) as pool, lanes.runner() as loop:
            run = loop.get_loop().run_in_executor
            call: AsyncCall = partial(run, pool, in_lane)  # type: ignore[arg-type]  # i comes later
            yield lambda tasks: loop.run(in_flight(call, tasks, QUEUED * self.workers))
