"""How the cost of a batch grows with its tasks and with those in flight, under asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import median

from byhand import takers
from figures import show_rows

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.spec import Spec

SIZES = ((1_000, 16), (10_000, 16), (100_000, 16), (10_000, 10_000), (100_000, 10_000))
LINEAR = 1.25
"""Times the cost per task of the smallest batch: beyond it growth is more than caches missed."""


def growth(repeats: int) -> None:
    """Print the seconds of each size, by the harness and by hand; every task suspends once."""
    rows, one = [], 0.0
    for tasks, workers in SIZES:
        hand, harness = _nanoseconds(tasks, workers, repeats)
        one = one or harness
        verdict = ""
        if workers == SIZES[0][1]:
            missed = harness / one - LINEAR
            verdict = f"<= {LINEAR}x: " + (f"missed by {missed:.2f}x" if missed > 0 else "met")
        seconds = f"{harness * tasks / 1e9:.4f}"
        told = (f"{harness:,.0f}", f"{harness / one:.2f}x", f"{hand:,.0f}", verdict)
        rows.append((f"{tasks:,}", f"{workers:,}", seconds, *told))
    columns = (
        "tasks",
        "in flight",
        "seconds",
        "ns/task",
        "of linear",
        "by hand ns/task",
        "verdict",
    )
    show_rows("asyncio: cost of a batch as it grows (each task gives way once)", columns, rows)


def _nanoseconds(tasks: int, workers: int, repeats: int) -> tuple[float, float]:
    """Ns per task by hand and by the harness, the median of batches in turn."""
    strategy = Spec("asyncio", find("strategies", "asyncio").target, {"workers": workers})
    # Sleeping for 0 s gives way to the others, so that so many really are in flight.
    workload = Spec("io_sleep", find("workloads", "io_sleep").target, {"seconds": 0.0})
    with asyncio.Runner() as loop, strategy.build().open(Lanes(workload)) as harness:

        def hand(numbers: range) -> list[int]:
            return loop.run(takers(gives_way, numbers, workers))

        assert harness(range(tasks)) == hand(range(tasks)) == list(range(tasks))
        both = [(_timed(hand, tasks), _timed(harness, tasks)) for _ in range(repeats)]
    by_hand, by_harness = (1e9 * median(seen) / tasks for seen in zip(*both, strict=True))
    return by_hand, by_harness


async def gives_way(i: int) -> int:
    await asyncio.sleep(0)
    return i


def _timed(batch: Batch | Callable[[range], list[int]], tasks: int) -> float:
    began = time.perf_counter()
    batch(range(tasks))
    return time.perf_counter() - began
