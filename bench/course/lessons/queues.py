"""A producer, consumers and the queue between them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import Claim, Ratio, Seen, Ways, Words

SECOND = 0.01


async def consumer(queue, items):
    while True:
        items.append(await queue.get())
        await asyncio.sleep(SECOND)
        queue.task_done()


async def produce(room, consumers):
    queue, items, ahead = asyncio.Queue(room), [], []
    tasks = [asyncio.create_task(consumer(queue, items)) for _ in range(consumers)]
    for i in range(20):
        await queue.put(i)
        ahead.append(queue.qsize())
    await queue.join()
    for task in tasks:
        task.cancel()
    return {"in_order": items == list(range(20)), "ahead": max(ahead)}


@dataclass(frozen=True)
class Queues:
    number: ClassVar = 11
    title: ClassVar = Words(
        en="Producer and consumers: order and back-pressure of a queue",
        zh="生產者與消費者：佇列的順序與背壓（back-pressure）",
    )
    why: ClassVar = Words(
        en="A queue gives items in the order in which they came. With room for two, put waits "
        "until a consumer has taken one: that is back-pressure. Without a maxsize put never waits, "
        "and the queue grows to whatever the producer makes.",
        zh="佇列依放入的順序給出項目。只有兩個位置時，put 會等到消費者取走一個：這就是背壓。沒有 "
        "maxsize 時，put 永遠不等，生產者做多少，佇列就長多大。",
    )
    scale: ClassVar = Words(
        en="1 s of the tutorials is 10 ms here.", zh="教學文章裡的 1 秒，在這裡是 10 毫秒。"
    )
    claims: ClassVar = {
        "order": Claim(
            Seen("one.in_order", True),
            Words(
                en="Items are taken in the order in which they were put.",
                zh="項目依放入的順序被取出。",
            ),
        ),
        "shared": Claim(
            Ratio("one", "two", least=1.6, limit=2.0),
            Words(
                en="Two consumers take half as long as one.",
                zh="兩個消費者所花的時間是一個的一半。",
            ),
            claimed="20 s, 10 s: 2x",
        ),
        "back_pressure": Claim(
            Seen("one.ahead", 2),
            Words(
                en="With Queue(2) the producer is never more than two items ahead.",
                zh="用 Queue(2)，生產者最多只領先兩個項目。",
            ),
            claimed="2",
        ),
        "unbounded": Claim(
            Seen("unbounded.ahead", 2),
            Words(
                en="Any queue holds the producer back.",
                zh="任何佇列都會讓生產者停下來等。",
            ),
            instead=Words(
                en="Queue() has no maxsize: all 20 items are in it before a consumer sees the "
                "first.",
                zh="Queue() 沒有 maxsize：消費者看到第一個之前，20 個項目都已經在裡面了。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "one": partial(produce, 2, 1),
            "two": partial(produce, 2, 2),
            "unbounded": partial(produce, 0, 2),
        }
