"""Coroutines in one event loop, in one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.contracts import Batch
from bench.lanes import Lanes
from bench.takers import in_flight


@dataclass(frozen=True)
class Asyncio:
    """`workers` coroutines that take tasks from one iterator."""

    workers: int

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.runner() as loop, lanes.coroutines(loop) as call:
            yield lambda tasks: loop.run(in_flight(call, tasks, self.workers))
