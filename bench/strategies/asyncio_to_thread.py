"""Blocking calls in threads, awaited from an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench.contracts import AsyncCall, Batch
from bench.lanes import Lanes, in_lane
from bench.takers import in_flight


@dataclass(frozen=True)
class AsyncioToThread:
    """asyncio.to_thread with a default executor of `workers` threads."""

    workers: int

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        call: AsyncCall = partial(asyncio.to_thread, in_lane)  # type: ignore[call-arg]  # given later
        # The loop is outermost: closing it shuts down its default executor, open lanes and all.
        with lanes.runner() as loop, lanes.threads(self.workers) as pool:
            # Without it the library takes min(32, CPUs + 4) threads, whatever `workers` says.
            loop.get_loop().set_default_executor(pool)
            yield lambda tasks: loop.run(in_flight(call, tasks, self.workers))
