"""What a run's journal, and a stored run, hold for the gate: values of the same cells, by round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from concbench.reports.gate import thresholds
from concbench.reports.run import answers
from concbench.reports.run.schema import Planned as StoredCell
from concbench.reports.stats import robust

from ..plan.cells import PlannedCell
from ..store.state import History, sample

if TYPE_CHECKING:
    from concbench.reports.run.stored import Stored

Values: TypeAlias = Mapping[int, float]
"""Logarithms of what was measured, or what was measured, by round."""
Work: TypeAlias = tuple[int, int | None]
"""How many tasks were done; and in which round, where those were a sample."""

FIELDS = {"batch": "seconds", **{name: name for name in thresholds.METRICS if name != "batch"}}
STORED_FIELDS = {
    "batch": "usual_seconds",
    "one_shot": "one_shot_seconds",
    "startup": "startup_seconds",
    "cpu": "cpu_seconds",
}
"""From a metric of the gate to what the journal, and a process of a stored run, call it."""
PROBES = {"memory": "memory", "p99": "latency", "max_lag": "lag"}
"""The probe that tells a metric: its pass follows every visit."""


@dataclass(frozen=True)
class CellPair:
    """The same cell as it is now and as it was: on another side of this run, or in a stored one.

    With `references` the times of both are ratios to these; with nothing `before` it is compared
    with bounds alone.
    """

    number: int
    now: PlannedCell
    before: PlannedCell | StoredCell | None
    references: tuple[PlannedCell, StoredCell] | None = None

    @property
    def planned(self) -> list[PlannedCell]:
        """What a round has to measure for it."""
        others = [self.before, *(self.references or ())]
        return [self.now, *(one for one in others if isinstance(one, PlannedCell))]

    @property
    def short_name(self) -> str:
        """`http_get / asyncio`, with the parameters of a strategy that both have."""
        now = self.now.cell
        before = self.before.cell if isinstance(self.before, PlannedCell) else now
        same = before.strategy.name == now.strategy.name
        return f"{now.workload.label} / {now.strategy.label if same else now.strategy.name}"


def pairs(cells: Sequence[PlannedCell]) -> list[CellPair]:
    """The pairs of two sides, of which the first is the one that is checked."""
    by_number: dict[int, list[PlannedCell]] = {}
    for one in cells:
        if one.pair is not None:
            by_number.setdefault(one.pair, []).append(one)
    both = [(number, two) for number, two in sorted(by_number.items()) if len(two) == 2]
    return [CellPair(number, now, before) for number, (now, before) in both]


@dataclass(frozen=True)
class Readings:
    """What the journal of a run, and the stored one that it is compared with, hold of cells."""

    past: History
    stored: Stored | None

    def values(self, pair: CellPair, metric: str) -> tuple[Values, Values]:
        """Now and before, by round, as logarithms."""
        now = self._measured(pair.now, metric)
        if isinstance(pair.before, PlannedCell):
            return now, self._measured(pair.before, metric)
        before = _logarithms(self._stored(pair.before, metric))
        if pair.references is None:
            return now, before
        reference, stored = pair.references
        now = _less(now, self._measured(reference, metric))
        return now, _less(before, _logarithms(self._stored(stored, metric)))

    def ratios(self, pair: CellPair, metric: str) -> Values:
        """Now over before, as logarithms, in the rounds that both have."""
        return _less(*self.values(pair, metric))

    def centre(self, pair: CellPair, metric: str) -> float | None:
        """The trimmed geometric mean of before, over the rounds that count; None of ratios.

        There is none of now: the change is a trimmed mean of ratios, which no two centres of the
        sides need have, so what is shown as now is this times the change.
        """
        if pair.references:
            return None
        _, before = self.values(pair, metric)
        if self.stored is None:
            before = {number: before[number] for number in self.ratios(pair, metric)}
        return math.exp(robust.mean(list(before.values())))

    def level(self, planned: PlannedCell, metric: str) -> Values:
        """The values themselves, of all tasks of a batch."""
        return self._raw(planned, metric, whole=True)

    def lowest(self, pair: CellPair, metric: str) -> float:
        """The least of its values, on either side; infinite without one."""
        measured = [self._raw(one, metric, whole=False) for one in pair.planned]
        others = [pair.before, *(pair.references or ())]
        stored = [self._stored(one, metric) for one in others if isinstance(one, StoredCell)]
        return min(chain(*(one.values() for one in (*measured, *stored))), default=math.inf)

    def other_work(self, pair: CellPair) -> bool:
        """Whether now and before gave different answers to the same tasks."""
        if pair.before is None:
            return False
        return answers.differ(self._answers(pair.now), self._answers(pair.before))

    def example(self, pair: CellPair) -> str:
        """`task 0: 1.0, was 1`, of the first task whose answers differ and are known.

        A stored run has none to show.
        """
        if self.stored is not None:
            return ""
        runs = (self.past.measured[one.id] for one in pair.planned)
        now, before = (next(filter(None, map(sample, each)), []) for each in runs)
        both = enumerate(zip(now, before, strict=False))
        different = (f"task {i}: {one}, was {other}" for i, (one, other) in both if one != other)
        return next(different, "")

    def why_absent(self, cells: Sequence[PlannedCell], metric: str) -> str:
        """Why one of these has no values; nothing where it was not measured yet."""
        for one in cells:
            runs = self.past.measured[one.id]
            if runs and not self.level(one, metric):
                probe = PROBES.get(metric, "")
                why = runs[-1].get("absent", {}).get(probe, "nothing reports it")
                return f"{one.side}: {why}" if one.side else str(why)
        return ""

    def _measured(self, planned: PlannedCell, metric: str) -> Values:
        """Logarithms, of the rounds that count in the run that goes on."""
        # Two sides measure the same sample of all tasks, two runs need not.
        return _logarithms(self._raw(planned, metric, whole=self.stored is not None))

    def _raw(self, planned: PlannedCell, metric: str, *, whole: bool) -> Values:
        replaced, values = self.past.replaced(), {}
        for run in self.past.measured[planned.id]:
            own = metric not in FIELDS
            value = run.get("metrics", {}).get(metric) if own else run.get(FIELDS[metric])
            if metric == "batch" and self.stored is not None:
                value = run.get("usual", value)
            scale = _scale(metric, planned.cell.tasks, run["tasks"]) if whole else 1.0
            if value is None or not math.isfinite(value) or not scale:
                continue
            if run["round"] not in replaced:
                values[run["round"]] = scale * value
        return values

    def _stored(self, cell: StoredCell | None, metric: str) -> Values:
        """The same of the stored run, whose times are of all tasks already."""
        if self.stored is None or cell is None or metric in PROBES:
            return {}
        if not _scale(metric, cell.tasks, cell.measured_tasks or cell.tasks):
            return {}
        field = STORED_FIELDS.get(metric)
        values = {
            one.round: getattr(one, field) if field else one.metrics.get(metric)
            for one in self.stored.of(cell.id)
        }
        return {n: one for n, one in values.items() if one is not None and math.isfinite(one)}

    def _answers(self, cell: PlannedCell | StoredCell) -> dict[Work, set[str]]:
        """The digests of a cell's answers, by what they are of: samples are another each round."""
        found: dict[Work, set[str]] = {}
        if isinstance(cell, PlannedCell):
            tasks = self.past.measured_tasks(cell)
            for run in self.past.measured[cell.id]:
                work = tasks, None if tasks == cell.cell.tasks else run["round"]
                found.setdefault(work, set()).add(run["answer"])
            return found
        tasks = cell.measured_tasks or cell.tasks
        if self.stored and tasks == cell.tasks:
            found[tasks, None] = {one.answer for one in self.stored.of(cell.id)} - {""}
        return {work: texts for work, texts in found.items() if texts}


def _logarithms(values: Values) -> Values:
    return {number: math.log(value) for number, value in values.items() if value > 0}


def _less(above: Values, below: Values) -> Values:
    """The differences in the rounds that both have."""
    return {number: above[number] - below[number] for number in sorted(above.keys() & below.keys())}


def _scale(metric: str, tasks: int, measured: int) -> float:
    """From what was measured to a batch of all tasks; 0 where that cannot be said."""
    if metric in ("batch", "cpu") or metric not in FIELDS:  # or what a workload counts
        return tasks / measured
    return float(metric == "startup" or tasks == measured)
