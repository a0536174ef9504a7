"""Tick at an interval, by timers of the event loop.

The metric `late_seconds` adds up how late the last tick of each task was.  A chain of `call_later`
is as late as all its timers together, `call_at` on a grid only as late as its last.  That lateness
is waiting to the limit, which takes its least from sequential: a loop with nothing else to do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

CALLS = ("call_later", "call_at")
Metrics = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Timers:
    """Ticks of a loop's timers: `call_later` drifts by every delay, `call_at` does not.

    `by` is one of these; a task takes so many `ticks`, each after `seconds`.
    """

    tasks: ClassVar[int] = 32
    workers: ClassVar[int] = 16

    by: str = "call_later"
    seconds: float = 0.001
    ticks: int = 10

    def __post_init__(self) -> None:
        if self.by not in CALLS:
            raise ValueError(f"by must be {' or '.join(CALLS)}, not {self.by!r}")
        if not 0 <= self.seconds <= 60:
            raise ValueError(f"seconds must be between 0 and 60, not {self.seconds}")
        if not 1 <= self.ticks <= 1_000_000:
            raise ValueError(f"ticks must be between 1 and 1,000,000, not {self.ticks}")

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[tuple[Callable[[int], Awaitable[list[int]]], Metrics]]:
        import asyncio

        loop = asyncio.get_running_loop()
        late = 0.0

        async def call(i: int) -> list[int]:
            nonlocal late
            ticked: list[int] = []
            done: asyncio.Future[float] = loop.create_future()
            began = loop.time()

            def tick() -> None:
                ticked.append(i + len(ticked))
                if len(ticked) < self.ticks:
                    then()
                elif not done.done():  # a task that was cancelled waits no longer
                    done.set_result(loop.time())

            def then() -> None:
                if self.by == "call_later":
                    loop.call_later(self.seconds, tick)
                else:
                    loop.call_at(began + (len(ticked) + 1) * self.seconds, tick)

            then()
            late += await done - (began + self.ticks * self.seconds)
            return ticked

        yield call, lambda: {"late_seconds": late}
