"""The probe passes of a run, after its rounds: within their time, and at no cost to the rest.

The shortest pass of each workload comes first: those are of the fastest strategies, which a reader
wants to know most about, and so only few cells find no time left.  Like the rounds they are given
their lab and its clock, so that tests can report numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, Any

from concbench.reports.codes import coded

from ..probes.empty import emptied
from ..spec import Cell
from .rounds import startup

if TYPE_CHECKING:
    from ..plan.cells import PlannedCell
    from ..store.state import History
    from .lab import Lab
    from .rounds import Limits


SHARE = 0.25
"""Of the budget, or of the time of the rounds: what all passes together may take besides."""
PROCESS_SECONDS = 0.1
"""A worker starts, opens, closes and ends, at the least."""
OPENED_TWICE = 1.3
"""As a multiple of that, where memory is sampled in a pool opened without instruments."""
SAMPLING_SECONDS = 0.15
"""Memory is sampled for at least this long."""
IN_TURN_SECONDS, IN_TURN_TASKS = 0.15, 4
"""What a batch of tasks in turn may take, as more say nothing new; and the fewest tasks."""


AS_LONG = 0.8
"""Of the tasks in turn, as the reference was seen to run them: a batch that takes this runs so."""


@dataclass(frozen=True)
class Owed:
    """One pass: of a cell or, with `planned` None, of a strategy that has nothing to do.

    `empty` names the pass that its memory is compared with.  `batch` are the seconds of a batch of
    `tasks` tasks, `expected` those of the whole pass.
    """

    planned: PlannedCell | None
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


_expected = attrgetter("expected")


def owed(plan: Sequence[PlannedCell], past: History, probes: Sequence[str]) -> list[Owed]:
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


def _process(planned: PlannedCell, past: History, visit: float) -> float:
    """Seconds of its last process without its batches."""
    batches = 1 + past.loops.get(planned.id, 1)
    return max(PROCESS_SECONDS, visit - batches * _batch(planned, past))


def _batch(planned: PlannedCell, past: History) -> float:
    return float(median(run["seconds"] for run in past.measured[planned.id]))


def _of_cell(planned: PlannedCell, past: History, probes: Sequence[str], process: float) -> Owed:
    batch, tasks = _batch(planned, past), past.measured_tasks(planned)
    if _in_turn(planned, past, batch) and batch > IN_TURN_SECONDS:
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


def _in_turn(planned: PlannedCell, past: History, batch: float) -> bool:
    """Whether its tasks run one after the other: a coroutine that blocks, threads under the GIL.

    Such a cell is the slowest and needs its probe most; a few tasks show all there is to see.
    """
    each = past.seconds_per_task.get(planned.block)
    tasks = past.measured_tasks(planned)
    return planned.workers == 1 or (each is not None and batch >= AS_LONG * each * tasks)


def _of_empty(planned: PlannedCell, process: float) -> Owed:
    cell = replace(planned.cell, workload=emptied(planned.cell.workload))
    key, expected = _empty(planned), process + SAMPLING_SECONDS
    return Owed(None, cell, cell.tasks, ("memory",), key, 0.0, expected, planned.side)


def _empty(planned: PlannedCell) -> str:
    """The same for cells whose strategy would do the same with nothing to do."""
    cell = planned.cell
    return f"{emptied(cell.workload).target} / {cell.strategy.label}{planned.side}"


def _visits(past: History) -> dict[int, float]:
    """How long a cell's last process took, the calibration before it not counted."""
    took: dict[int, float] = dict.fromkeys(past.measured, 0.0)
    before = 0.0
    for entry in past.entries:
        if entry["event"] == "measured":
            took[entry["cell"]] = entry.get("elapsed", before) - before
        before = entry.get("elapsed", before)
    return took


NO_TIME = "no time was left for it"


@dataclass(frozen=True)
class Probing:
    """All that the probe passes of a run need."""

    plan: Sequence[PlannedCell]
    past: History
    lab: Lab
    probes: Sequence[str]
    record: Callable[[Mapping[str, Any]], None]
    """Writes an entry to the journal; the history gets it from here."""
    watch: Callable[[int, int, str, float], None]
    """Gets the place of every pass before it is made, of how many, its name, and seconds to go."""
    limits: Limits
    raw: Callable[[int, str], None] | None = None
    """Stores what the worker of a cell left."""

    def run(self, budget: float | None) -> list[str]:
        """Probe what fits into a quarter of the time; a line about the cells that do not.

        `budget` are the seconds of the rounds; None where they took what they needed.
        """
        past = self.past  # its seconds are also those of before an interruption
        whole = SHARE * (past.elapsed - past.probed.seconds if budget is None else budget)
        passes = owed(self.plan, past, self.probes) if self.probes else []
        without = []
        for position, one in enumerate(passes):
            left = whole - past.probed.seconds
            if one.expected <= left:
                rest = sum(later.expected for later in passes[position:])
                self.watch(position, len(passes), one.name, min(left, rest))
                self._visit(one, left)
            elif one.planned:
                without.append(one.planned.id)
        if not without:
            return []
        event = {"event": "unprobed", "cells": without, "probes": list(self.probes)}
        self._add({**event, "reason": NO_TIME}, 0.0)
        many = f"{len(without)} cell{'' if len(without) == 1 else 's'}"
        return [coded("no-time-for-probes", f"no time left to probe {many}: raise --budget")]

    def _visit(self, one: Owed, left: float) -> None:
        began = self.lab.elapsed()
        metrics, text = self.lab.probe(one, self._timeout(one, left))
        if self.raw and one.planned and text:
            self.raw(one.planned.id, text)
        event = {"event": "probed", "cell": one.planned.id} if one.planned else {"event": "emptied"}
        about = {"probes": list(one.probes), "tasks": one.tasks, "empty": one.empty}
        self._add({**event, **about, "found": metrics}, self.lab.elapsed() - began)

    def _timeout(self, one: Owed, left: float) -> float:
        """One that hangs costs the others at most half of what is left."""
        in_turn = self.past.seconds_per_task.get(one.planned.block) if one.planned else None
        batch = None if in_turn is None else in_turn * one.cell.tasks
        known = self.past.startups.get(one.planned.block) if one.planned else None
        opening = startup(one.planned, known) if one.planned else 0.0
        patience = self.limits.patience(batch, opening)
        return min(patience, left, max(left / 2, 2 * one.expected))

    def _add(self, event: Mapping[str, Any], seconds: float) -> None:
        entry = {**event, "seconds": round(seconds, 3), "elapsed": round(self.lab.elapsed(), 3)}
        self.record(entry)
        self.past.add(entry)
