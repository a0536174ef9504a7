"""The probe passes of a run, after its rounds: within their time, and at no cost to the rest.

The shortest pass of each workload comes first: those are of the fastest strategies, which a reader
wants to know most about, and so only few cells find no time left.  Like the rounds they are given
their lab and its clock, so that tests can report numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, zip_longest
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, Any

from concbench.reports.codes import coded

from ..probes.empty import emptied
from ..spec import Cell
from ..store.passes import missing
from .schedule import LATE

if TYPE_CHECKING:
    from ..plan.cells import PlannedCell
    from ..store.state import History
    from .lab import Lab
    from .rounds import Limits


SHARE, LEAST_SECONDS = 0.25, 5.0
"""Of a budget: what all passes together may take.  Without one, as long as the rounds took, and at
least so many seconds: a pass is about as long as two rounds of its cell, so few are left out."""
FEWEST, ENOUGH = 2, 3
"""Rounds, without which there is no interval: until then probes have to wait.  Where they have time
for less than half of the cells, a third round comes first: it makes intervals half as wide."""
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
    light: float = math.inf
    """Seconds of the pass without memory, if there is one."""

    @property
    def name(self) -> str:
        return self.cell.name if self.planned else f"{self.cell.strategy.label}, nothing to do"


_expected = attrgetter("expected")


def owed(plan: Sequence[PlannedCell], past: History, probes: Sequence[str]) -> list[Owed]:
    """The passes in their order: those with nothing to do, which only compare, come last."""
    measured = [p for p in plan if past.measured[p.id] and not past.reason(p.id)]
    process = {p.id: _process(p, past, past.visits[p.id][-1]) for p in measured}
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
    last = past.measured[planned.id][-1]
    batches = 1 + past.loops.get(planned.id, 1) * max(1, len(last.get("turns", ())))
    parts = past.parts.get(planned.block, 1) if last.get("part") is not None else 1
    return max(PROCESS_SECONDS, visit - batches * _batch(planned, past) / parts)


def _batch(planned: PlannedCell, past: History) -> float:
    return float(median(run["seconds"] for run in past.measured[planned.id]))


def _of_cell(planned: PlannedCell, past: History, probes: Sequence[str], process: float) -> Owed:
    batch, tasks = _batch(planned, past), past.measured_tasks(planned)
    if _in_turn(planned, past, batch) and batch > IN_TURN_SECONDS:
        fewer = min(tasks, max(IN_TURN_TASKS, int(tasks * IN_TURN_SECONDS / batch)))
        batch, tasks = batch * fewer / tasks, fewer
    others = {*probes} - {"memory"}
    expected = process * (OPENED_TWICE if others and "memory" in probes else 1)
    light = process + 2 * batch if others and "memory" in probes else math.inf
    if "memory" in probes:  # one to warm up, and one under way when it is told to go on
        expected += 1.5 * batch + max(SAMPLING_SECONDS, batch)
    if others:
        expected += 2 * batch
    key = _empty(planned)
    whole = Owed(planned, planned.cell, tasks, tuple(probes), key, batch, expected, planned.side)
    return replace(whole, light=light)


def _in_turn(planned: PlannedCell, past: History, batch: float) -> bool:
    """Whether its tasks run one after the other: a coroutine that blocks, threads under the GIL.

    Such a cell is the slowest and needs its probe most; a few tasks show all there is to see.
    """
    each, tasks = _each(planned.block, past), past.measured_tasks(planned)
    return planned.workers == 1 or (each is not None and batch >= AS_LONG * each * tasks)


def _each(block: int, past: History) -> float | None:
    """What a task takes in turn on average: as the reference measured it, or as was scouted."""
    own = (one for one in past.plan if one.block == block and one.reference)
    runs = [run for one in own for run in past.measured[one.id]]
    known = [run["seconds"] / run["tasks"] for run in runs]
    return median(known) if known else past.seconds_per_task.get(block)


def _of_empty(planned: PlannedCell, process: float) -> Owed:
    cell = replace(planned.cell, workload=emptied(planned.cell.workload))
    key, expected = _empty(planned), process + SAMPLING_SECONDS
    return Owed(None, cell, cell.tasks, ("memory",), key, 0.0, expected, planned.side)


def _empty(planned: PlannedCell) -> str:
    """The same for cells whose strategy would do the same with nothing to do."""
    cell = planned.cell
    return f"{emptied(cell.workload).target} / {cell.strategy.label}{planned.side}"


NO_TIME = "no time was left for it"


def lighter(one: Owed) -> Owed:
    """The pass without memory, whose samples take as long again as all the rest."""
    if not math.isfinite(one.light):
        return one
    others = tuple(name for name in one.probes if name != "memory")
    return replace(one, probes=others, expected=one.light)


def most_seconds(budget: float | None, rounds: float) -> float:
    """What all passes of a run may take, from its budget, if any, and the seconds of its rounds."""
    return max(LEAST_SECONDS, rounds) if budget is None else SHARE * budget


@dataclass
class Ahead:
    """The seconds of a run that its rounds must leave: for probe passes, and for what shows it."""

    past: History
    probes: Sequence[str]
    limits: Limits
    ending: float
    _expected: dict[int, float] = field(default_factory=dict)

    @property
    def most(self) -> float:
        """What probes may take."""
        return most_seconds(self.limits.budget, 0.0) if self.probes else 0.0

    def __call__(self) -> float:
        rounds = self.past.rounds
        if not self.probes or self.past.counted < FEWEST:
            return self.ending
        if rounds not in self._expected:  # reads all that was measured: once a round
            passes = owed(self.past.plan, self.past, self.probes)
            until = [*accumulate(sorted(one.expected for one in passes))]
            few = 2 * sum(one <= self.most for one in until) < len(until)
            wait = few and self.past.counted < ENOUGH
            self._expected = {rounds: 0.0 if wait or not until else min(self.most, until[-1])}
        return self.ending + self._expected[rounds]


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
    ending: float = 0.0
    """Seconds of the budget that are needed for other than the run itself."""

    def run(self, budget: float | None) -> list[str]:
        """Probe what fits into the time there is; a line about the cells that do not.

        `budget` are the seconds of the run; None where its rounds took what they needed.
        """
        past = self.past  # its seconds are also those of before an interruption
        took = past.elapsed - past.probed.seconds
        whole = most_seconds(budget, took)
        left = LATE * self.limits.budget - self.lab.elapsed() - self.ending
        whole = min(whole, past.probed.seconds + max(0.0, left))
        passes = owed(self.plan, past, self.probes) if self.probes else []
        without = []
        for position, one in enumerate(passes):
            left = whole - past.probed.seconds
            one = one if one.expected <= left else lighter(one)
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
        option = "--rounds" if budget is None else "--budget"
        return [coded("no-time-for-probes", f"no time left to probe {many}: raise {option}")]

    def _visit(self, one: Owed, left: float) -> None:
        began = self.lab.elapsed()
        metrics, text = self.lab.probe(one, self._timeout(one, left))
        if one.planned and (without := {*self.probes} - {*one.probes}):
            absent = {**missing(without, NO_TIME), **metrics["absent"]}
            metrics = {**metrics, "absent": absent}
        if self.raw and one.planned and text:
            self.raw(one.planned.id, text)
        event = {"event": "probed", "cell": one.planned.id} if one.planned else {"event": "emptied"}
        about = {"probes": list(one.probes), "tasks": one.tasks, "empty": one.empty}
        self._add({**event, **about, "found": metrics}, self.lab.elapsed() - began)

    def _timeout(self, one: Owed, left: float) -> float:
        """One that hangs costs the others at most half of what is left."""
        in_turn = self.past.seconds_per_task.get(one.planned.block) if one.planned else None
        batch = None if in_turn is None else in_turn * one.cell.tasks
        patience = self.limits.patience(batch)
        if one.planned:
            lane = self.past.startups.get(one.planned.block)
            patience = self.limits.opening(batch, one.planned, lane)
        return min(patience, left, max(left / 2, 2 * one.expected))

    def _add(self, event: Mapping[str, Any], seconds: float) -> None:
        entry = {**event, "seconds": round(seconds, 3), "elapsed": round(self.lab.elapsed(), 3)}
        self.record(entry)
        self.past.add(entry)
