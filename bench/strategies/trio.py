"""Coroutines in trio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from bench.contracts import Batch
from bench.lanes import Lanes
from bench.lanes.other_loops import in_group, unfit
from bench.spec import missing


@dataclass(frozen=True)
class Trio:
    """`workers` tasks of a nursery in trio, that take from one iterator."""

    extra: ClassVar[str] = "trio"

    workers: int

    def cannot_run(self) -> str | None:
        return missing(self.extra)

    def cannot_take(self, workload: Any) -> str | None:
        return unfit(workload, "trio")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from trio import open_nursery

        from bench.strategies._trio import in_thread

        with in_thread() as loop, lanes.awaited(loop) as call:
            yield lambda tasks: loop.run(in_group, open_nursery, call, tasks, self.workers)
