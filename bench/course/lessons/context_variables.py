"""Whether a context variable reaches a task, to_thread and run_in_executor."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ClassVar

from ..claims import NOTHING, Claim, Seen, Ways, Words

user = ContextVar("user", default="nobody")


async def read():
    return user.get()


async def rename():
    user.set("bob")


async def arrives():
    user.set("ann")
    loop = asyncio.get_running_loop()
    return {
        "run_in_executor": await loop.run_in_executor(None, user.get),
        "to_thread": await asyncio.to_thread(user.get),
        "task": await asyncio.create_task(read()),
    }


async def comes_back():
    user.set("ann")
    await asyncio.create_task(rename())
    after_task = user.get()
    await rename()
    return {"after_task": after_task, "after_await": user.get()}


@dataclass(frozen=True)
class ContextVariables:
    number: ClassVar = 13
    title: ClassVar = Words(
        en="Context variables in tasks, to_thread and run_in_executor",
        zh="任務、to_thread 與 run_in_executor 裡的情境變數",
    )
    why: ClassVar = Words(
        en="A task gets a copy of the context in which it was made, and to_thread takes the copy "
        "along. run_in_executor takes nothing: there it is the context of a thread of the pool.",
        zh="任務會拿到建立當下情境的複本，to_thread 也會把複本帶過去。run_in_executor 什麼都不帶："
        "那裡用的是池裡執行緒自己的情境。",
    )
    scale: ClassVar = NOTHING
    claims: ClassVar = {
        "task": Claim(
            Seen("arrives.task", "ann"),
            Words(
                en="A value that was set before reaches a task.",
                zh="先前設定的值會傳到任務裡。",
            ),
        ),
        "to_thread": Claim(
            Seen("arrives.to_thread", "ann"),
            Words(en="It reaches to_thread.", zh="也會傳到 to_thread 裡。"),
        ),
        "run_in_executor": Claim(
            Seen("arrives.run_in_executor", "nobody"),
            Words(
                en="It does not reach run_in_executor.",
                zh="不會傳到 run_in_executor 裡。",
            ),
            instead=Words(
                en="From Python 3.14 on a new thread may begin with its starter's context "
                "(sys.flags.thread_inherit_context, on where there is no GIL): the pool's first "
                "task finds it, and later ones find the same.",
                zh="從 Python 3.14 起，新執行緒可以繼承啟動者的情境"
                "（sys.flags.thread_inherit_context，沒有 GIL 時預設開啟）："
                "池裡的第一個工作會看到它，之後的也看到同一個。",
            ),
        ),
        "after_task": Claim(
            Seen("comes_back.after_task", "ann"),
            Words(
                en="What a task sets does not come back from it.",
                zh="在任務裡設定的值不會傳回來。",
            ),
        ),
        "after_await": Claim(
            Seen("comes_back.after_await", "ann"),
            Words(
                en="Nor does what a directly awaited coroutine sets.",
                zh="直接 await 的協程所設定的值也不會傳回來。",
            ),
            instead=Words(
                en="await makes no task: the coroutine runs in the caller's own context.",
                zh="await 不會建立任務：協程就在呼叫者自己的情境裡執行。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {"arrives": arrives, "comes_back": comes_back}
