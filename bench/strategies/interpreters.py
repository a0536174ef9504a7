"""Threads with an interpreter each, and so with a GIL each, in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.interpreters import in_interpreter


@dataclass(frozen=True)
class Interpreters:
    """InterpreterPoolExecutor.map over `workers` interpreters, with a GIL each (Python 3.14)."""

    workers: int

    def cannot_run(self) -> str | None:
        return "needs Python 3.14" if sys.version_info < (3, 14) else None

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        with lanes.interpreters(self.workers) as pool:
            yield lambda tasks: list(pool.map(in_interpreter, tasks))
