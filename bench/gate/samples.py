"""What a run's journal, and a stored run, hold for the gate: values of the same cells, by round.

From them come the evidence that `reports.gate` judges, the results that are shown, and the rule
that says what the next round measures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from ..plan.cells import PlannedCell
from ..store.state import History

if TYPE_CHECKING:
    from reports.gate.decision import Verdict
    from reports.gate.evidence import Evidence
    from reports.gate.results import Result
    from reports.gate.thresholds import Threshold
    from reports.run.schema import Planned as StoredCell
    from reports.run.stored import Process, Stored

Values: TypeAlias = Mapping[int, float]
"""Logarithms of what was measured, by round."""

BUDGET = 600.0
"""Seconds of a check, unless somebody gives another budget."""
FIELDS = {"batch": "seconds", "one_shot": "one_shot", "cpu": "cpu", "memory": "memory"}
"""From a metric of the gate to what the journal calls it."""
UNKNOWN = {"memory": "a stored run has memory of one pass alone, so compare it by --against"}


@dataclass(frozen=True)
class CellPair:
    """The same cell as it is now and as it was: on another side of this run, or in a stored one.

    With `references` the times of both are ratios to these.
    """

    number: int
    now: PlannedCell
    before: PlannedCell | StoredCell
    references: tuple[PlannedCell, StoredCell] | None = None

    @property
    def planned(self) -> list[PlannedCell]:
        """What a round has to measure for it."""
        others = [self.before, *(self.references or ())]
        return [self.now, *(one for one in others if isinstance(one, PlannedCell))]


def pairs(cells: Sequence[PlannedCell]) -> list[CellPair]:
    """The pairs of two sides, of which the first is the one that is checked."""
    by_number: dict[int, list[PlannedCell]] = {}
    for one in cells:
        if one.pair is not None:
            by_number.setdefault(one.pair, []).append(one)
    both = [(number, two) for number, two in sorted(by_number.items()) if len(two) == 2]
    return [CellPair(number, now, before) for number, (now, before) in both]


@dataclass(frozen=True)
class Samples:
    """The pairs of a check, what is asked of them, and the run that measures them.

    `stored` is the run that they are compared with, if not another side of the same.
    """

    pairs: Sequence[CellPair]
    thresholds: Sequence[Threshold]
    past: History
    stored: Stored | None = None

    def asked(self, pair: CellPair) -> dict[str, float]:
        """The thresholds of a pair, by metric."""
        return asked(pair, self.thresholds)

    def failed(self) -> list[tuple[str, str]]:
        """The cells that could not be measured, and why, with the side where there are two."""
        return [
            (self.name(pair), f"{one.side}: {reason}" if one.side else reason)
            for pair in self.pairs
            for one in pair.planned
            if (reason := self._reason(one))
        ]

    def unknown(self) -> list[str]:
        """What was asked and nobody can tell here, a line for each metric."""
        cells: dict[str, list[str]] = {}
        for pair, metric, _ in self._asked():
            if not self._known(pair, metric):
                cells.setdefault(metric, []).append(self.name(pair))
        return [self._unknown(metric, ", ".join(names)) for metric, names in cells.items()]

    def _unknown(self, metric: str, names: str) -> str:
        from reports.gate.evidence import FEWEST

        if self.stored is None:
            return f"{metric} is not known here of {names}"
        few = f"not known of {FEWEST} rounds of the baseline, or not here"
        return f"{UNKNOWN.get(metric, few)}: {metric} of {names}"

    def evidence(self) -> list[Evidence]:
        """One for each metric that is asked of a pair and known; of none that has failed."""
        seconds = durations(self.past)
        return [
            self._evidence(pair, metric, threshold, seconds)
            for pair, metric, threshold in self._asked()
            if self._known(pair, metric)
        ]

    def _evidence(
        self, pair: CellPair, metric: str, threshold: float, seconds: Mapping[int, float]
    ) -> Evidence:
        from reports.gate.evidence import PairedRounds, TwoSamples

        now, before = self.values(pair, metric)
        asked = pair.number, metric, threshold
        costs = sum(seconds.get(one.id, 0.0) for one in pair.planned), self._other_work(pair)
        if self.stored is None:
            return PairedRounds(*asked, tuple(_less(now, before).values()), *costs)
        return TwoSamples(*asked, tuple(now.values()), tuple(before.values()), *costs)

    def results(self, verdicts: Sequence[Verdict]) -> list[Result]:
        """What to show of each verdict."""
        by_number = {pair.number: pair for pair in self.pairs}
        return [self._result(by_number[one.evidence.cell], one) for one in verdicts]

    def _result(self, pair: CellPair, verdict: Verdict) -> Result:
        from reports.gate.results import Result

        of, ratio = verdict.evidence, verdict.ratio
        before = self._centre(pair, of.metric) if ratio else None
        return Result(
            cell=self.name(pair),
            metric=of.metric,
            threshold=of.threshold,
            word=verdict.word,
            rounds=verdict.rounds,
            before=before,
            after=before * ratio.estimate if before and ratio else None,
            ratio=ratio.estimate if ratio else None,
            low=ratio.low if ratio else None,
            high=ratio.high if ratio else None,
            p=verdict.p,
            more=verdict.more,
            confirmed=verdict.word == "slower",
        )

    def _centre(self, pair: CellPair, metric: str) -> float | None:
        """The trimmed geometric mean of before, over the rounds that count; None of ratios.

        There is none of now: the change is a trimmed mean of ratios, which no two centres of the
        sides need have, so what is shown as now is this times the change.
        """
        from reports.stats import robust

        if pair.references:
            return None
        now, before = self.values(pair, metric)
        if self.stored is None:
            before = {number: before[number] for number in _less(now, before)}
        return math.exp(robust.mean(list(before.values())))

    def rule(self, budget: float) -> Callable[[Sequence[Values]], set[int]]:
        """What to measure in a round: every cell, then those undecided while the seconds last."""
        from reports.gate import decision

        def cells(_: Sequence[Values]) -> set[int]:
            chosen: Sequence[int] = [pair.number for pair in self.pairs]
            if self.past.rounds:
                verdicts = decision.judge(self.evidence())
                chosen = decision.choose(verdicts, budget - self.past.elapsed)
            return {one.id for pair in self.pairs if pair.number in chosen for one in pair.planned}

        return cells

    def name(self, pair: CellPair) -> str:
        """`http_get / asyncio`, with parameters where they differ, or tasks where names do not."""
        short = short_name(pair)
        alone = self.stored is None or [short_name(one) for one in self.pairs].count(short) == 1
        return short if alone else pair.now.cell.name

    def values(self, pair: CellPair, metric: str) -> tuple[Values, Values]:
        """Now and before, by round."""
        now = self._measured(pair.now, metric)
        if isinstance(pair.before, PlannedCell):
            return now, self._measured(pair.before, metric)
        before = self._stored(pair.before, metric)
        if pair.references is None:
            return now, before
        reference, stored = pair.references
        now = _less(now, self._measured(reference, metric))
        return now, _less(before, self._stored(stored, metric))

    def answered(self, pair: CellPair) -> bool:
        """Whether the stored run has enough rounds of anything that is asked of a pair."""
        return any(self._enough(pair, metric) for metric in self.asked(pair))

    def _asked(self) -> Iterator[tuple[CellPair, str, float]]:
        """Each metric that is asked of a pair that can run and has not failed."""
        for pair in self.pairs:
            if not any(map(self._reason, pair.planned)):
                for metric, threshold in self.asked(pair).items():
                    yield pair, metric, threshold

    def _reason(self, planned: PlannedCell) -> str:
        """Why a cell cannot be compared, or nothing."""
        return planned.reason or self.past.reason(planned.id)

    def _known(self, pair: CellPair, metric: str) -> bool:
        """Whether a metric can be had: no round yet, or one that has it."""
        now, before = self.values(pair, metric)
        if self.stored is None:
            begun = any(self.past.measured[one.id] for one in pair.planned)
            return bool(now or before or not begun)
        return self._enough(pair, metric) and bool(now or not self.past.measured[pair.now.id])

    def _enough(self, pair: CellPair, metric: str) -> bool:
        from reports.gate.evidence import FEWEST

        return self.stored is None or len(self.values(pair, metric)[1]) >= FEWEST

    def _measured(self, planned: PlannedCell, metric: str) -> Values:
        """Of the rounds that count in the run that goes on."""
        replaced, values = self.past.replaced(), {}
        for run in self.past.measured[planned.id]:
            # Two sides measure the same sample of all tasks, two runs need not.
            scale = 1.0 if self.stored is None else _scale(metric, planned.cell.tasks, run["tasks"])
            value = scale * (run.get(FIELDS[metric]) or 0)
            if value > 0 and run["round"] not in replaced:
                values[run["round"]] = math.log(value)
        return values

    def _stored(self, cell: StoredCell, metric: str) -> Values:
        """The same of the stored run, whose times are of all tasks already."""
        if self.stored is None or not _scale(metric, cell.tasks, cell.measured_tasks or cell.tasks):
            return {}
        values = {one.round: _value(one, metric) for one in self.stored.of(cell.id)}
        return {number: math.log(value) for number, value in values.items() if value}

    def _other_work(self, pair: CellPair) -> bool:
        """Whether now and before gave different answers to the same tasks."""
        now, tasks = self._answers(pair.now)
        before, tasks_before = self._answers(pair.before)
        return bool(now and before and tasks == tasks_before and now != before)

    def _answers(self, cell: PlannedCell | StoredCell) -> tuple[set[str], int]:
        """The digests of a cell's answers, and of how many tasks they are."""
        if isinstance(cell, PlannedCell):
            answers = {run["answer"] for run in self.past.measured[cell.id]}
            return answers, self.past.measured_tasks(cell)
        processes = self.stored.of(cell.id) if self.stored else ()
        return {one.answer for one in processes} - {""}, cell.measured_tasks or cell.tasks


