"""The pairs of a check: what is asked of them, and what their readings say by now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from concbench.reports.gate import decision, thresholds
from concbench.reports.gate.evidence import STORED, Evidence, OneSample, PairedRounds, TwoSamples
from concbench.reports.gate.results import Result

from ..errors import UsageError, alternatives
from ..plan.cells import PlannedCell
from ..spec import Cell
from ..store.state import History
from .readings import PROBES, CellPair, Readings, Values

if TYPE_CHECKING:
    from concbench.reports.run.stored import Stored

BUDGET = 600.0
"""Seconds of a check, unless somebody gives another budget."""


@dataclass(frozen=True)
class Samples:
    """The pairs of a check, what is asked of them, and the run that measures them.

    `stored` is the run that they are compared with, if not another side of the same.
    """

    pairs: Sequence[CellPair]
    thresholds: Sequence[thresholds.Threshold]
    past: History
    stored: Stored | None = None

    @property
    def readings(self) -> Readings:
        """What was measured of them."""
        return Readings(self.past, self.stored)

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
        changes = [
            self._evidence(pair, metric, threshold)
            for pair, metric, threshold in self._asked()
            if not self._why_not(pair, metric)
        ]
        return [*changes, *self._levels()]

    def _levels(self) -> Iterator[OneSample]:
        for pair, metric, bound in self._required():
            if not self._why_no_level(pair, metric):
                level = self.readings.level(pair.now, metric)
                values = tuple(value / bound for value in level.values())
                yield OneSample(pair.number, metric, bound, values, self._seconds(pair))

    def _evidence(self, pair: CellPair, metric: str, threshold: float) -> Evidence:
        asked = pair.number, metric, threshold
        about = self._seconds(pair), self.readings.other_work(pair)
        if self.stored is None:
            ratios = self.readings.ratios(pair, metric)
            return PairedRounds(*asked, tuple(ratios.values()), *about)
        now, before = (tuple(one.values()) for one in self.readings.values(pair, metric))
        return TwoSamples(*asked, now, before, *about)

    def _seconds(self, pair: CellPair) -> float:
        """What a round of it costs, the start of its workers included: medians of its visits."""
        visits = (self.past.visits.get(one.id) for one in pair.planned)
        return sum(median(each) for each in visits if each)

    def result(self, verdict: decision.Verdict) -> Result:
        """What to show of a verdict."""
        of, ratio = verdict.evidence, verdict.ratio
        pair = next(pair for pair in self.pairs if pair.number == of.cell)
        bound = of.bound if isinstance(of, OneSample) else None
        before = self.readings.centre(pair, of.metric) if ratio and bound is None else None
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
            example=self.readings.example(pair) if of.other_work else "",
            bound=bound,
        )

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
        if self.readings.lowest(pair, metric) <= 0:
            return "it is 0 or less in some rounds, which has no ratio: use --require"
        now, before = self.readings.values(pair, metric)
        if self.stored is not None:
            if metric in PROBES:
                return f"a stored run has {metric} of one pass only: use --against"
            if not self._enough(pair, metric):
                return f"fewer than {STORED} rounds of the baseline have it"
            if now:
                return ""
        elif now and before:
            return ""
        return self.readings.why_absent(pair.planned, metric)

    def _why_no_level(self, pair: CellPair, metric: str) -> str:
        """The same of a metric that has a bound."""
        if self.readings.level(pair.now, metric):
            return ""
        return self.readings.why_absent([pair.now], metric)

    def _enough(self, pair: CellPair, metric: str) -> bool:
        return self.stored is None or len(self.readings.values(pair, metric)[1]) >= STORED


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
