"""What a run's journal, and a stored run, hold for the gate: values of the same cells, by round."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from concbench.reports.gate import decision, thresholds
from concbench.reports.gate.evidence import FEWEST, Evidence, OneSample, PairedRounds, TwoSamples
from concbench.reports.gate.results import Result
from concbench.reports.run import answers, keys
from concbench.reports.run.schema import Planned as StoredCell
from concbench.reports.stats import robust

from .. import engine
from ..errors import UsageError, alternatives
from ..plan.cells import PlannedCell
from ..processes.outputs import MALFORMED
from ..spec import Cell
from ..store.state import Entry, History

if TYPE_CHECKING:
    from concbench.reports.run.stored import Stored

Values: TypeAlias = Mapping[int, float]
"""Logarithms of what was measured, or what was measured, by round."""
Work: TypeAlias = tuple[int, int | None]
"""How many tasks were done; and in which round, where those were a sample."""

BUDGET = 600.0
"""Seconds of a check, unless somebody gives another budget."""
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
class Samples:
    """The pairs of a check, what is asked of them, and the run that measures them.

    `stored` is the run that they are compared with, if not another side of the same.
    """

    pairs: Sequence[CellPair]
    thresholds: Sequence[thresholds.Threshold]
    past: History
    stored: Stored | None = None

    def asked(self, pair: CellPair) -> dict[str, float]:
        """The slow-downs that a pair is asked for, by metric."""
        if pair.before is None:
            return {}
        return thresholds.of_cell(self.thresholds, *_names(pair.now.cell))

    def required(self, pair: CellPair) -> dict[str, float]:
        """What a pair must stay below now, by metric."""
        return required(self.thresholds, pair.now.cell)

    @property
    def probes(self) -> tuple[str, ...]:
        """What a pass after every visit has to look at."""
        return tuple(probe for metric, probe in PROBES.items() if metric in self._metrics)

    @property
    def starts(self) -> bool:
        """Whether what starting takes is asked for."""
        return not {"startup", "one_shot"}.isdisjoint(self._metrics)

    @property
    def _metrics(self) -> set[str]:
        return {key for pair in self.pairs for key in (*self.asked(pair), *self.required(pair))}

    def failed(self) -> list[tuple[str, str]]:
        """The cells that could not be measured, each once, and why, by side if there are two."""
        reasons: dict[str, list[str]] = {}
        for pair in self.pairs:
            for one in pair.planned:
                if reason := self._reason(one):
                    line = f"{one.side}: {reason}" if one.side else reason
                    reasons.setdefault(self.name(pair), []).append(line)
        return [(cell, "; ".join(dict.fromkeys(each))) for cell, each in reasons.items()]

    def unknown(self) -> list[str]:
        """What was asked and nobody can tell here, a line for each metric and reason."""
        cells: dict[tuple[str, str], list[str]] = {}
        for pair, metric, _ in self._asked():
            if why := self._why_not(pair, metric):
                cells.setdefault((metric, why), []).append(self.name(pair))
        for pair, metric, _ in self._required():
            if why := self._why_no_level(pair, metric):
                cells.setdefault((f"{metric} bound", why), []).append(self.name(pair))
        return [f"{one} is not known of {', '.join(cells[one, why])}: {why}" for one, why in cells]

    def evidence(self) -> list[Evidence]:
        """One for each metric that is asked of a pair and known; of none that has failed."""
        seconds = durations(self.past)
        changes = [
            self._evidence(pair, metric, threshold, seconds)
            for pair, metric, threshold in self._asked()
            if not self._why_not(pair, metric)
        ]
        return [*changes, *self._levels(seconds)]

    def _levels(self, seconds: Mapping[int, float]) -> Iterator[OneSample]:
        for pair, metric, bound in self._required():
            if not self._why_no_level(pair, metric):
                values = tuple(value / bound for value in self._level(pair.now, metric).values())
                costs = sum(seconds.get(one.id, 0.0) for one in pair.planned)
                yield OneSample(pair.number, metric, bound, values, costs)

    def _evidence(
        self, pair: CellPair, metric: str, threshold: float, seconds: Mapping[int, float]
    ) -> Evidence:
        now, before = self.values(pair, metric)
        asked = pair.number, metric, threshold
        costs = sum(seconds.get(one.id, 0.0) for one in pair.planned), self._other_work(pair)
        if self.stored is None:
            return PairedRounds(*asked, tuple(_less(now, before).values()), *costs)
        return TwoSamples(*asked, tuple(now.values()), tuple(before.values()), *costs)

    def result(self, verdict: decision.Verdict) -> Result:
        """What to show of a verdict."""
        of, ratio = verdict.evidence, verdict.ratio
        pair = next(pair for pair in self.pairs if pair.number == of.cell)
        bound = of.bound if isinstance(of, OneSample) else None
        before = self._centre(pair, of.metric) if ratio and bound is None else None
        basis = before if bound is None else bound
        return Result(
            cell=self.name(pair),
            metric=of.metric,
            threshold=None if isinstance(of, OneSample) else of.threshold,
            word=verdict.word,
            rounds=verdict.rounds,
            before=before,
            after=basis * ratio.estimate if basis and ratio else None,
            ratio=ratio.estimate if ratio else None,
            low=ratio.low if ratio else None,
            high=ratio.high if ratio else None,
            p=verdict.p,
            more=verdict.more,
            confirmed=verdict.word in ("slower", "above"),
            example=self._example(pair) if of.other_work else "",
            bound=bound,
        )

    def _example(self, pair: CellPair) -> str:
        """`task 0: 1.0, was 1`, of the first task whose answers differ and are known.

        A stored run has none to show.
        """
        if self.stored is not None:
            return ""
        now, before = (_results(self.past.measured[one.id]) for one in pair.planned)
        both = enumerate(zip(now, before, strict=False))
        different = (f"task {i}: {one}, was {other}" for i, (one, other) in both if one != other)
        return next(different, "")

    def _centre(self, pair: CellPair, metric: str) -> float | None:
        """The trimmed geometric mean of before, over the rounds that count; None of ratios.

        There is none of now: the change is a trimmed mean of ratios, which no two centres of the
        sides need have, so what is shown as now is this times the change.
        """
        if pair.references:
            return None
        now, before = self.values(pair, metric)
        if self.stored is None:
            before = {number: before[number] for number in _less(now, before)}
        return math.exp(robust.mean(list(before.values())))

    def rule(self, budget: float) -> Callable[[Sequence[Values]], set[int]]:
        """What to measure in a round: every cell, then those undecided while the seconds last."""

        def cells(_: Sequence[Values]) -> set[int]:
            chosen: Sequence[int] = [pair.number for pair in self.pairs]
            if self.past.rounds:
                self.check_counted()
                verdicts = decision.judge(self.evidence())
                chosen = decision.choose(verdicts, budget - self.past.elapsed)
            return {one.id for pair in self.pairs if pair.number in chosen for one in pair.planned}

        return cells

    def name(self, pair: CellPair) -> str:
        """`http_get / asyncio`, with parameters where they differ, or tasks where names do not."""
        same = [one for one in self.pairs if one.short_name == pair.short_name]
        return pair.short_name if self.stored is None or len(same) == 1 else pair.now.cell.name

    def values(self, pair: CellPair, metric: str) -> tuple[Values, Values]:
        """Now and before, by round."""
        now = self._measured(pair.now, metric)
        if isinstance(pair.before, PlannedCell):
            return now, self._measured(pair.before, metric)
        before = _logarithms(self._stored(pair.before, metric))
        if pair.references is None:
            return now, before
        reference, stored = pair.references
        now = _less(now, self._measured(reference, metric))
        return now, _less(before, _logarithms(self._stored(stored, metric)))

    def answered(self, pair: CellPair) -> bool:
        """Whether the stored run has enough rounds of anything that is asked of a pair."""
        return any(self._enough(pair, metric) for metric in self.asked(pair))

    def _asked(self) -> Iterator[tuple[CellPair, str, float]]:
        """Each slow-down that is asked of a pair that can run and has not failed."""
        for pair in self._measurable():
            for metric, threshold in self.asked(pair).items():
                yield pair, metric, threshold

    def _required(self) -> Iterator[tuple[CellPair, str, float]]:
        """The same of bounds."""
        for pair in self._measurable():
            for metric, bound in self.required(pair).items():
                yield pair, metric, bound

    def _measurable(self) -> Iterator[CellPair]:
        for pair in self.pairs:
            if not any(map(self._reason, pair.planned)):
                yield pair

    def check_counted(self) -> None:
        """Raise UsageError where a metric of its own is asked of a workload that has none such."""
        for one in self.thresholds:
            of = [p.now for p in self.pairs if one.covers(*_names(p.now.cell))]
            runs = [run for planned in of for run in self.past.measured[planned.id]]
            counted = {name for run in runs for name in run.get("metrics", ())}
            if runs and one.metric not in {*thresholds.METRICS, *counted}:
                there = alternatives(one.metric, [*thresholds.METRICS, *counted])
                raise UsageError(f"{one.option} '{one}': no workload counts {one.metric}{there}")

    def _reason(self, planned: PlannedCell) -> str:
        """Why a cell cannot be compared, or nothing."""
        return planned.reason or self.past.reason(planned.id)

    def _why_not(self, pair: CellPair, metric: str) -> str:
        """Why a change of a metric cannot be known, or nothing; nothing before the first round."""
        if self._lowest(pair, metric) <= 0:
            return "it is 0 or less in some rounds, which has no ratio: use --require"
        now, before = self.values(pair, metric)
        if self.stored is not None:
            if metric in PROBES:
                return f"a stored run has {metric} of one pass only: use --against"
            if not self._enough(pair, metric):
                return f"fewer than {FEWEST} rounds of the baseline have it"
            if now:
                return ""
        elif now and before:
            return ""
        return self._why_absent(pair.planned, metric)

    def _why_no_level(self, pair: CellPair, metric: str) -> str:
        """The same of a metric that has a bound."""
        return "" if self._level(pair.now, metric) else self._why_absent([pair.now], metric)

    def _why_absent(self, cells: Sequence[PlannedCell], metric: str) -> str:
        """Why one of these has no values; nothing where it was not measured yet."""
        for one in cells:
            runs = self.past.measured[one.id]
            if runs and not self._level(one, metric):
                probe = PROBES.get(metric, "")
                why = runs[-1].get("absent", {}).get(probe, "nothing reports it")
                return f"{one.side}: {why}" if one.side else str(why)
        return ""

    def _enough(self, pair: CellPair, metric: str) -> bool:
        return self.stored is None or len(self.values(pair, metric)[1]) >= FEWEST

    def _lowest(self, pair: CellPair, metric: str) -> float:
        """The least of its values, on either side; infinite without one."""
        measured = [self._raw(one, metric, whole=False) for one in pair.planned]
        others = [pair.before, *(pair.references or ())]
        stored = [self._stored(one, metric) for one in others if isinstance(one, StoredCell)]
        return min(chain(*(one.values() for one in (*measured, *stored))), default=math.inf)

    def _measured(self, planned: PlannedCell, metric: str) -> Values:
        """Logarithms, of the rounds that count in the run that goes on."""
        # Two sides measure the same sample of all tasks, two runs need not.
        return _logarithms(self._raw(planned, metric, whole=self.stored is not None))

    def _level(self, planned: PlannedCell, metric: str) -> Values:
        """The values themselves, of all tasks of a batch."""
        return self._raw(planned, metric, whole=True)

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

    def _other_work(self, pair: CellPair) -> bool:
        """Whether now and before gave different answers to the same tasks."""
        if pair.before is None:
            return False
        now, before = self._answers(pair.now), self._answers(pair.before)
        return any(not answers.same(now[work], before[work]) for work in now.keys() & before.keys())

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


def required(given: Sequence[thresholds.Threshold], cell: Cell) -> dict[str, float]:
    """What a cell must stay below, by metric."""
    return thresholds.bounds_of_cell(given, *_names(cell))


def check_named(
    given: Sequence[thresholds.Threshold], cells: Iterable[Cell], alone: Sequence[tuple[str, str]]
) -> None:
    """Raise UsageError where a threshold names no cell of either side, or two ask one for more."""
    names = [_names(cell) for cell in cells]
    for cell, _ in alone:
        work, _, how = cell.partition(" / ")
        work = work.rpartition(" x ")[0]
        names.append(((work.partition("[")[0], work), (how.partition("[")[0], how)))
    for one in thresholds.idle(given, names):
        there = ", ".join(sorted({workload[0] for workload, _ in names}))
        named = one.cells or one.metric
        raise UsageError(f"{one.option} names no cell with {named} (workloads: {there})")
    for one, other in thresholds.rivals(given, names):
        raise UsageError(f"{one.option} '{one}' and '{other}' are both for one cell: keep one")


def _names(cell: Cell) -> tuple[tuple[str, str], tuple[str, str]]:
    work, how = cell.workload, cell.strategy
    return (work.name, work.label), (how.name, how.label)


def _results(runs: Sequence[Entry]) -> list[str]:
    """The sample that the worker of the first round kept, if it is there."""
    for run in runs:
        try:
            facts = engine.loads(run["benchmark"]).get_runs()[0].get_metadata()
            return list(json.loads(facts[keys.RESULTS]))
        except MALFORMED:  # without a sample there is no example
            continue
    return []


def durations(past: History) -> dict[int, float]:
    """Seconds of a cell's visit, its worker's start included: the median of its rounds."""
    return {cell: median(each) for cell, each in past.visits.items() if each}


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
