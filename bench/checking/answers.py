"""From what a run's journal holds to the answers of the gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..storing.history import History
from .evidence import Pair, asked, centre, compared, evidence, known

if TYPE_CHECKING:
    from reports.gate import Threshold, Verdict
    from reports.gate.checked import Answer


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
    from reports.gate.checked import Answer

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
    )
