"""A cell now and as it is stored, and what each of its processes took: logarithms, by round.

What a run's journal and a stored run hold for the gate: values of the same cells, unpaired.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..plan.cells import Planned
from ..store.state import History
from .samples import FIELDS, durations

if TYPE_CHECKING:
    from reports.gate import Threshold
    from reports.gate.results import Answer
    from reports.gate.unpaired import Judged, Stored
    from reports.run.samples import Process
    from reports.run.schema import Planned as Kept
    from reports.run.stored import Stored as Run


@dataclass(frozen=True)
class Same:
    """A cell now and as it is stored; with `references` their times are ratios to these."""

    now: Planned
    before: Kept
    references: tuple[Planned, Kept] | None = None

    @property
    def cells(self) -> list[int]:
        """What a round has to measure for it."""
        return [self.now.id, *([self.references[0].id] if self.references else [])]


def now(planned: Planned, metric: str, past: History) -> dict[int, float]:
    """Of the rounds that count in the run that goes on; empty where the metric is not known."""
    replaced, found = past.replaced(), {}
    for run in past.measured[planned.id]:
        value = _scale(metric, planned.cell.tasks, run["tasks"]) * (run.get(FIELDS[metric]) or 0)
        if value > 0 and run["round"] not in replaced:
            found[run["round"]] = math.log(value)
    return found


def before(kept: Kept, metric: str, run: Run) -> dict[int, float]:
    """The same of a stored run, whose times are of all tasks already."""
    if not _scale(metric, kept.tasks, kept.measured_tasks or kept.tasks):
        return {}
    values = {one.round: _value(one, metric) for one in run.of(kept.id)}
    return {number: math.log(value) for number, value in values.items() if value}


def less(above: Mapping[int, float], below: Mapping[int, float]) -> dict[int, float]:
    """The differences in the rounds that both have."""
    return {number: above[number] - below[number] for number in sorted(above.keys() & below.keys())}


def short(planned: Planned) -> str:
    """`http_get / asyncio`."""
    return f"{planned.cell.workload.label} / {planned.cell.strategy.label}"


def _value(process: Process, metric: str) -> float | None:
    if metric == "batch":
        return process.seconds
    if metric == "one_shot":
        return process.one_shot_seconds
    return process.cpu_seconds if metric == "cpu" else None  # memory is of a single pass


def _scale(metric: str, tasks: int, measured: int) -> float:
    """From what was measured to a batch of all tasks; 0 where that cannot be said."""
    if metric in ("batch", "cpu"):
        return tasks / measured
    return float(metric == "one_shot" and tasks == measured)


FEWEST = 5
"""Rounds that a baseline needs: with fewer there is no interval."""
FEW = f"not known of {FEWEST} rounds of the baseline, or not here"
UNKNOWN = {"memory": "a stored run has memory of one pass alone, so compare it by --against"}


@dataclass(frozen=True)
class Both:
    """The run that is being measured, and the one that is stored."""

    cells: Sequence[Same]
    past: History
    run: Run
    given: Sequence[Threshold]

    def asked(self, same: Same) -> dict[str, float]:
        """The thresholds of a cell, by metric."""
        from reports.gate import thresholds

        of, how = same.now.cell.workload, same.now.cell.strategy
        return thresholds(self.given, (of.name, of.label), (how.name, how.label))

    def compared(self, same: Same) -> bool:
        """Whether it can run, and has not failed, nor what it is relative to."""
        return not self.reason(same)

    def reason(self, same: Same) -> str:
        """Why it cannot be compared, or nothing."""
        planned = [same.now, *([same.references[0]] if same.references else [])]
        return next(filter(None, (one.reason or self.past.reason(one.id) for one in planned)), "")

    def told(self, same: Same) -> bool:
        """Whether the stored run tells anything that is asked of it."""
        return any(len(self._logarithms(same, one)[1]) >= FEWEST for one in self.asked(same))

    def unknown(self) -> list[str]:
        """What was asked and the two runs cannot tell, a line each."""
        cells: dict[str, list[str]] = {}
        for same in self.cells:
            for metric in self.asked(same):
                if self.compared(same) and not self._known(same, metric):
                    cells.setdefault(metric, []).append(self.name(same))
        return [
            f"{UNKNOWN.get(metric, FEW)}: {metric} of {', '.join(names)}"
            for metric, names in cells.items()
        ]

    def evidence(self) -> list[Stored]:
        """One for each metric that is asked of a cell and known."""
        from reports.gate.unpaired import Stored

        took = durations(self.past)
        return [
            Stored(
                same.now.id,
                metric,
                least,
                now=tuple(here.values()),
                before=tuple(there.values()),
                seconds=sum(took.get(cell, 0.0) for cell in same.cells),
                other_work=self._other_work(same),
            )
            for same in self.cells
            if self.compared(same)
            for metric, least in self.asked(same).items()
            if self._known(same, metric)
            for here, there in [self._logarithms(same, metric)]
        ]

    def answer(self, verdict: Judged) -> Answer:
        from reports.gate.results import Answer
        from reports.stats import robust

        of, ratio = verdict.evidence, verdict.ratio
        same = next(one for one in self.cells if one.now.id == of.cell)
        # Logarithms relative to a reference are of no time that could be shown.
        timed = ratio is not None and not same.references
        before = math.exp(robust.mean(of.before)) if timed else None
        return Answer(
            cell=self.name(same),
            metric=of.metric,
            threshold=of.threshold,
            word=verdict.word,
            rounds=verdict.rounds,
            before=before,
            after=None if before is None or ratio is None else before * ratio.estimate,
            ratio=None if ratio is None else ratio.estimate,
            low=None if ratio is None else ratio.low,
            high=None if ratio is None else ratio.high,
            p=verdict.p,
            more=verdict.more,
            confirmed=verdict.word == "slower",
        )

    def resolution(self, verdicts: Sequence[Judged]) -> list[str]:
        """What these rounds can show, and what no number of them tells."""
        from reports.gate.results import resolution

        names = {same.now.id: self.name(same) for same in self.cells}
        shown = {f"{names[one.evidence.cell]} {one.evidence.metric}": one for one in verdicts}
        return resolution(shown)

    def name(self, same: Same) -> str:
        """`http_get / asyncio`, with its tasks where that is the name of several."""
        names = [short(one.now) for one in self.cells]
        called = short(same.now)
        return called if names.count(called) == 1 else same.now.cell.name

    def _known(self, same: Same, metric: str) -> bool:
        here, there = self._logarithms(same, metric)
        return len(there) >= FEWEST and bool(here or not self.past.measured[same.now.id])

    def _logarithms(self, same: Same, metric: str) -> tuple[dict[int, float], dict[int, float]]:
        """By round, now and before."""
        both = now(same.now, metric, self.past), before(same.before, metric, self.run)
        if same.references is None:
            return both
        refers, referred = same.references
        those = now(refers, metric, self.past), before(referred, metric, self.run)
        return less(both[0], those[0]), less(both[1], those[1])

    def _other_work(self, same: Same) -> bool:
        here = {run["answer"] for run in self.past.measured[same.now.id]}
        there = {one.answer for one in self.run.of(same.before.id)} - {""}
        tasks = self.past.measured_tasks(same.now)
        alike = tasks == (same.before.measured_tasks or same.before.tasks)
        return alike and bool(here and there) and here != there
