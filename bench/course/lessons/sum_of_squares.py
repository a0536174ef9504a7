"""Sums of squares in threads and in processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..claims import Claim, Ratio, Ways, Words

NUMBERS = 1_000_000


def sum_of_squares(numbers):
    return sum(i * i for i in range(numbers))


def in_turn():
    return [sum_of_squares(NUMBERS) for _ in range(2)]


def in_pool(pool):
    return list(pool.map(sum_of_squares, [NUMBERS, NUMBERS]))


def pools():
    return ProcessPoolExecutor(2), ThreadPoolExecutor(2)


@dataclass(frozen=True)
class SumOfSquares:
    number: ClassVar = 9
    rounds: ClassVar = 9
    title: ClassVar = Words(
        en="Computing: threads gain nothing, processes do",
        zh="運算：多個執行緒沒有幫助，多個行程才有",
    )
    why: ClassVar = Words(
        en="With a GIL one thread of a process runs Python at a time, so two threads share what "
        "one could do. Two processes have a GIL each. Without a GIL threads are enough.",
        zh="有 GIL（全域直譯器鎖）時，一個行程同時只有一個執行緒在執行 Python，兩個執行緒合起來"
        "也只做得了一個的量。兩個行程各有自己的 GIL。沒有 GIL 時，執行緒就夠了。",
    )
    scale: ClassVar = Words(
        en="Sums to 10**6, not 10**7; the pools are open before the clock starts.",
        zh="加到 10**6，而不是 10**7；計時開始前，池已經開好。",
    )

    @property
    def claims(self) -> Mapping[str, Claim]:
        return {
            "threads": Claim(
                Ratio("in_turn", "threads", most=1.15, limit=1.0 if HAS_GIL else float(CPUS)),
                Words(
                    en="Two threads gain nothing.",
                    zh="兩個執行緒沒有比較快。",
                ),
                claimed="1x",
                instead=Words(
                    en="Threads gain where there is no GIL (a free-threaded Python).",
                    zh="沒有 GIL 的地方（自由執行緒版的 Python），執行緒就會比較快。",
                ),
            ),
            "processes": Claim(
                Ratio("in_turn", "processes", least=1.3, limit=float(CPUS)),
                Words(
                    en="Two processes are faster.",
                    zh="兩個行程比較快。",
                ),
                claimed=f"{CPUS}x",
                instead=Words(
                    en="They need a second CPU, which this machine lacks or does not give.",
                    zh="這需要第二個 CPU，而這台機器沒有，或沒有分給我們。",
                ),
            ),
            "free_threads": Claim(
                Ratio("in_turn", "threads", least=1.3, limit=float(CPUS)),
                Words(
                    en="On a free-threaded Python, threads are faster, too.",
                    zh="在自由執行緒版的 Python 上，執行緒也比較快。",
                ),
                claimed=f"{CPUS}x",
            ),
        }

    def absent(self) -> Mapping[str, Words]:
        if not HAS_GIL:
            return {}
        return {
            "free_threads": Words(
                en="this Python has a GIL; run it with a free-threaded one (python3.14t)",
                zh="這個 Python 有 GIL；請用自由執行緒版（python3.14t）執行",
            )
        }

    @contextmanager
    def ways(self) -> Iterator[Ways]:
        processes, threads = pools()
        with processes, threads:
            in_pool(processes)  # children that are forked are forked before there is a thread
            yield {
                "in_turn": in_turn,
                "threads": partial(in_pool, threads),
                "processes": partial(in_pool, processes),
            }


HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
CPUS = min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
