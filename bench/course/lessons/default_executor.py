"""run_in_executor(None) and to_thread share a few threads: the trap."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Seen, Ways, Words

SECOND = 0.05
THREADS = min(32, (os.cpu_count() or 1) + 4)


def nap():
    time.sleep(SECOND)
    return threading.get_ident()


async def to_thread(naps):
    found = await asyncio.gather(*[asyncio.to_thread(nap) for _ in range(naps)])
    return {"threads": len(set(found))}


async def both():
    loop = asyncio.get_running_loop()
    calls = [loop.run_in_executor(None, nap) for _ in range(THREADS)]
    found = await asyncio.gather(*calls, *[asyncio.to_thread(nap) for _ in range(THREADS)])
    return {"threads": len(set(found))}


async def larger(naps):
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(naps))
    return await to_thread(naps)


@dataclass(frozen=True)
class DefaultExecutor:
    number: ClassVar = 16
    title: ClassVar = Words(
        en="to_thread and run_in_executor(None) share min(32, CPUs + 4) threads",
        zh="to_thread 與 run_in_executor(None) 共用 min(32, CPU 數 + 4) 個執行緒",
    )
    why: ClassVar = Words(
        en="Both put their calls into the loop's one default executor. What waits there keeps a "
        "thread, and all others queue behind it, unseen. A machine with few CPUs has few threads, "
        "even if the calls only wait. set_default_executor gives as many as you need.",
        zh="兩者都把呼叫放進事件迴圈唯一的預設執行器。在裡面等待的呼叫會占住一個執行緒，其他的就"
        "默默排在後面。CPU 少的機器執行緒就少，即使那些呼叫都只是在等待。用 set_default_executor "
        "可以給足需要的數量。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "number": Claim(
            Seen("one_more.threads", THREADS),
            Words(
                en=f"There are min(32, CPUs + 4) threads: {THREADS} here.",
                zh=f"共有 min(32, CPU 數 + 4) 個執行緒：這裡是 {THREADS} 個。",
            ),
            claimed=str(THREADS),
            instead=Words(
                en="Since Python 3.13 the CPUs that this process may use count, not the machine's.",
                zh="從 Python 3.13 起，算的是這個行程可以使用的 CPU，而不是整台機器的。",
            ),
        ),
        "trap": Claim(
            Ratio("one_more", "as_many", least=1.6, limit=2.0),
            Words(
                en="One call more than threads, and all take twice as long.",
                zh="呼叫只要比執行緒多一個，全部完成就要花兩倍時間。",
            ),
            claimed="2 s, 1 s: 2x",
        ),
        "shared": Claim(
            Seen("both.threads", THREADS),
            Words(
                en="run_in_executor(None) uses the same threads.",
                zh="run_in_executor(None) 用的是同一批執行緒。",
            ),
            claimed=str(THREADS),
        ),
        "larger": Claim(
            Ratio("one_more", "larger", least=1.6, limit=2.0),
            Words(
                en="A default executor that is large enough ends that.",
                zh="換成夠大的預設執行器，就不會有這個問題。",
            ),
            claimed="2 s, 1 s: 2x",
        ),
    }

    def ways(self) -> Ways:
        return {
            "as_many": partial(to_thread, THREADS),
            "one_more": partial(to_thread, THREADS + 1),
            "both": both,
            "larger": partial(larger, THREADS + 1),
        }
