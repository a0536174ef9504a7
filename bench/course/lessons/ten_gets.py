"""Ten GETs, one by one and at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import aiohttp

from concbench.workloads.http_get import serving

from ..claims import Claim, Ratio, Ways, Words

SECOND = 0.1


async def get(session, url):
    async with session.get(url) as response:
        return await response.text()


async def one_by_one(url):
    async with aiohttp.ClientSession() as session:
        return [await get(session, url) for _ in range(10)]


async def at_once(url):
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*[get(session, url) for _ in range(10)])


@dataclass(frozen=True)
class TenGets:
    number: ClassVar = 1
    title: ClassVar = Words(
        en="Ten GETs, one by one and at once",
        zh="十個 GET 請求：逐一送出與同時送出",
    )
    why: ClassVar = Words(
        en="A GET waits for its answer nearly all the time. The loop sends the next one meanwhile, "
        "so ten of them take about as long as the slowest. What is missing from ten times as fast "
        "is computing: the client's, and here also the server's, which is another process on this "
        "machine.",
        zh="GET 幾乎都在等待回應。等待時事件迴圈會送出下一個請求，所以十個請求大約只花最慢那一個的"
        "時間。離十倍還差的部分是運算：用戶端的運算，在這裡還有伺服器的，因為它是同一台機器上的"
        "另一個行程。",
    )
    scale: ClassVar = Words(
        en="Pages that took about 0.7 s in the tutorial take 100 ms here, from a server on "
        "127.0.0.1.",
        zh="教學文章裡每頁約需 0.7 秒，在這裡是 100 毫秒，由 127.0.0.1 上的伺服器回應。",
    )
    claims: ClassVar = {
        "faster": Claim(
            Ratio("one_by_one", "at_once", least=6.9, limit=10.0),
            Words(
                en="Ten GETs at once are 6.9 times as fast as one by one.",
                zh="十個 GET 同時送出，速度是逐一送出的 6.9 倍。",
            ),
            claimed="6.717 s, 0.971 s: 6.9x",
        ),
        "tenfold": Claim(
            Ratio("one_by_one", "at_once", least=9.5, limit=10.0),
            Words(
                en="More is possible: 9.5 of the ten times that theory allows.",
                zh="還可以更快：理論上限是 10 倍，可以達到 9.5 倍。",
            ),
            claimed="9.5x",
            instead=Words(
                en="Client and server compute for too long on this machine, or wait for a CPU.",
                zh="在這台機器上，用戶端與伺服器的運算太久，或是在等待 CPU。",
            ),
        ),
    }

    port: int = field(default=0, repr=False)

    @contextmanager
    def fixture(self) -> Iterator[Mapping[str, int]]:
        async def wait(seconds: str) -> str:
            await asyncio.sleep(float(seconds))
            return "a page"

        with serving(wait) as port:
            yield {"port": port}

    def ways(self) -> Ways:
        url = f"http://127.0.0.1:{self.port}/{SECOND}"
        return {"one_by_one": partial(one_by_one, url), "at_once": partial(at_once, url)}
