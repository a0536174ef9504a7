"""A worker's probe pass, which the driver samples from outside or reads afterwards.

The job's `probes` are some of `memory`, `latency`, `lag`, `trace`, to be made in this one process
with `tasks` tasks.  pyperf is not used: a worker gets no options besides the job's file.

1. With `memory`: open, run a batch, then print the line `memory`: the pool is warm.  Batches go on
   until a line (`on`) or the end of standard input comes; then close.  The driver samples
   meanwhile, and nothing is instrumented.  An empty pass asks for `memory` alone and has
   `empty.emptied(workload)` as its workload.
2. With any of the others: open, a batch to warm up, a batch with every instrument, close.  With
   `latency` or `lag` also what that left behind: then step 1, or one more open, batch and close,
   comes first, so that imports, helpers and caches are there already.

It leaves `result.json`, for `probe_results.probed(result, probes)`, or like every job `error.json`:
when that comes after the line `memory`, the memory is known all the same.  What the user's code
prints goes to standard error, and it reads nothing.
"""

from __future__ import annotations

import json
import os
import select
from array import array
from base64 import b64encode
from pathlib import Path
from typing import Any

from ..contracts import Strategy
from ..lanes import Lanes
from ..lanes.lane import Instruments
from ..spec import Spec
from . import leftovers
from .heartbeat import Heartbeats
from .recorder import Recorder, Submitted, Tasks, clock

INSTRUMENTED = {"latency", "lag", "trace"}
TIDY = {"latency", "lag"}
"""Probes that also list what is left behind."""


def probe(job: dict[str, Any], folder: str) -> None:
    """Do what the job asks for, in the protocol above."""
    pipe = Pipe()
    wanted = set(job["probes"])
    workload, count = Spec(**job["workload"]), job["tasks"]
    strategy: Strategy = Spec(**job["strategy"]).build()
    first = Lanes(workload)
    result: dict[str, Any] = {"tasks": count}
    if "memory" in wanted:
        _keep_warm(strategy, first, count, pipe)
    elif wanted & TIDY:
        with strategy.open(first) as opened:  # imports, helpers and caches stay
            first.guarded(opened)(first.tasks(count))
    if first.far:
        result["far"] = True
    if wanted & TIDY:
        result |= _recorded_tidily(strategy, workload, count)
    elif wanted & INSTRUMENTED:
        result |= _recorded(strategy, workload, count)[0]
    Path(folder, "result.json").write_text(json.dumps(result), encoding="utf-8")


class Pipe:
    """The driver at the other end, where the user's code neither prints nor reads."""

    def __init__(self) -> None:
        self._reading, self._writing = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def say(self, word: str) -> None:
        os.write(self._writing, f"{word}\n".encode())

    def answered(self) -> bool:
        """Whether the driver has written anything, or is gone."""
        return bool(select.select([self._reading], [], [], 0)[0])


def _keep_warm(strategy: Strategy, lanes: Lanes, count: int, pipe: Pipe) -> None:
    with strategy.open(lanes) as opened:
        batch, tasks = lanes.guarded(opened), lanes.tasks(count)
        batch(tasks)
        pipe.say("memory")
        while True:  # at least one more: the driver samples while tasks are in flight
            batch(tasks)
            if pipe.answered():
                return


def _recorded_tidily(strategy: Strategy, workload: Spec, count: int) -> dict[str, Any]:
    """What the instruments recorded, and what is left behind."""
    try:
        before = leftovers.held()
    except OSError as error:
        recorded, _ = _recorded(strategy, workload, count)
        return {**recorded, "left_unknown": f"{type(error).__name__}: {error}"}
    with leftovers.complaints() as complaints:
        recorded, unfinished = _recorded(strategy, workload, count)
        left = leftovers.left(before)
        left += [*leftovers.summary(unfinished, "task", "tasks"), *complaints()]
    return {**recorded, "left": left}


def _recorded(strategy: Strategy, workload: Spec, count: int) -> tuple[dict[str, Any], list[str]]:
    """What the instruments recorded of a batch in a warm pool, and tasks left in event loops."""
    hearts, submitted = Heartbeats(), Submitted()
    lanes = Lanes(workload, Instruments(Recorder, hearts.watching, hearts.beating))
    with strategy.open(lanes) as opened:
        batch, tasks = lanes.guarded(opened), lanes.tasks(count)
        batch(tasks)
        began = clock()
        batch(Tasks(tasks, submitted))  # type: ignore[arg-type]  # like a range in all it is used for
        ended = clock()
    recording = {
        "pid": os.getpid(),
        "at_once": getattr(workload.build(), "at_once", None),
        "began": began,
        "ended": ended,
        "submitted": _text(submitted.times(count)),
        "lanes": [
            {**one.recording, "times": _text(one.recording["times"])} for one in lanes.reports
        ],
        "beats": [_text(beats) for beats in hearts.beats],
        "loop": lanes.loop or ("an event loop" if submitted.in_loop else ""),
        "unwatched": hearts.unwatched,
    }
    return recording, hearts.left


def _text(numbers: array[int]) -> str:
    return b64encode(numbers).decode()
