"""A coroutine that is not a task does not overlap; one that is not awaited does not run."""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import dataclass
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Seen, Ways, Words

SECOND = 0.05


async def coroutines():
    first, second = asyncio.sleep(SECOND), asyncio.sleep(SECOND)
    await first
    await second


async def tasks():
    first = asyncio.create_task(asyncio.sleep(SECOND))
    second = asyncio.create_task(asyncio.sleep(SECOND))
    await first
    await second


async def forgotten():
    notes = []

    async def work():
        notes.append("ran")

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        work()
        await asyncio.sleep(0)
    return {"notes": notes, "warnings": [str(one.message) for one in warned]}


@dataclass(frozen=True)
class NotStarted:
    number: ClassVar = 4
    title: ClassVar = Words(
        en="A coroutine does nothing until it is awaited or made a task",
        zh="協程要經過 await 或變成任務，才會開始執行",
    )
    why: ClassVar = Words(
        en="Calling a coroutine function makes an object and runs nothing. await runs it to its "
        "end, here and now; create_task hands it to the loop, which begins it as soon as you await "
        "anything.",
        zh="呼叫協程函式只會建立一個物件，什麼都不執行。await 會在當下把它執行到結束；"
        "create_task 把它交給事件迴圈，等你 await 任何東西時，它就會開始執行。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "overlap": Claim(
            Ratio("coroutines", "tasks", least=1.6, limit=2.0),
            Words(
                en="Two sleeps overlap as tasks, and do not as coroutines.",
                zh="兩次 sleep 要變成任務才會重疊，若只是協程就不會。",
            ),
            claimed="2 s, 1 s: 2x",
        ),
        "forgotten": Claim(
            Seen("forgotten.notes", []),
            Words(
                en="A coroutine that is not awaited does not run at all.",
                zh="沒有被 await 的協程完全不會執行。",
            ),
        ),
        "warned": Claim(
            Seen("forgotten.warnings", ["coroutine 'forgotten.<locals>.work' was never awaited"]),
            Words(
                en="Python says so: coroutine ... was never awaited.",
                zh="Python 會警告：coroutine ... was never awaited。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {"coroutines": coroutines, "tasks": tasks, "forgotten": forgotten}
