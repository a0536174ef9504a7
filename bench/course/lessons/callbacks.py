"""call_soon, call_later, call_at and run_coroutine_threadsafe: order, lateness, threads."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import SCALE, Claim, Ratio, Seen, Ways, Words

SECOND = 0.05


async def order():
    loop, notes = asyncio.get_running_loop(), []
    loop.call_later(SECOND, notes.append, "later")
    loop.call_at(loop.time() + SECOND / 2, notes.append, "at")
    loop.call_soon(notes.append, "soon")
    notes.append("now")
    await asyncio.sleep(1.5 * SECOND)
    return {"notes": notes}


async def timer(busy):
    loop, began = asyncio.get_running_loop(), time.perf_counter()
    called = loop.create_future()
    loop.call_later(SECOND, called.set_result, None)
    time.sleep(busy * SECOND)
    await called
    waited = time.perf_counter() - began
    return {"asked": SECOND, "waited": waited, "early": waited < SECOND}


async def from_thread():
    async def where():
        return threading.current_thread()

    loop = asyncio.get_running_loop()
    submit = partial(asyncio.run_coroutine_threadsafe, where(), loop)
    found = await asyncio.to_thread(lambda: submit().result())
    return {"in_main_thread": found is threading.main_thread()}


@dataclass(frozen=True)
class Callbacks:
    number: ClassVar = 12
    title: ClassVar = Words(
        en="call_soon, call_later, call_at; coroutines from another thread",
        zh="call_soon、call_later、call_at；從其他執行緒送來的協程",
    )
    why: ClassVar = Words(
        en="A callback runs when its time has come and the loop has nothing else in hand: timers "
        "are never early, late by up to a millisecond (the poller's step), and as late as you "
        "block the loop. The loop is not a thread: it runs in the one that called asyncio.run, and "
        "so does everything that other threads hand to it.",
        zh="時間到了，而且事件迴圈手上沒有別的事，回呼才會執行：計時器不會提早，平時最多晚一毫秒"
        "（輪詢的最小單位）；事件迴圈被阻塞多久，它就晚多久。事件迴圈不是執行緒：它在呼叫 "
        "asyncio.run 的執行緒裡執行，其他執行緒交給它的工作也在那裡執行。",
    )
    scale: ClassVar = SCALE
    claims: ClassVar = {
        "order": Claim(
            Seen("order.notes", ["now", "soon", "at", "later"]),
            Words(
                en="call_soon runs after the present step, timers in the order of their times.",
                zh="call_soon 的回呼在目前這一步之後執行，計時器則依時間先後執行。",
            ),
        ),
        "early": Claim(
            Seen("idle.early", False),
            Words(en="A timer is never early.", zh="計時器不會提早。"),
        ),
        "on_time": Claim(
            Ratio("idle.waited", "idle.asked", most=1.1, limit=1.0),
            Words(en="call_later(1) calls after 1 s.", zh="call_later(1) 在 1 秒後呼叫。"),
            claimed="1 s",
        ),
        "late": Claim(
            Ratio("busy.waited", "busy.asked", most=1.1, limit=1.0),
            Words(
                en="It does so whatever else the loop has to do.",
                zh="不管事件迴圈還有什麼事要做，都是如此。",
            ),
            claimed="1 s",
            instead=Words(
                en="Here a call of 2 s blocked the loop, and the timer came when it was over.",
                zh="這裡有個 2 秒的呼叫阻塞了事件迴圈，計時器等它結束才執行。",
            ),
        ),
        "own_thread": Claim(
            Seen("from_thread.in_main_thread", False),
            Words(
                en="The event loop is a thread of its own.",
                zh="事件迴圈本身就是一個獨立的執行緒。",
            ),
            instead=Words(
                en="It runs in the thread that called asyncio.run: what run_coroutine_threadsafe "
                "sent from another thread ran in the main thread.",
                zh="它在呼叫 asyncio.run 的執行緒裡執行：從另一個執行緒用 run_coroutine_threadsafe "
                "送來的協程，是在主執行緒裡執行的。",
            ),
        ),
    }

    def ways(self) -> Ways:
        return {
            "order": order,
            "idle": partial(timer, busy=0),
            "busy": partial(timer, busy=2),
            "from_thread": from_thread,
        }
