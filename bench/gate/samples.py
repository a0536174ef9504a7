"""What a run's journal holds for the gate: for each pair and metric the ratios of its rounds.

From what a run's journal holds to the answers of the gate.

Which cells the next round measures: those of pairs that the gate has not decided.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import engine
from ..errors import UsageError
from ..plan.cells import Planned
from ..processes.outputs import MALFORMED
from ..spec import Cell
from ..store.state import History

if TYPE_CHECKING:
    from reports.gate import Evidence, Threshold, Verdict
    from reports.gate.results import Answer


Entry: TypeAlias = Mapping[str, Any]

FIELDS = {"batch": "seconds", "one_shot": "one_shot", "cpu": "cpu", "memory": "memory"}
"""From a metric of the gate to what the journal calls it."""


@dataclass(frozen=True)
class Pair:
    """The same cell on both sides: as it is now, and as it was."""

    number: int
    now: Planned
    before: Planned


def pairs(cells: Sequence[Planned]) -> list[Pair]:
    """The pairs of two sides, of which the first is the one that is checked."""
    found: dict[int, list[Planned]] = {}
    for one in cells:
        if one.pair is not None:
            found.setdefault(one.pair, []).append(one)
    return [Pair(number, *both) for number, both in sorted(found.items()) if len(both) == 2]


def compared(pair: Pair, past: History) -> bool:
    """Whether both can run and neither has failed."""
    both = (pair.now, pair.before)
    return not any(one.reason or past.reason(one.id) for one in both)


def evidence(found: Sequence[Pair], past: History, given: Sequence[Threshold]) -> list[Evidence]:
    """One for each metric that is asked of a pair; pairs that cannot be compared have none."""
    from reports.gate import Evidence

    took = durations(past)
    return [
        Evidence(pair.number, metric, least, ratios(pair, metric, past), seconds, differ)
        for pair in found
        if compared(pair, past)
        for seconds in [took.get(pair.now.id, 0.0) + took.get(pair.before.id, 0.0)]
        for differ in [other_work(pair, past)]
        for metric, least in asked(pair, given).items()
        if known(pair, metric, past)
    ]


def asked(pair: Pair, given: Sequence[Threshold]) -> dict[str, float]:
    """The thresholds of a pair, by metric."""
    from reports.gate import thresholds

    return thresholds(given, *_names(pair.now.cell))


def check_named(
    given: Sequence[Threshold], found: Iterable[Cell], alone: Sequence[tuple[str, str]]
) -> None:
    """Raise UsageError where a threshold names a cell that neither side has."""
    from reports.gate.thresholds import idle

    cells = [_names(cell) for cell in found]
    for cell, _ in alone:
        work, _, how = cell.partition(" / ")
        work = work.rpartition(" x ")[0]
        cells.append(((work, work.partition("[")[0]), (how, how.partition("[")[0])))
    if unused := idle(given, cells):
        there = ", ".join(sorted({names[0][0] for names in cells}))
        raise UsageError(f"--fail-on names no cell with {unused[0]} (workloads: {there})")


def _names(cell: Cell) -> tuple[tuple[str, str], tuple[str, str]]:
    work, how = cell.workload, cell.strategy
    return (work.name, work.label), (how.name, how.label)


def known(pair: Pair, metric: str, past: History) -> bool:
    """Whether the metric can be had here: no round yet, or one that has it."""
    both = [*past.measured[pair.now.id], *past.measured[pair.before.id]]
    return not both or any(run.get(FIELDS[metric]) is not None for run in both)


def ratios(pair: Pair, metric: str, past: History) -> tuple[float, ...]:
    """Logarithms of now over before, of the rounds that count and that both have, in order."""
    return tuple(math.log(now / before) for now, before in _both(pair, metric, past))


def centre(pair: Pair, metric: str, past: History) -> float | None:
    """The trimmed geometric mean of before, over the rounds of `ratios`; None without one.

    There is none of now: the change is a trimmed mean of ratios, which no two centres of the sides
    need have, so what is shown as now is this times the change.
    """
    from reports.stats import robust

    both = _both(pair, metric, past)
    return math.exp(robust.mean([math.log(before) for _, before in both])) if both else None


def _both(pair: Pair, metric: str, past: History) -> list[tuple[float, float]]:
    now, before = (_values(one.id, metric, past) for one in (pair.now, pair.before))
    return [(now[number], before[number]) for number in sorted(now.keys() & before.keys())]


def _values(cell: int, metric: str, past: History) -> dict[int, float]:
    replaced = past.replaced()
    return {
        run["round"]: run[FIELDS[metric]]
        for run in past.measured[cell]
        if run["round"] not in replaced and (run.get(FIELDS[metric]) or 0) > 0
    }


def other_work(pair: Pair, past: History) -> bool:
    """Whether the sides gave different answers to the same tasks."""
    now, before = (
        {run["answer"] for run in past.measured[one.id]} for one in (pair.now, pair.before)
    )
    return bool(now and before and now != before)


def durations(past: History) -> dict[int, float]:
    """Seconds of a cell's visit, its worker's start included: the median of its rounds."""
    took: dict[int, list[float]] = {}
    for entry, seconds in _steps(past.entries):
        if entry["event"] == "measured":
            took.setdefault(entry["cell"], []).append(seconds)
    return {cell: median(each) for cell, each in took.items()}


def _steps(entries: Sequence[Entry]) -> Iterator[tuple[Entry, float]]:
    """Each entry with the time since the one before."""
    before = 0.0
    for entry in entries:
        now = entry.get("elapsed", before)
        yield entry, now - before
        before = now


def answers(found: Sequence[Pair], past: History, given: Sequence[Threshold]) -> list[Answer]:
    """One for each metric that was asked of a pair and could be known."""
    from reports.gate import judged

    by_number = {pair.number: pair for pair in found}
    return [
        _answer(by_number[verdict.evidence.cell], verdict, past)
        for verdict in judged(evidence(found, past, given))
    ]


def failed(found: Sequence[Pair], past: History) -> list[tuple[str, str]]:
    """The cells that one side, or both, could not measure, and why."""
    return [
        (name(pair), f"{one.side}: {reason}")
        for pair in found
        if not compared(pair, past)
        for one in (pair.now, pair.before)
        if (reason := one.reason or past.reason(one.id))
    ]


def unknown(found: Sequence[Pair], past: History, given: Sequence[Threshold]) -> list[str]:
    """Metrics that were asked and that nobody can tell here, a line each."""
    cells: dict[str, list[str]] = {}
    for pair in found:
        for metric in asked(pair, given):
            if compared(pair, past) and not known(pair, metric, past):
                cells.setdefault(metric, []).append(name(pair))
    return [f"{metric} is not known here of {', '.join(names)}" for metric, names in cells.items()]


def name(pair: Pair) -> str:
    """`http_get / asyncio`, with the parameters of a choice of cells on both sides."""
    now, before = pair.now.cell, pair.before.cell
    if now.strategy.name != before.strategy.name:
        return f"{now.workload.label} / {now.strategy.name}"
    return f"{now.workload.label} / {now.strategy.label}"


def _answer(pair: Pair, verdict: Verdict, past: History) -> Answer:
    from reports.gate.results import Answer

    of, ratio = verdict.evidence, verdict.ratio
    before = centre(pair, of.metric, past)
    return Answer(
        cell=name(pair),
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
        example=_example(pair, past) if of.other_work else "",
    )


def _example(pair: Pair, past: History) -> str:
    """`task 0: 1.0, was 1`, of the first task whose answers differ and are known."""
    now, before = (_results(past.measured[one.id]) for one in (pair.now, pair.before))
    both = enumerate(zip(now, before, strict=False))
    return next((f"task {i}: {one}, was {other}" for i, (one, other) in both if one != other), "")


def _results(runs: Sequence[Entry]) -> list[str]:
    """The sample that the worker of the first round kept, if it is there."""
    for run in runs:
        try:
            facts = engine.loads(run["benchmark"]).get_runs()[0].get_metadata()
            return list(json.loads(facts["cb_results"]))
        except MALFORMED:  # without a sample there is no example
            continue
    return []


@dataclass(frozen=True)
class Rule:
    """The gate's, as the rounds of a run ask it; `budget` in seconds."""

    cells: Sequence[Planned]
    given: Sequence[Threshold]
    budget: float
    past: History

    def __call__(self, _: Sequence[Mapping[int, float]]) -> list[int]:
        from reports.gate import wanted

        found = pairs(self.cells)
        if not self.past.rounds:
            return [one.id for one in self.cells]
        told = evidence(found, self.past, self.given)
        chosen = set(wanted(told, self.budget - self.past.elapsed))
        return [one.id for one in self.cells if one.pair in chosen]
