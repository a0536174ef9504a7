"""gather, wait and as_completed: who gives what, and when."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Seen, Ways, Words

SECOND = 0.05


async def nap(seconds):
    await asyncio.sleep(seconds * SECOND)
    return seconds


def naps():
    return [asyncio.create_task(nap(seconds)) for seconds in (3, 1, 2)]


async def gather():
    return {"order": await asyncio.gather(*naps())}


async def as_completed():
    return {"order": [await one for one in asyncio.as_completed(naps())]}


async def first():
    return {"result": await next(iter(asyncio.as_completed(naps())))}


async def first_completed():
    done, pending = await asyncio.wait(naps(), return_when=asyncio.FIRST_COMPLETED)
    return {"done": len(done), "pending": len(pending)}


@dataclass(frozen=True)
class FirstResult:
    number: ClassVar = 5
    title: ClassVar = Words(
        en="gather, wait and as_completed: the first result early",
        zh="gather、wait 與 as_completed：提早拿到第一個結果",
    )
    why: ClassVar = Words(
        en="gather gives all results when the last one is there, in the order of its arguments. "
        "as_completed gives each one as it comes. wait gives two sets, and what is pending goes on "
        "until you cancel it.",
        zh="gather 等最後一個完成才給出全部結果，順序與參數相同。as_completed 誰先完成就先給誰。"
        "wait 給出已完成與未完成兩個集合，未完成的會繼續執行，直到你取消它。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "in_order": Claim(
            Seen("gather.order", [3, 1, 2]),
            Words(
                en="gather keeps the order of its arguments: 3, 1, 2.",
                zh="gather 的結果依參數順序：3、1、2。",
            ),
        ),
        "as_they_come": Claim(
            Seen("as_completed.order", [1, 2, 3]),
            Words(
                en="as_completed gives the shortest first: 1, 2, 3.",
                zh="as_completed 先給最短的：1、2、3。",
            ),
        ),
        "first_early": Claim(
            Ratio("gather", "first", least=2.4, limit=3.0),
            Words(
                en="Its first result is there after 1 s of 3 s.",
                zh="全部要 3 秒時，它的第一個結果 1 秒就到。",
            ),
            claimed="3 s, 1 s: 3x",
        ),
        "first_completed": Claim(
            Ratio("gather", "first_completed", least=2.4, limit=3.0),
            Words(
                en="wait with FIRST_COMPLETED comes back as early.",
                zh="wait 加上 FIRST_COMPLETED 也會一樣早返回。",
            ),
            claimed="3 s, 1 s: 3x",
        ),
        "pending": Claim(
            Seen("first_completed.pending", 2),
            Words(
                en="The other two are pending then, and not cancelled.",
                zh="這時另外兩個仍未完成，也沒有被取消。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "gather": gather,
            "as_completed": as_completed,
            "first": first,
            "first_completed": first_completed,
        }
