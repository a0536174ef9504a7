"""Blocking calls inside coroutines: the mistake that everybody makes once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.dispatch import in_flight


@dataclass(frozen=True)
class AsyncioBlocking:
    """`workers` coroutines that call what blocks: one runs, and the loop stands still.

    The mistake that everybody makes once.
    """

    workers: int

    def in_turn(self, workload: Any) -> bool:
        return True

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        lanes.notes.append({"code": "blocking-calls"})
        with lanes.runner() as loop, lanes.inline(loop) as call:
            yield lambda tasks: loop.run(in_flight(call, tasks, self.workers))
