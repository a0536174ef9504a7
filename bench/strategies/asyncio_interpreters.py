"""Interpreters with a GIL each, awaited from an event loop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from concbench.contracts import AsyncCall, Batch
from concbench.lanes import Lanes
from concbench.lanes.dispatch import in_flight
from concbench.lanes.interpreters import in_interpreter

QUEUED = 2
"""Tasks given to the pool for each worker, as in `asyncio+processpool`: one runs, one waits."""


@dataclass(frozen=True)
class AsyncioInterpreters:
    """loop.run_in_executor with an InterpreterPoolExecutor of `workers` (Python 3.14)."""

    workers: int

    def cannot_run(self) -> str | None:
        return "needs Python 3.14" if sys.version_info < (3, 14) else None

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.interpreters(self.workers) as pool, lanes.runner() as loop:
            run = loop.get_loop().run_in_executor
            call: AsyncCall = partial(run, pool, in_interpreter)  # type: ignore[arg-type]  # i later
            yield lambda tasks: loop.run(in_flight(call, tasks, QUEUED * self.workers))
