"""What a coroutine, a thread and a process cost to start and to hold."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from ..claims import NOTHING, Claim, Ratio, Ways, Words


async def begin(count):
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


@contextmanager
def coroutines(count):
    with asyncio.Runner() as runner:
        yield runner.run(begin(count))


def stay(barrier):
    barrier.wait()  # begun
    barrier.wait()  # may end


@contextmanager
def workers(kind, barrier, count):
    those = [kind(target=stay, args=(barrier,)) for _ in range(count)]
    for one in those:
        one.start()
    barrier.wait()
    yield those
    barrier.wait()
    for one in those:
        one.join()


def threads(count):
    return workers(threading.Thread, threading.Barrier(count + 1), count)


def processes(count):
    return workers(multiprocessing.Process, multiprocessing.Barrier(count + 1), count)


@dataclass(frozen=True)
class Costs:
    number: ClassVar = 17
    title: ClassVar = Words(
        en="What a coroutine, a thread and a process cost to start and to hold",
        zh="啟動與保有一個協程、執行緒、行程的成本",
    )
    why: ClassVar = Words(
        en="A coroutine is a Python object. A thread has a stack, which the system reserves and "
        "fills as it is used. A process has a whole interpreter; a forked one shares the parts "
        "that nobody changes. Memory is counted as PSS: what is shared is divided among those who "
        "share it.",
        zh="協程只是一個 Python 物件。執行緒有自己的堆疊，系統先保留位址，用到才真的配置記憶體。"
        "行程有一整個直譯器；fork 出來的行程會共用沒有人改動的部分。占用的記憶體以 PSS 計算：共用的"
        "部分由共用者平分。",
    )
    scale: ClassVar = NOTHING
    claims: ClassVar = {
        "thread": Claim(
            Ratio("thread.seconds", "coroutine.seconds", least=3.0),
            Words(
                en="A thread takes several times as long to start as a coroutine.",
                zh="啟動一個執行緒所需的時間是協程的好幾倍。",
            ),
        ),
        "process": Claim(
            Ratio("process.seconds", "thread.seconds", least=3.0),
            Words(
                en="A process takes several times as long to start as a thread.",
                zh="啟動一個行程所需的時間是執行緒的好幾倍。",
            ),
        ),
        "coroutine_holds": Claim(
            Ratio("thread.bytes", "coroutine.bytes", least=3.0),
            Words(
                en="A thread holds several times the memory of a coroutine.",
                zh="一個執行緒占用的記憶體是協程的好幾倍。",
            ),
        ),
        "process_holds": Claim(
            Ratio("process.bytes", "thread.bytes", least=10.0),
            Words(
                en="A process holds more than ten times the memory of a thread.",
                zh="一個行程占用的記憶體是執行緒的十倍以上。",
            ),
        ),
        "stack": Claim(
            Ratio("thread.bytes", "thread.claimed", least=0.5),
            Words(
                en="A thread takes 8 MB of memory for its stack.",
                zh="一個執行緒的堆疊要占用 8 MB 記憶體。",
            ),
            claimed="8 MB",
            instead=Words(
                en="8 MB of addresses are reserved. A thread takes only the memory it has touched.",
                zh="保留的是 8 MB 的位址。真正占用的，只有執行緒用到過的部分。",
            ),
        ),
    }

    def absent(self) -> Mapping[str, Words]:
        if ROLLUP.exists():
            return {}
        why = Words(
            en="this system does not tell PSS (/proc/self/smaps_rollup)",
            zh="這個系統不提供 PSS（/proc/self/smaps_rollup）",
        )
        return dict.fromkeys(("coroutine_holds", "process_holds", "stack"), why)

    def ways(self) -> Ways:
        return {
            "coroutine": partial(alone, coroutines, 2000),
            "thread": partial(alone, threads, 50),
            "process": partial(alone, processes, 4),
        }


ROLLUP = Path("/proc/self/smaps_rollup")
Started = Callable[[int], AbstractContextManager[list[object]]]


def alone(started: Started, count: int) -> dict[str, float]:
    """The costs in a fresh process: in an old one much of the memory is there already."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(costs, started, count, multiprocessing.get_start_method()).result()


def costs(started: Started, count: int, method: str) -> dict[str, float]:
    multiprocessing.set_start_method(method, force=True)  # or it would be that of this process
    gc.collect()
    before, began = held([]), time.perf_counter()
    with started(count) as those:
        seconds = time.perf_counter() - began
        grown = held(those) - before
    found = {"seconds": seconds / count}
    return {**found, "bytes": grown / count, "claimed": 8e6} if ROLLUP.exists() else found


def held(those: list[object]) -> int:
    """Bytes (PSS) of this process and of those that are processes."""
    pids = [one.pid for one in those if isinstance(one, multiprocessing.Process)]
    paths = [ROLLUP, *(Path(f"/proc/{pid}/smaps_rollup") for pid in pids)]
    texts = [path.read_text("ascii") for path in paths if path.exists()]
    return 1024 * sum(int(one) for one in re.findall(r"^Pss: +(\d+)", "\n".join(texts), re.M))
