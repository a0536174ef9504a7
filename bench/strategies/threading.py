"""A pool of threads in one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.contracts import Batch
from bench.lanes import Lanes, in_lane


@dataclass(frozen=True)
class Threading:
    """ThreadPoolExecutor.map over `workers` threads."""

    workers: int

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.threads(self.workers) as pool:
            yield lambda tasks: list(pool.map(in_lane, tasks))
