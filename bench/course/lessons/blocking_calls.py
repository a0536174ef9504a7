"""Three coroutines that block the loop, and two ways to free it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import Claim, Ratio, Ways, Words

SECOND = 0.05


async def blocking():
    time.sleep(SECOND)


async def in_thread():
    await asyncio.to_thread(time.sleep, SECOND)


async def in_executor():
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, SECOND)


async def three(work):
    await asyncio.gather(work(), work(), work())


@dataclass(frozen=True)
class BlockingCalls:
    number: ClassVar = 2
    title: ClassVar = Words(
        en="time.sleep in a coroutine blocks the loop; a thread frees it",
        zh="協程裡的 time.sleep 會阻塞事件迴圈；交給執行緒就不會",
    )
    why: ClassVar = Words(
        en="A loop runs one coroutine at a time and goes on to the next one only where the first "
        "awaits. time.sleep never does, nor does any other blocking call. In a thread it blocks "
        "that thread alone.",
        zh="事件迴圈一次只執行一個協程，只有在它 await 時才會換下一個。time.sleep 不會 await，"
        "其他會阻塞的呼叫也一樣。放進另一個執行緒，就只會阻塞那個執行緒。",
    )
    scale: ClassVar = Words(
        en="10 s of the tutorial are 50 ms here.", zh="教學文章裡的 10 秒，在這裡是 50 毫秒。"
    )
    claims: ClassVar = {
        "blocks": Claim(
            Ratio("blocked", "alone", least=2.4, limit=3.0),
            Words(
                en="Three coroutines that call time.sleep take three times as long as one.",
                zh="三個呼叫 time.sleep 的協程，要花一個的三倍時間。",
            ),
            claimed="31.2 s",
        ),
        "to_thread": Claim(
            Ratio("blocked", "to_thread", least=2.4, limit=3.0),
            Words(
                en="With asyncio.to_thread they take as long as one.",
                zh="改用 asyncio.to_thread，三個只花一個的時間。",
            ),
            claimed="31.2 s, 11.2 s: 2.8x",
        ),
        "run_in_executor": Claim(
            Ratio("blocked", "run_in_executor", least=2.4, limit=3.0),
            Words(
                en="With loop.run_in_executor, too.",
                zh="改用 loop.run_in_executor 也一樣。",
            ),
            claimed="31.2 s, 11.2 s: 2.8x",
        ),
    }

    def ways(self) -> Ways:
        return {
            "alone": blocking,
            "blocked": partial(three, blocking),
            "to_thread": partial(three, in_thread),
            "run_in_executor": partial(three, in_executor),
        }
