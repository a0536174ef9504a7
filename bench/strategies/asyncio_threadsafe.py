"""Coroutines in an event loop that has a thread of its own, submitted from blocking code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from concbench.contracts import AsyncCall, Batch, Plain
from concbench.lanes import Lanes
from concbench.lanes.dispatch import coroutine
from concbench.lanes.lane import CANCELLED, NoResult, blame


@dataclass(frozen=True)
class AsyncioThreadsafe:
    """asyncio.run_coroutine_threadsafe, at most `workers` submitted and not yet done."""

    workers: int

    def in_turn(self, workload: Any) -> bool:
        return not hasattr(workload, "aopen")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.loop_thread() as loop, lanes.coroutines(loop) as call:
            yield lambda tasks: self._batch(call, loop.get_loop(), tasks)

    def _batch(self, call: AsyncCall, loop: asyncio.AbstractEventLoop, tasks: range) -> list[Plain]:
        one = coroutine(call)
        room = threading.Semaphore(self.workers)
        failed = threading.Event()

        def ended(future: Future[Plain]) -> None:
            if future.cancelled() or future.exception():
                failed.set()
            room.release()

        submitted: dict[int, Future[Plain]] = {}
        for i in tasks:
            room.acquire()
            if failed.is_set():
                break
            future = asyncio.run_coroutine_threadsafe(one(i), loop)
            future.add_done_callback(ended)
            submitted[i] = future
        return _results(submitted)


def _results(submitted: dict[int, Future[Plain]]) -> list[Plain]:
    errors = []
    for i, future in submitted.items():
        try:
            error = future.exception()  # waits, so that nothing of a failed batch keeps running
        except CancelledError:
            error = NoResult(i, CANCELLED)
        if error:
            blame(error, i)
            errors.append(error)
    if errors:
        raise errors[0]
    return [future.result() for future in submitted.values()]
