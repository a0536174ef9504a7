"""The probe passes that a run still owes, in which order, and how long each should take.

Pure.  The shortest of each workload come first: they are of the fastest strategies, which a reader
wants to know most of, and what there is no time for is few cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from statistics import median
from typing import TYPE_CHECKING

from ..spec import Cell
from .empty import emptied

if TYPE_CHECKING:
    from ..planning.plan import Planned
    from ..storing.history import History

SHARE = 0.25
"""Of the budget, or of the time that the rounds took: what all passes together may take more."""
PROCESS_SECONDS = 0.1
"""A worker starts, opens, closes and ends, at the least."""
OPENED_TWICE = 1.3
"""Times that, where memory is looked at without the instruments of the others."""
SAMPLING_SECONDS = 0.15
"""Memory is looked at for so long, at the least."""
IN_TURN_SECONDS, IN_TURN_TASKS = 0.15, 4
"""What a batch of tasks in turn may take, for more tell nothing new; and the fewest tasks."""


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
    side: str = ""

    @property
    def name(self) -> str:
        return self.cell.name if self.planned else f"{self.cell.strategy.label}, nothing to do"


def owed(plan: Sequence[Planned], past: History, probes: Sequence[str]) -> list[Owed]:
    """The passes in their order: those with nothing to do, which only compare, come last."""
    visits = _visits(past)
    measured = [p for p in plan if past.measured[p.id] and not past.reason(p.id)]
    process = {p.id: _process(p, past, visits[p.id]) for p in measured}
    unseen = [p for p in measured if not past.probed.of_cell(p.id, probes)]
    cells = [_of_cell(planned, past, probes, process[planned.id]) for planned in unseen]
    empties: dict[str, Owed] = {}
    for planned in measured if "memory" in probes else ():
        one = _of_empty(planned, process[planned.id])
        empties[one.empty] = min(one, empties.get(one.empty, one), key=_expected)
    others = [one for one in empties.values() if not past.probed.of_empty(one.empty)]
    return [*_in_turns(cells), *sorted(others, key=_expected)]


def _in_turns(cells: Sequence[Owed]) -> list[Owed]:
    """The shortest of each block, then the second of each, and so on."""
    blocks: dict[int, list[Owed]] = {}
    for one in sorted(cells, key=_expected):
        if one.planned:
            blocks.setdefault(one.planned.block, []).append(one)
    turns = zip_longest(*blocks.values())
    return [one for turn in turns for one in turn if one]


def _expected(one: Owed) -> float:
    return one.expected


def _process(planned: Planned, past: History, visit: float) -> float:
    """What its last process took less its batches."""
    batches = 1 + past.loops.get(planned.id, 1)
    return max(PROCESS_SECONDS, visit - batches * _batch(planned, past))


def _batch(planned: Planned, past: History) -> float:
    return float(median(run["seconds"] for run in past.measured[planned.id]))


def _of_cell(planned: Planned, past: History, probes: Sequence[str], process: float) -> Owed:
    batch, tasks = _batch(planned, past), past.measured_tasks(planned)
    if planned.workers == 1 and batch > IN_TURN_SECONDS:
        fewer = min(tasks, max(IN_TURN_TASKS, int(tasks * IN_TURN_SECONDS / batch)))
        batch, tasks = batch * fewer / tasks, fewer
    others = {*probes} - {"memory"}
    expected = process * (OPENED_TWICE if others and "memory" in probes else 1)
    if "memory" in probes:  # one to warm up, and one under way when it is told to go on
        expected += 1.5 * batch + max(SAMPLING_SECONDS, batch)
    if others:
        expected += 2 * batch
    key = _empty(planned)
    return Owed(planned, planned.cell, tasks, tuple(probes), key, batch, expected, planned.side)


def _of_empty(planned: Planned, process: float) -> Owed:
    cell = replace(planned.cell, workload=emptied(planned.cell.workload))
    expected = process + SAMPLING_SECONDS
    key = _empty(planned)
    return Owed(None, cell, cell.tasks, ("memory",), key, 0.0, expected, planned.side)


def _empty(planned: Planned) -> str:
    """The same for cells whose strategy would do the same with nothing to do."""
    cell = planned.cell
    return f"{emptied(cell.workload).target} / {cell.strategy.label}{planned.side}"


def _visits(past: History) -> dict[int, float]:
    """How long a cell's last process took, the calibration before it not counted."""
    took: dict[int, float] = dict.fromkeys(past.measured, 0.0)
    before = 0.0
    for entry in past.entries:
        if entry["event"] == "measured":
            took[entry["cell"]] = entry["elapsed"] - before
        before = entry.get("elapsed", before)
    return took
