"""Runs the jobs of a look, each in a child that ends when it hangs, and joins what they saw."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

from concbench.reports.advice.prediction import MORE_THAN_ONE
from concbench.reports.run.advice import Look

from ..driver.lab import Lab
from ..plan.cells import PlannedCell
from ..plan.plugins import find
from ..processes.outputs import Failed, parsed
from .look import SECONDS, TOO_LONG

ENOUGH = 0.03
"""Of a task's time: with less computing, nobody can tell what becomes of the GIL, nor need to."""
MOST_LANES, LOOP_LANES = 16, 8
"""Lanes at once: of threads at most, which keep all CPUs computing; in a loop always."""
CALM = 0.75
"""Of the CPUs that there are: with fewer, two threads would look as if they shared one."""
WAITS_LONG = 0.0005
"""Seconds of waiting in a task from which one sees whether it blocks its event loop."""


def observe(lab: Lab, planned: PlannedCell, cpus: int, patience: float) -> Look | Failed:
    """What the work does alone and at once; Failed says what went wrong with it alone.

    `planned` is the cell of the plain loop.  A way at once that fails leaves its question open: the
    race says why.
    """
    job = {"run": "concbench.advice.look:alone", "tasks": planned.cell.tasks, "seconds": SECONDS}
    alone = parsed(lab.ask(planned, job, patience), _found)
    if isinstance(alone, Failed):
        return alone
    known = {one.name for one in fields(Look)}
    look = Look(**{key: one for key, one in alone.items() if key in known and one is not None})
    if look.seconds > TOO_LONG or look.random:
        return look
    if look.awaitable:
        beside = _together(lab, planned, "asyncio", LOOP_LANES, look, patience)
        if beside:
            blocked = look.waits > WAITS_LONG and _is_blocked(look, beside["seconds"])
            look = replace(look, blocks_loop=blocked, in_loop_computes=beside["computes"])
        look = _compared(look, alone, beside)
    if (
        look.blocking
        and cpus > 1
        and look.cpus <= MORE_THAN_ONE
        and look.computes > ENOUGH * look.seconds
    ):
        lanes = math.ceil(cpus * look.seconds / look.computes) + 1
        if lanes <= MOST_LANES:
            there = delivered(lab)
            beside = _together(lab, planned, "threading", lanes, look, patience)
            there = min(there, delivered(lab))
            if beside and there >= CALM * cpus:
                look = replace(look, released=released(look, beside["seconds"], there))
            look = _compared(look, alone, beside)
    return look


def delivered(lab: Lab) -> float:
    """The CPUs that the machine gives now; 0 where that is not known."""
    reading = lab.canary()
    return reading["together"] / reading["alone"] if reading["alone"] else 0.0


def released(look: Look, seconds: float, cpus: float) -> float:
    """The part of its computing that was shared by so many CPUs, from the seconds of a task."""
    alone, shared = look.computes, look.computes / cpus
    return min(1.0, max(0.0, (alone - seconds) / (alone - shared)))


def _is_blocked(look: Look, seconds: float) -> bool:
    """Whether tasks in flight together waited one after the other."""
    return seconds - look.computes > look.waits / 2


def _together(
    lab: Lab, planned: PlannedCell, strategy: str, lanes: int, look: Look, patience: float
) -> dict[str, Any]:
    """What a batch with so many workers shows; nothing where it failed."""
    spec = replace(find("strategies", strategy), params={"workers": lanes})
    cell = replace(planned, cell=replace(planned.cell, strategy=spec), workers=lanes)
    count = max(2 * lanes, min(20 * lanes, int(SECONDS / 2 * lanes / look.seconds)))
    job = {"run": "concbench.advice.look:together", "tasks": planned.cell.tasks, "workers": lanes}
    found = parsed(lab.ask(cell, {**job, "count": count}, patience, number=1), _found)
    return {} if isinstance(found, Failed) else found


def _compared(look: Look, alone: dict[str, Any], beside: dict[str, Any]) -> Look:
    """The look, and whether the same tasks gave other answers in another process."""
    both = zip(alone["digests"], beside.get("digests", ()), strict=False)
    if look.random or all(one == other for one, other in both):
        return look
    return replace(look, random="another answer in another process")


def _found(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    found["digests"] = list(found["digests"])
    return found
