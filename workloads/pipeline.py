"""A producer, a bounded queue, consumers: order kept, and the producer held back by them.

One task is one pipeline, from the first item to the last.  The metric `held_back` counts how often
the producer found the queue full.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import ClassVar

Metrics = Callable[[], Mapping[str, int]]


@dataclass(frozen=True)
class Pipeline:
    """Producer, bounded queue, consumers: items in order, and what handing them over costs.

    `consumers` take `items` from a queue with `room` for so many, and wait `seconds` for each.
    """

    tasks: ClassVar[int] = 16
    workers: ClassVar[int] = 4

    items: int = 20
    consumers: int = 2
    room: int = 4
    seconds: float = 0.001

    def __post_init__(self) -> None:
        for key in ("items", "consumers", "room"):
            if not 1 <= getattr(self, key) <= 10_000:
                raise ValueError(f"{key} must be between 1 and 10,000, not {getattr(self, key)}")
        if not 0 <= self.seconds <= 60:
            raise ValueError(f"seconds must be between 0 and 60, not {self.seconds}")

    @contextmanager
    def open(self) -> Iterator[tuple[Callable[[int], list[int]], Metrics]]:
        import time
        from queue import Queue
        from threading import Thread

        held_back = 0

        def call(i: int) -> list[int]:
            nonlocal held_back
            queue: Queue[int | None] = Queue(self.room)
            done = [0] * self.items

            def consume() -> None:
                while (item := queue.get()) is not None:
                    time.sleep(self.seconds)
                    done[item] = i + item * item

            consumers = [Thread(target=consume) for _ in range(self.consumers)]
            for consumer in consumers:
                consumer.start()
            for item in (*range(self.items), *[None] * self.consumers):
                held_back += queue.full()
                queue.put(item)
            for consumer in consumers:
                consumer.join()
            return done

        yield call, lambda: {"held_back": held_back}

    @asynccontextmanager
    async def aopen(self) -> AsyncIterator[tuple[Callable[[int], Awaitable[list[int]]], Metrics]]:
        import asyncio

        held_back = 0

        async def call(i: int) -> list[int]:
            nonlocal held_back
            queue: asyncio.Queue[int | None] = asyncio.Queue(self.room)
            done = [0] * self.items

            async def consume() -> None:
                while (item := await queue.get()) is not None:
                    await asyncio.sleep(self.seconds)
                    done[item] = i + item * item

            async with asyncio.TaskGroup() as group:
                for _ in range(self.consumers):
                    group.create_task(consume())
                for item in (*range(self.items), *[None] * self.consumers):
                    held_back += queue.full()
                    await queue.put(item)
            return done

        yield call, lambda: {"held_back": held_back}
