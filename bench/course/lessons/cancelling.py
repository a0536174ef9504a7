"""Cancelling a task before and after its first await, and shielding it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import SCALE, Claim, Seen, Ways, Words

SECOND = 0.05


async def work(notes):
    notes.append("began")
    try:
        await asyncio.sleep(SECOND)
        notes.append("ended")
    except asyncio.CancelledError:
        notes.append("cancelled")
        raise


async def cancelled(begun):
    notes = []
    task = asyncio.create_task(work(notes))
    if begun:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return {"notes": notes, "cancelled": task.cancelled()}


async def shielded():
    notes = []
    task = asyncio.create_task(work(notes))
    shield = asyncio.shield(task)
    await asyncio.sleep(0)
    shield.cancel()
    await asyncio.wait([task])
    return {"notes": notes, "cancelled": shield.cancelled()}


@dataclass(frozen=True)
class Cancelling:
    number: ClassVar = 7
    title: ClassVar = Words(
        en="Cancelling before and after the first await; shield",
        zh="在第一個 await 之前與之後取消；shield",
    )
    why: ClassVar = Words(
        en="cancel() only asks: CancelledError is raised where the task awaits. A task that has "
        "not begun has no such place, so its body never runs, nor does its clean-up. shield lets "
        "the outer one be cancelled while the inner one goes on.",
        zh="cancel() 只是提出要求：CancelledError 會在任務 await 的地方丟出。還沒開始的任務沒有這個"
        "地方，所以它的程式碼完全不會執行，連清理也不會。有了 shield，外層可以被取消，內層則繼續"
        "執行。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "before": Claim(
            Seen("before.notes", []),
            Words(
                en="A task that is cancelled before it begins never runs, not even its except.",
                zh="開始之前就被取消的任務完全不會執行，連 except 也不會。",
            ),
        ),
        "after": Claim(
            Seen("after.notes", ["began", "cancelled"]),
            Words(
                en="One that awaits gets CancelledError there, and can clean up.",
                zh="正在 await 的任務會在那裡收到 CancelledError，可以趁機清理。",
            ),
        ),
        "shield": Claim(
            Seen("shielded.notes", ["began", "ended"]),
            Words(
                en="What is shielded runs to its end.",
                zh="被 shield 保護的任務會執行到結束。",
            ),
        ),
        "outer": Claim(
            Seen("shielded.cancelled", False),
            Words(
                en="shield protects whoever awaits it, too.",
                zh="shield 也會保護等待它的那一方。",
            ),
            instead=Words(
                en="The outer one is cancelled at once; only the inner task goes on. Keep a "
                "reference to it: the loop only has a weak one.",
                zh="外層會立刻被取消，只有內層任務繼續。請保留它的參照：事件迴圈只持有弱參照。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "before": partial(cancelled, begun=False),
            "after": partial(cancelled, begun=True),
            "shielded": shielded,
        }
