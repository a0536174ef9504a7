"""Each lesson broken on purpose: a text of its file, what takes its place, and the claim that goes.

A lesson whose program does something else must not be said to hold.
"""

from __future__ import annotations

BROKEN = {
    "ten_gets": (
        "return await asyncio.gather(*[get(session, url) for _ in range(10)])",
        "return [await get(session, url) for _ in range(10)]",
        ["faster", "tenfold"],
    ),
    "blocking_calls": (
        "await asyncio.to_thread(time.sleep, SECOND)",
        "time.sleep(SECOND)",
        ["to_thread"],
    ),
    "three_sleeps": (
        "await asyncio.gather(*[asyncio.sleep(each * SECOND) for each in seconds])",
        "[await asyncio.sleep(each * SECOND) for each in seconds]",
        ["gathered", "longest"],
    ),
    "not_started": ("        work()\n", "        await work()\n", ["forgotten", "warned"]),
    "first_result": (
        "await next(iter(asyncio.as_completed(naps())))",
        "(await asyncio.gather(*naps()))[1]",
        ["first_early"],
    ),
    "time_limits": (
        "async with asyncio.timeout(SECOND):",
        "async with asyncio.timeout(3 * SECOND):",
        ["timeout"],
    ),
    "cancelling": ("asyncio.shield(task)", "task", ["shield"]),
    "failing_group": (
        "            tasks.create_task(work(notes))",
        "            asyncio.create_task(work(notes))",
        ["group"],
    ),
    "sum_of_squares": ("ProcessPoolExecutor(2),", "ThreadPoolExecutor(1),", ["processes"]),
    "semaphore": ("asyncio.Semaphore(permits)", "asyncio.Semaphore(10)", ["waves"]),
    "queues": ("asyncio.Queue(room)", "asyncio.LifoQueue()", ["order", "back_pressure"]),
    "callbacks": ("time.sleep(busy * SECOND)", "time.sleep(SECOND / 2 + SECOND)", ["on_time"]),
    "context_variables": (
        "asyncio.to_thread(user.get)",
        "loop.run_in_executor(None, user.get)",
        ["to_thread"],
    ),
    "async_with_for": (
        "        await asyncio.sleep(SECOND / 2)\n",
        "        time.sleep(SECOND / 2)\n",
        ["awaiting"],
    ),
    "running_loop": ("await answer(),", "answer().close(),", ["await"]),
    "default_executor": ("ThreadPoolExecutor(naps)", "ThreadPoolExecutor(naps - 1)", ["larger"]),
    "costs": ("partial(alone, processes, 4)", "partial(alone, threads, 50)", ["process_holds"]),
}
