"""A pool of child processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_start_method

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.lane import in_lane
from concbench.lanes.pools import check_start

POOLS = ("executor", "Pool.map", "Pool.imap_unordered")


@dataclass(frozen=True)
class Multiprocessing:
    """ProcessPoolExecutor.map over `workers` processes, `chunk` tasks sent at a time.

    `start` is how they start: fork, spawn or forkserver. With `pool=Pool.map` or
    `Pool.imap_unordered` it is a multiprocessing.Pool, which may replace its children: each after
    `max_tasks_per_child` chunks.
    """

    workers: int
    start: str = field(default_factory=get_start_method)
    chunk: int = 1
    pool: str = field(default="executor", metadata={"implied": True})
    max_tasks_per_child: int | None = field(default=None, metadata={"implied": True})

    def __post_init__(self) -> None:
        check_start(self.start)
        if self.chunk < 1:
            raise ValueError(f"chunk must be 1 or more, not {self.chunk}")
        if self.pool not in POOLS:
            raise ValueError(f"pool must be one of {', '.join(POOLS)}, not {self.pool!r}")
        if self.max_tasks_per_child is None:
            return
        after = self.max_tasks_per_child
        if not (isinstance(after, int) and after > 0):
            raise ValueError(f"max_tasks_per_child must be 1 or more, not {after!r}")
        if self.pool == "executor":
            # https://github.com/python/cpython/issues/115634, seen in 3.11.7, 3.12.1 and 3.13.0
            raise ValueError(
                "max_tasks_per_child makes a ProcessPoolExecutor wait for ever: "
                "give pool=Pool.map or pool=Pool.imap_unordered with it"
            )

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        if self.pool == "executor":
            with lanes.processes(self.workers, self.start) as executor:
                yield lambda tasks: list(executor.map(in_lane, tasks, chunksize=self.chunk))
        else:
            with lanes.pool(self.workers, self.start, self.max_tasks_per_child) as pool:
                run = pool.map if self.pool == "Pool.map" else pool.imap_unordered
                yield lambda tasks: run(tasks, self.chunk)