def asked(pair: CellPair, thresholds: Sequence[Threshold]) -> dict[str, float]:
    """The thresholds of a pair, by metric."""
    from reports.gate.thresholds import of_cell

    cell = pair.now.cell
    workload = (cell.workload.name, cell.workload.label)
    return of_cell(thresholds, workload, (cell.strategy.name, cell.strategy.label))


def durations(past: History) -> dict[int, float]:
    """Seconds of a cell's visit, its worker's start included: the median of its rounds."""
    seconds: dict[int, list[float]] = {}
    before = 0.0
    for entry in past.entries:
        now = entry.get("elapsed", before)
        if entry["event"] == "measured":
            seconds.setdefault(entry["cell"], []).append(now - before)
        before = now
    return {cell: median(each) for cell, each in seconds.items()}


def short_name(pair: CellPair) -> str:
    """`http_get / asyncio`, with the parameters of a strategy that both have."""
    now = pair.now.cell
    before = pair.before.cell if isinstance(pair.before, PlannedCell) else now
    same = before.strategy.name == now.strategy.name
    return f"{now.workload.label} / {now.strategy.label if same else now.strategy.name}"


def _less(above: Values, below: Values) -> Values:
    """The differences in the rounds that both have."""
    return {number: above[number] - below[number] for number in sorted(above.keys() & below.keys())}


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
