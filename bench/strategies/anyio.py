"""Coroutines by anyio, in the event loop of asyncio or of trio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.other_loops import in_group, unfit
from concbench.spec import missing

LIBRARIES = {"asyncio": ("anyio",), "trio": ("anyio", "trio")}
"""By backend."""


@dataclass(frozen=True)
class Anyio:
    """`workers` tasks of an anyio task group, that take from one iterator.

    `backend` is the library whose event loop that is: asyncio or trio.
    """

    extra: ClassVar[str] = "trio"

    workers: int
    backend: str = "asyncio"

    def __post_init__(self) -> None:
        if self.backend not in LIBRARIES:
            raise ValueError(f"backend must be {' or '.join(LIBRARIES)}, not {self.backend!r}")

    def cannot_run(self) -> str | None:
        return missing(self.extra, *LIBRARIES[self.backend])

    def cannot_take(self, workload: Any) -> str | None:
        return unfit(workload, self.backend)

    def in_turn(self, workload: Any) -> bool:
        return not hasattr(workload, "aopen")

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from anyio import create_task_group as group

        if self.backend == "trio":
            from concbench.strategies.trio import in_thread

            with in_thread() as thread, lanes.awaited(thread) as call:
                yield lambda tasks: thread.run(in_group, group, call, tasks, self.workers)
            return
        with lanes.runner() as loop, lanes.coroutines(loop) as call:
            yield lambda tasks: loop.run(in_group(group, call, tasks, self.workers))
