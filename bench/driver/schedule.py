"""How long the parts of a run take, so that it ends when it said it would.

Before the first round that follows from what was scouted of a task and a lane, afterwards from the
rounds themselves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..machine.identity import cpus

if TYPE_CHECKING:
    from ..plan.cells import PlannedCell
    from ..store.state import History

LATE = 1.08
"""Times the budget: the latest end that a run may expect when a round begins."""
ENDING_SECONDS = 1.5
"""What a command takes before its clock starts and after it stops: imports, plan, tables."""
PAGE_SECONDS = 4.0
"""The same for a page with its charts."""
PROCESS_SECONDS = 0.3
"""A worker starts, opens and ends: 0.1 to 0.5."""


def last_round(past: History) -> float:
    """Seconds of the last round that has ended, with its canary; 0 before that."""
    began: float | None = None
    took = 0.0
    for entry in past.entries:
        if entry["event"] == "round":
            began = entry.get("elapsed", 0.0)
        elif entry["event"] == "canary" and began is not None:
            took, began = entry.get("elapsed", began) - began, None
    return took


def first_round(past: History) -> float:
    """What a round of all cells should take by what was scouted."""
    return sum(round_of(past, block) for block in {one.block for one in past.plan})


def round_of(past: History, block: int) -> float:
    """The same of the cells of one block."""
    own = _cells(past, block)
    return sum(_starting(one, past) + _batches(one, past) for one in own)


def long_batches(past: History, block: int, times: float) -> bool:
    """Whether its batches take more than so many times what starting its workers does."""
    own = _cells(past, block)
    batches, starting = (sum(each(one, past) for one in own) for each in (_batches, _starting))
    return batches > times * starting


def _cells(past: History, block: int) -> list[PlannedCell]:
    return [one for one in past.plan if one.block == block and not one.reason]


def _starting(planned: PlannedCell, past: History) -> float:
    wall, cpu = past.startups.get(planned.block, (PROCESS_SECONDS, 0.0))
    if _in_children(planned):  # which share the CPUs there are
        wall += cpu * planned.workers / cpus()
    return max(PROCESS_SECONDS, wall)


def _batches(planned: PlannedCell, past: History) -> float:
    """Its first batch, and one that is timed."""
    return (1 if planned.block in past.first_counts else 2) * batch(planned, past)


def batch(planned: PlannedCell, past: History) -> float:
    """What a batch should take at most, from a task in turn; 0 where none was scouted.

    Tasks that compute take turns in threads, for the GIL, and share the CPUs in children.
    """
    task, tasks = past.seconds_per_task.get(planned.block, 0.0), past.measured_tasks(planned)
    if planned.reference or planned.in_turn:
        return task * tasks
    computing = min(task, past.cpu_per_task.get(planned.block, 0.0))
    share = min(cpus(), planned.workers) if _in_children(planned) else 1
    return max(task * math.ceil(tasks / planned.workers), computing * tasks / share)


def _in_children(planned: PlannedCell) -> bool:
    return "start" in planned.cell.strategy.params
