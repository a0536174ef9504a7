"""Ten tasks behind a semaphore of three, and a thousand GETs at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import aiohttp

from concbench.workloads.http_get import serving

from ..claims import SCALE, Claim, Ratio, Seen, Ways, Words

SECOND = 0.05


async def ten(permits):
    semaphore = asyncio.Semaphore(permits)

    async def nap():
        async with semaphore:
            await asyncio.sleep(SECOND)

    await asyncio.gather(*[nap() for _ in range(10)])


async def thousand(url):
    async with aiohttp.ClientSession() as session:

        async def get():
            async with session.get(url) as response:
                return int(await response.text())  # how many the server has in hand

        return {"in_hand": max(await asyncio.gather(*[get() for _ in range(1000)]))}


@dataclass(frozen=True)
class Semaphore:
    number: ClassVar = 10
    title: ClassVar = Words(
        en="Semaphore(3) over ten tasks: four waves; a thousand GETs at once",
        zh="Semaphore(3) 限制十個任務：分成四波；一千個 GET 同時送出",
    )
    why: ClassVar = Words(
        en="A semaphore lets so many in at a time: ten tasks of one length go in as 3, 3, 3 and 1. "
        "Nothing else limits gather, but a client may have a limit of its own.",
        zh="號誌（semaphore）一次只放固定的數量進去：十個一樣久的任務分成 3、3、3、1 進入。gather "
        "本身沒有限制，但用戶端可能有自己的限制。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "waves": Claim(
            Ratio("three_at_a_time", "all_at_once", least=3.2, limit=4.0),
            Words(
                en="Three at a time, ten tasks take four times as long as all at once.",
                zh="一次只放三個，十個任務要花全部同時執行的四倍時間。",
            ),
            claimed="4 s, 1 s: 4x",
        ),
        "thousand": Claim(
            Seen("thousand.in_hand", 1000),
            Words(
                en="gather has all thousand GETs on their way at the same time.",
                zh="gather 會讓一千個 GET 全部同時進行。",
            ),
            claimed="1000",
            instead=Words(
                en="aiohttp opens 100 connections at most, unless its session is made with "
                "TCPConnector(limit=0); the others wait in the client, so no semaphore is needed "
                "for that.",
                zh="aiohttp 最多開 100 條連線，除非建立 session 時用 TCPConnector(limit=0)；其餘的"
                "在用戶端等待，所以不需要為此再加號誌。",
            ),
        ),
    }

    port: int = field(default=0, repr=False)

    @contextmanager
    def fixture(self) -> Iterator[Mapping[str, int]]:
        in_hand = 0

        async def wait(seconds: str) -> str:
            nonlocal in_hand
            in_hand += 1
            now = in_hand
            await asyncio.sleep(float(seconds))
            in_hand -= 1
            return str(now)

        with serving(wait) as port:
            yield {"port": port}

    def ways(self) -> Ways:
        return {
            "three_at_a_time": partial(ten, 3),
            "all_at_once": partial(ten, 10),
            "thousand": partial(thousand, f"http://127.0.0.1:{self.port}/{SECOND / 5}"),
        }
