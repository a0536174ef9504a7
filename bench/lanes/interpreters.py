"""Threads with an interpreter each, and a lane in each of those.

Standard library only, of Python 3.14.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from typing import Any

from .isolated import Barrier, prepare_interpreter, stepped
from .lane import Record
from .pools import in_every_lane
from .report import Told


@contextmanager
def interpreters(
    workers: int, build: Callable[[], Any], record: Record | None, told: list[Told]
) -> Iterator[Executor]:
    """A pool of `workers` interpreters, a lane in each."""
    from concurrent.futures import InterpreterPoolExecutor  # type: ignore[attr-defined]

    barrier = Barrier(workers)
    try:
        prepared = (build, record, barrier)
        with InterpreterPoolExecutor(workers, "lane", prepare_interpreter, prepared) as pool:
            steps = Steps(pool, barrier)
            with in_every_lane(steps, workers, barrier.abort, told):
                yield pool
    finally:
        barrier.close()


class Steps:
    """Submits what meets at the barrier, and lets nobody wait there when a pool is broken."""

    def __init__(self, pool: Executor, barrier: Barrier) -> None:
        self._pool = pool
        self._barrier = barrier

    def submit(self, step: Callable[[], Any], /) -> Future[Any]:
        future = self._pool.submit(stepped, step)
        future.add_done_callback(self._look)
        return future

    def _look(self, done: Future[Any]) -> None:
        if isinstance(done.exception(), BrokenExecutor):
            self._barrier.abort()
