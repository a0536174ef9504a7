"""wait_for and asyncio.timeout end a task; a thread behind it goes on."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Seen, Ways, Words

SECOND = 0.05


async def wait_for():
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(10 * SECOND), SECOND)


async def timeout():
    with suppress(TimeoutError):
        async with asyncio.timeout(SECOND):
            await asyncio.sleep(10 * SECOND)


async def thread_behind():
    notes, own = [], None

    def work():
        time.sleep(2 * SECOND)
        notes.append("work ended")

    try:
        await asyncio.wait_for(asyncio.to_thread(work), SECOND)
    except TimeoutError as error:
        notes.append("timed out")
        own = type(error) is not TimeoutError
    await asyncio.sleep(2 * SECOND)
    return {"notes": notes, "own_error": own}


@dataclass(frozen=True)
class TimeLimits:
    number: ClassVar = 6
    title: ClassVar = Words(
        en="wait_for and asyncio.timeout end a task, but no thread",
        zh="wait_for 與 asyncio.timeout 能結束任務，卻結束不了執行緒",
    )
    why: ClassVar = Words(
        en="A time-out cancels: it raises CancelledError where the task awaits. A thread awaits "
        "nothing, and nobody can stop it from outside: it runs on, and asyncio.run waits for it.",
        zh="逾時就是取消：在任務 await 的地方丟出 CancelledError。執行緒不會 await，從外面也沒有"
        "辦法停止它：它會繼續執行，而 asyncio.run 會等它結束。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "wait_for": Claim(
            Ratio("wait_for", "one_second", least=0.8, most=1.25, limit=1.0),
            Words(
                en="wait_for gives up a sleep of 10 s after 1 s.",
                zh="wait_for 在 1 秒後放棄 10 秒的 sleep。",
            ),
            claimed="1 s",
        ),
        "timeout": Claim(
            Ratio("timeout", "one_second", least=0.8, most=1.25, limit=1.0),
            Words(
                en="asyncio.timeout does the same for a block (from Python 3.11 on).",
                zh="asyncio.timeout 對一個區塊做同樣的事（Python 3.11 起）。",
            ),
            claimed="1 s",
        ),
        "thread": Claim(
            Seen("thread_behind.notes", ["timed out", "work ended"]),
            Words(
                en="A thread behind to_thread goes on after the time-out, to its end.",
                zh="to_thread 背後的執行緒在逾時之後仍會繼續執行到結束。",
            ),
        ),
        "own_error": Claim(
            Seen("thread_behind.own_error", True),
            Words(
                en="What is raised is asyncio.TimeoutError, which is not the built-in one.",
                zh="丟出的是 asyncio.TimeoutError，不是內建的 TimeoutError。",
            ),
            instead=Words(
                en="That was so up to Python 3.10. Since 3.11 it is the built-in TimeoutError.",
                zh="那是 Python 3.10 以前的事。從 3.11 起就是內建的 TimeoutError。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "one_second": one_second,
            "wait_for": wait_for,
            "timeout": timeout,
            "thread_behind": thread_behind,
        }


async def one_second() -> None:
    await asyncio.sleep(SECOND)
