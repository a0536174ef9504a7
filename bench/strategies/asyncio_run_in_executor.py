"""Blocking calls in a thread pool of one's own, awaited from an event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from concbench.contracts import AsyncCall, Batch
from concbench.lanes import Lanes
from concbench.lanes.dispatch import in_flight
from concbench.lanes.lane import in_lane


@dataclass(frozen=True)
class AsyncioRunInExecutor:
    """loop.run_in_executor with a ThreadPoolExecutor of `workers` threads."""

    workers: int

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.threads(self.workers) as pool, lanes.runner() as loop:
            run = loop.get_loop().run_in_executor
            call: AsyncCall = partial(run, pool, in_lane)  # type: ignore[arg-type]  # i comes later
            yield lambda tasks: loop.run(in_flight(call, tasks, self.workers))
