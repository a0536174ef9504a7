"""The probe passes that a run still owes, the shortest first, and how long each should take.

Pure.  The fastest strategies, which a reader wants to know most of, are thus the first to be
probed, and what there is no time for is as few cells as possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from ..spec import Cell
from .empty import emptied

if TYPE_CHECKING:
    from ..history import History
    from ..plan import Planned

SHARE = 0.25
"""Of the budget, or of the time that the rounds took: what all passes together may take more."""
PROCESS_SECONDS = 0.15
"""A worker starts and ends, at the least."""
SAMPLING_SECONDS = 0.2
"""Memory is sampled for so long, at the least."""
BATCHES = 3
"""Of each of a pass's two steps: to warm up, to look at, and one under way when it was seen."""
IN_TURN_SECONDS = 0.2
"""What tasks in turn may take in a batch: more of them tell nothing new about each."""
IN_TURN_TASKS = 4


@dataclass(frozen=True)
class Owed:
    """One pass: of a cell or, with `planned` None, of a strategy that has nothing to do.

    `empty` names the pass that its memory is compared with.  `batch` are the seconds of a batch of
    `tasks` tasks, `expected` those of the whole pass.
    """

    planned: Planned | None
    cell: Cell
    tasks: int
    probes: tuple[str, ...]
    empty: str
    batch: float
    expected: float

    @property
    def name(self) -> str:
        return self.cell.name if self.planned else f"{self.cell.strategy.label}, nothing to do"


def owed(plan: Sequence[Planned], past: History, probes: Sequence[str]) -> Iterator[Owed]:
    """The passes in their order; that of an empty workload stands before the first to need it."""
    visits = _visits(past)
    cells = [
        _of_cell(planned, past, probes, visits[planned.id])
        for planned in plan
        if past.measured[planned.id]
        and not past.reason(planned.id)
        and not past.probed.of_cell(planned.id, probes)
    ]
    seen = set()
    for one in sorted(cells, key=lambda one: one.expected):
        if "memory" in probes and one.empty not in seen and not past.probed.of_empty(one.empty):
            seen.add(one.empty)
            yield _of_empty(one)
        yield one


def _of_cell(planned: Planned, past: History, probes: Sequence[str], visit: float) -> Owed:
    runs = past.measured[planned.id]
    batch, tasks = median(run["seconds"] for run in runs), past.measured_tasks(planned)
    process = max(PROCESS_SECONDS, visit - (1 + past.loops.get(planned.id, 1)) * batch)
    if planned.workers == 1 and batch > IN_TURN_SECONDS:
        fewer = min(tasks, max(IN_TURN_TASKS, int(tasks * IN_TURN_SECONDS / batch)))
        batch, tasks = batch * fewer / tasks, fewer
    steps = ("memory" in probes) + bool({*probes} - {"memory"})
    sampling = SAMPLING_SECONDS if "memory" in probes else 0.0
    expected = sampling + steps * (process + BATCHES * batch)
    workload = emptied(planned.cell.workload)
    empty = f"{workload.target} / {planned.cell.strategy.label}"
    return Owed(planned, planned.cell, tasks, tuple(probes), empty, batch, expected)


def _of_empty(one: Owed) -> Owed:
    cell = replace(one.cell, workload=emptied(one.cell.workload))
    expected = PROCESS_SECONDS + SAMPLING_SECONDS
    return Owed(None, cell, one.tasks, ("memory",), one.empty, 0.0, expected)


def _visits(past: History) -> dict[int, float]:
    """How long a cell's last process took, the calibration before it not counted."""
    took: dict[int, float] = dict.fromkeys(past.measured, 0.0)
    before = 0.0
    for entry in past.entries:
        if entry["event"] == "measured":
            took[entry["cell"]] = entry["elapsed"] - before
        before = entry.get("elapsed", before)
    return took
