"""A pool of child processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_start_method

from bench.contracts import Batch
from bench.lanes import Lanes, in_lane
from bench.start import check


@dataclass(frozen=True)
class Multiprocessing:
    """ProcessPoolExecutor.map over `workers` processes, `chunk` tasks sent at a time."""

    workers: int
    start: str = field(default_factory=get_start_method)
    chunk: int = 1

    def __post_init__(self) -> None:
        check(self.start)
        if self.chunk < 1:
            raise ValueError(f"chunk must be 1 or more, not {self.chunk}")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        # map, not multiprocessing.Pool.map: that waits for ever when a child dies.
        with lanes.processes(self.workers, self.start) as pool:
            yield lambda tasks: list(pool.map(in_lane, tasks, chunksize=self.chunk))
