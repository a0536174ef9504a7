"""A short look at the work: what a task takes, and what a lane takes until it is open."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from .. import engine, imports
from ..contracts import Batch
from ..lanes import Lanes
from ..spec import Spec
from . import mark


def scout(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: seconds per task, estimated quickly from few tasks.

    With it go the seconds of all batches, and what a lane takes until it is open: CPU, of which
    `shared_cpu` for what all lanes of a process share, and bytes of memory.
    """
    opening, before = mark(folder), _peak_bytes()
    strategy = Spec(**job["strategy"]).build()
    lanes = Lanes(Spec(**job["workload"]))
    with strategy.open(lanes) as opened_batch:
        batch = lanes.guarded(opened_batch)
        cpu, opened = time.process_time(), time.perf_counter()
        lane_bytes = _peak_bytes() - before
        os.remove(opening)
        seen = _tried(lambda n: lanes.tasks(n, job["tasks"], job.get("draw", "")), batch, job)
        batches = time.perf_counter() - opened
        imports.write()
    taken = {"startup_cpu": cpu, "shared_cpu": lanes.shared_cpu, "lane_bytes": lane_bytes}
    result = {**seen, **taken, "batches": batches}
    with open(os.path.join(folder, "result.json"), "w", encoding="utf-8") as stream:
        json.dump(result, stream)


def _peak_bytes() -> int:
    """The most memory that this process has had; 0 where that is not known."""
    from ..machine import process

    return process.peak_bytes()


FEW, LONG_SECONDS, UNLIKE = 4, 1.0, 3.0
"""Tasks that are enough to tell what one takes, if they are over in that many seconds; where it
differs between batches by this factor, so many times as long."""


def _tried(draw: Callable[[int], range], batch: Batch, job: dict[str, Any]) -> dict[str, float]:
    """Seconds of a task, and those of CPU, from batches that grow until they take long enough.

    A single one may be unlike the others, so that more are tried where that costs little: the last
    batch counts, or all but the first, which warms up, where what one takes differs.
    """
    tried: list[tuple[int, float, float]] = []  # tasks, seconds, seconds of CPU
    count, whole, unlike = 1, 0.0, False
    while whole < LONG_SECONDS * (UNLIKE if unlike else 1):
        tasks = draw(count)
        began, before = time.perf_counter(), time.process_time()
        batch(tasks)
        took, cpu = time.perf_counter() - began, time.process_time() - before
        tried.append((count, took, cpu))
        whole += took
        each = [seconds / tasks for tasks, seconds, _ in tried[1:]]
        unlike = bool(each) and max(each) > UNLIKE * min(each) and whole >= engine.LONG_ENOUGH
        long_enough = took >= engine.LONG_ENOUGH and count >= FEW and not unlike
        if long_enough or count == job["tasks"]:
            break
        count = min(2 * count, job["tasks"])
    counts, seconds, cpus = zip(*(tried[1:] if unlike else tried[-1:]), strict=True)
    done = sum(counts)
    return {"seconds_per_task": sum(seconds) / done, "cpu_per_task": sum(cpus) / done}
