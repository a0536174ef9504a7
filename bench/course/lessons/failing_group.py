"""When one of two tasks fails: TaskGroup, gather, and gather with return_exceptions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import SCALE, Claim, Seen, Ways, Words

SECOND = 0.05


async def fail():
    await asyncio.sleep(SECOND)
    raise ValueError


async def work(notes):
    try:
        await asyncio.sleep(2 * SECOND)
        notes.append("ended")
    except asyncio.CancelledError:
        notes.append("cancelled")
        raise


async def group():
    notes = []
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(work(notes))
            tasks.create_task(fail())
    except* ValueError:
        notes.append("raised")
    return {"notes": notes}


async def gather(collecting):
    notes = []
    try:
        await asyncio.gather(work(notes), fail(), return_exceptions=collecting)
    except ValueError:
        notes.append("raised")
    await asyncio.sleep(2 * SECOND)
    return {"notes": notes}


@dataclass(frozen=True)
class FailingGroup:
    number: ClassVar = 8
    title: ClassVar = Words(
        en="One task fails: TaskGroup cancels the others, gather does not",
        zh="一個任務失敗：TaskGroup 會取消其他任務，gather 不會",
    )
    why: ClassVar = Words(
        en="A TaskGroup never leaves a task behind: it cancels the others, waits for them and "
        "raises an ExceptionGroup. gather raises the first error at once and lets the others run "
        "on, with nobody waiting for them; with return_exceptions=True errors are results like "
        "others.",
        zh="TaskGroup 絕不遺留任務：它取消其他任務，等它們結束，再丟出 ExceptionGroup。gather 立刻"
        "丟出第一個錯誤，其他任務繼續執行，卻沒有人在等它們；加上 return_exceptions=True，"
        "錯誤就和其他結果一樣收集起來。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "group": Claim(
            Seen("group.notes", ["cancelled", "raised"]),
            Words(
                en="TaskGroup cancels the others, then raises.",
                zh="TaskGroup 先取消其他任務，再丟出例外。",
            ),
        ),
        "collected": Claim(
            Seen("collected.notes", ["ended"]),
            Words(
                en="gather(return_exceptions=True) cancels nothing and raises nothing.",
                zh="gather(return_exceptions=True) 不取消任何任務，也不丟出例外。",
            ),
        ),
        "gather": Claim(
            Seen("gather.notes", ["cancelled", "raised"]),
            Words(
                en="gather without it cancels the others when one fails.",
                zh="沒有這個參數的 gather，會在一個任務失敗時取消其他任務。",
            ),
            instead=Words(
                en="It raises at once, and the others run on unwatched. TaskGroup is what cancels.",
                zh="它立刻丟出例外，其他任務在無人看管下繼續執行。會取消的是 TaskGroup。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "group": group,
            "collected": partial(gather, collecting=True),
            "gather": partial(gather, collecting=False),
        }
