"""A loop that runs already: what fails there, and what works in a notebook."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

from ..claims import NOTHING, Claim, Seen, Ways, Words


async def answer():
    return 42


async def inside(run):
    coroutine = answer()
    try:
        run(coroutine)
    except RuntimeError as error:
        coroutine.close()
        return {"error": str(error)}


async def run_until_complete():
    return await inside(asyncio.get_running_loop().run_until_complete)


async def run():
    return await inside(asyncio.run)


async def works():
    return {"await": await answer(), "thread": await asyncio.to_thread(asyncio.run, answer())}


def get_event_loop():
    code = "import asyncio; asyncio.get_event_loop()"
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False)
    return {"made": done.returncode == 0}


@dataclass(frozen=True)
class RunningLoop:
    number: ClassVar = 15
    title: ClassVar = Words(
        en="run_until_complete inside a running loop fails; what works in a notebook",
        zh="在執行中的事件迴圈裡呼叫 run_until_complete 會失敗；在筆記本裡該怎麼做",
    )
    why: ClassVar = Words(
        en="A thread runs one loop at a time, and in a notebook it is running already: there just "
        "await (each cell may), or give asyncio.run a thread of its own.",
        zh="一個執行緒同時只能執行一個事件迴圈，而筆記本裡已經有一個在執行：直接 await 就好（每個"
        "儲存格都可以），或是讓 asyncio.run 在另一個執行緒裡執行。",
    )
    scale: ClassVar = NOTHING
    claims: ClassVar = {
        "run_until_complete": Claim(
            Seen("run_until_complete.error", "This event loop is already running"),
            Words(
                en="run_until_complete fails where the loop runs already.",
                zh="事件迴圈已在執行時，run_until_complete 會失敗。",
            ),
        ),
        "run": Claim(
            Seen("run.error", "asyncio.run() cannot be called from a running event loop"),
            Words(en="So does asyncio.run.", zh="asyncio.run 也會失敗。"),
        ),
        "await": Claim(
            Seen("works.await", 42),
            Words(en="await works there.", zh="在那裡可以直接 await。"),
        ),
        "thread": Claim(
            Seen("works.thread", 42),
            Words(
                en="asyncio.run works in another thread.",
                zh="在另一個執行緒裡可以用 asyncio.run。",
            ),
        ),
        "get_event_loop": Claim(
            Seen("get_event_loop.made", True),
            Words(
                en="asyncio.get_event_loop() makes a loop where there is none.",
                zh="沒有事件迴圈時，asyncio.get_event_loop() 會建立一個。",
            ),
            instead=Words(
                en="Since Python 3.14 it raises RuntimeError (3.12 and 3.13 warned): call "
                "asyncio.run, or use asyncio.Runner.",
                zh="從 Python 3.14 起會丟出 RuntimeError（3.12 與 3.13 會警告）：請呼叫 "
                "asyncio.run，或使用 asyncio.Runner。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "run_until_complete": run_until_complete,
            "run": run,
            "works": works,
            "get_event_loop": get_event_loop,
        }
