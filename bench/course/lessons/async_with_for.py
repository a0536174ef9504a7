"""An async context manager and an async iterator do not block the loop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Ways, Words

SECOND = 0.05


class Connection:
    async def __aenter__(self):
        await asyncio.sleep(SECOND / 2)

    async def __aexit__(self, *error):
        pass


async def rows():
    await asyncio.sleep(SECOND / 2)
    yield "row"


async def awaiting():
    async with Connection():
        return [row async for row in rows()]


def blocking_rows():
    time.sleep(SECOND)
    yield "row"


async def blocking():
    return list(blocking_rows())


async def two(work):
    await asyncio.gather(work(), work())


@dataclass(frozen=True)
class AsyncWithFor:
    number: ClassVar = 14
    title: ClassVar = Words(
        en="async with and async for do not block the loop",
        zh="async with 與 async for 不會阻塞事件迴圈",
    )
    why: ClassVar = Words(
        en="async with and async for await whatever they call: __aenter__, __aexit__, __anext__. "
        "While one waits there, others run. with and for cannot await, so what waits in them "
        "blocks.",
        zh="async with 與 async for 會 await 它們呼叫的 __aenter__、__aexit__、__anext__。"
        "其中一個在等待時，其他的可以執行。with 與 for 無法 await，在裡面等待就會阻塞。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "awaiting": Claim(
            Ratio("two_awaiting", "one_awaiting", least=0.8, most=1.25, limit=1.0),
            Words(
                en="Two that use async with and async for take as long as one.",
                zh="兩個使用 async with 與 async for 的協程，一起執行只花一個的時間。",
            ),
            claimed="1 s, 1 s: 1x",
        ),
        "blocking": Claim(
            Ratio("two_blocking", "one_blocking", least=1.6, limit=2.0),
            Words(
                en="Two that wait inside a plain for take twice as long.",
                zh="若在普通的 for 裡等待，兩個就要花兩倍時間。",
            ),
            claimed="2 s, 1 s: 2x",
        ),
    }

    def ways(self) -> Ways:
        return {
            "one_awaiting": awaiting,
            "two_awaiting": partial(two, awaiting),
            "one_blocking": blocking,
            "two_blocking": partial(two, blocking),
        }
