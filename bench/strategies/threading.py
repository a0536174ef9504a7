"""Threads in one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from concbench.contracts import Batch, Call, Plain
from concbench.lanes import Lanes
from concbench.lanes.lane import in_lane

POOLS = ("executor", "thread-per-task")


@dataclass(frozen=True)
class Threading:
    """ThreadPoolExecutor.map over `workers` threads; or a new thread for every task.

    With `pool=thread-per-task` each thread opens a lane for its one task, and all are started.
    """

    workers: int
    pool: str = field(default="executor", metadata={"implied": True})

    def __post_init__(self) -> None:
        if self.pool not in POOLS:
            raise ValueError(f"pool must be one of {', '.join(POOLS)}, not {self.pool!r}")

    def in_flight(self, tasks: int) -> int:
        return self.workers if self.pool == "executor" else tasks

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        if self.pool == "executor":
            with lanes.threads(self.workers) as pool:
                yield lambda tasks: list(pool.map(in_lane, tasks))
        else:
            with lanes.per_task() as call:
                yield lambda tasks: _in_threads(call, tasks)


def _in_threads(call: Call, tasks: range) -> list[Plain]:
    results: dict[int, Plain] = {}
    errors: list[BaseException] = []

    def run(i: int) -> None:
        try:
            results[i] = call(i)
        except BaseException as error:
            errors.append(error)

    threads: list[Thread] = []
    try:
        for i in tasks:
            thread = Thread(target=run, args=(i,), name=f"task_{i}")
            thread.start()
            threads.append(thread)
    finally:
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return [results[i] for i in tasks]
