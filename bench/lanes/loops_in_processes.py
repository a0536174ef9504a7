"""An event loop in every child of a pool, each with many tasks in flight.

To the pool a chunk of tasks is one call; the lane behind it is that of the loop, where errors,
metrics and recordings are those of single tasks.  Every child of such a pool imports this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import imports
from ..contracts import AsyncCall, Batch, Plain
from ..spec import Spec
from .dispatch import in_flight
from .lane import Record, awaited, in_lane, opening
from .loops import held
from .report import LaneReport

if TYPE_CHECKING:
    from concurrent.futures import Executor

ChunkCall: TypeAlias = Callable[[Any], list[Plain]]


@dataclass(frozen=True)
class LoopWork:
    """A workload in an event loop of this child's own, `at_once` tasks of it in flight."""

    workload: Spec
    at_once: int

    @contextmanager
    def opened(self, record: Record | None, reports: list[LaneReport]) -> Iterator[ChunkCall]:
        """What runs a chunk of tasks, while the lane of the loop is open."""
        workload = self.workload.build()
        form = awaited if hasattr(workload, "aopen") else _blocking
        with asyncio.Runner() as loop:
            with held(partial(form, workload, record, reports), loop) as call:
                yield lambda chunk: loop.run(in_flight(call, chunk, self.at_once))
            imports.write()


@asynccontextmanager
async def _blocking(
    workload: Any, record: Record | None, reports: list[LaneReport]
) -> AsyncIterator[AsyncCall]:
    with opening(workload, record, reports) as one:

        async def call(i: int) -> Plain:
            return one(i)

        yield call


def dealing(pool: Executor, hands: int) -> Batch:
    """What runs a batch in a pool of as many event loops: each gets its share of it at once."""

    def batch(tasks: range) -> list[Plain]:
        return collected(list(pool.map(in_lane, dealt(tasks, hands))), len(tasks))

    return batch


def dealt(tasks: Any, hands: int) -> list[Any]:
    """The tasks in as many chunks, dealt out like cards: neighbours may be alike."""
    return [chunk for hand in range(hands) if (chunk := tasks[hand::hands])]


def collected(chunks: Sequence[Sequence[Plain]], tasks: int) -> list[Plain]:
    """The results of chunks that were dealt, in task order."""
    results: list[Plain] = [None] * tasks
    for hand, chunk in enumerate(chunks):
        results[hand :: len(chunks)] = chunk
    return results
