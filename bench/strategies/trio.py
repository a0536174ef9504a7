"""Coroutines in trio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from bench.contracts import AsyncCall, Batch, Plain
from bench.lanes import Lanes
from bench.lanes.other_loops import shared, unfit
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
        from bench.strategies._trio import in_thread

        with in_thread() as loop, lanes.awaited(loop) as call:
            yield lambda tasks: loop.run(_in_flight, call, tasks, self.workers)


async def _in_flight(call: AsyncCall, tasks: range, workers: int) -> list[Plain]:
    import trio

    take, results = shared(call, tasks)
    async with trio.open_nursery() as nursery:
        for _ in range(min(workers, len(tasks))):
            nursery.start_soon(take)
    return results
