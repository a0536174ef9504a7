"""The whole answer of an advice: sentences, a table and a document, from a stored run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .. import numbers
from ..analysis.cells import Row
from ..run.stored import Stored
from ..table import Table, headings
from . import prediction
from .findings import Findings, Remark, called, find, simplicity
from .remarks import GOALS, at_most, left_out, remarks

SCHEMA = 1
_TITLES = (
    "strategy",
    "workers",
    "at the least",
    "batch",
    "speed-up",
    "CPU/task",
    "memory",
    "verdict",
)


@dataclass(frozen=True)
class Bar:
    """What was raced, its speed as a share of that of the fastest, and its time in words."""

    name: str
    share: float
    time: str


@dataclass(frozen=True)
class AdviceAnswer:
    """An advice, ready to be shown anywhere.

    `saw` are the sentences of the look, `left_out` pairs of a strategy and why it was not raced.
    """

    findings: Findings
    saw: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    remarks: tuple[Remark, ...]
    table: Table
    bars: tuple[Bar, ...]

    @property
    def use(self) -> Row | None:
        """The row that is advised, or looks best."""
        return self.findings.use

    @property
    def outcome(self) -> str:
        """`decided`, `open`, `predicted` or `failed`."""
        if self.findings.advice.failure:
            return "failed"
        if self.findings.use is None:
            return "predicted" if self.findings.advice.no_race else "open"
        return "decided" if self.findings.decided else "open"

    @property
    def gain_at_most(self) -> float | None:
        """By how much another number may be faster, where only that is open; 0.07 is 7 %.

        None elsewhere, and where one of them ran too little to say.
        """
        return None if self.findings.hardly else self.findings.gain

    @property
    def title(self) -> str:
        """What was asked."""
        about = self.findings.advice
        return f"{about.target}, {about.tasks:,} tasks: {GOALS[about.goal]}"

    def document(self) -> dict[str, Any]:
        """All of it as JSON values."""
        advice, use = self.findings.advice, self.use
        return {
            "schema": SCHEMA,
            "run": self.findings.stored.run.id,
            "target": advice.target,
            "goal": advice.goal,
            "outcome": self.outcome,
            "undecided": self.findings.undecided,
            "gain_at_most": self.gain_at_most,
            "use": None if use is None else _plain(use),
            "as_good": [_plain(row) for row in self.findings.as_good],
            "may_be_faster": [_plain(row) for row in self.findings.rivals],
            "saw": list(self.saw),
            "look": None if advice.look is None else asdict(advice.look),
            "costs_from": advice.costs_from,
            "left_out": dict(self.left_out),
            "remarks": [asdict(one) for one in self.remarks],
            "candidates": [asdict(one) for one in advice.candidates],
            "takes_on": advice.takes_on,
            "code": advice.code,
        }


def _plain(row: Row) -> dict[str, Any]:
    keys = (
        *("strategy", "strategy_params", "batch_seconds", "batch_low", "batch_high", "speedup"),
        *("speedup_low", "speedup_high", "of_limit", "cpu_per_task_seconds", "one_shot_seconds"),
        *("peak_bytes", "rounds"),
    )
    return {key: getattr(row, key) for key in keys}


def answer(stored: Stored) -> AdviceAnswer | None:
    """The answer of a stored advice; None of any other run."""
    found = find(stored)
    if found is None:
        return None
    look = found.advice.look
    saw = tuple(prediction.words(look, found.advice.cpus)) if look else ()
    out = tuple(left_out(found))
    return AdviceAnswer(found, saw, out, tuple(remarks(found)), _table(found), tuple(_bars(found)))


def _table(found: Findings) -> Table:
    strategies = dict.fromkeys(row.strategy for row in found.rows if row.id in found.heat.times)
    ordered = sorted(strategies, key=simplicity)
    rows = [row for one in ordered if (row := _shown(found, one)) is not None]
    return Table(
        title="the best of each strategy that was raced, the simplest first",
        headings=headings(_TITLES, left=(0, 7)),
        rows=tuple(tuple(_texts(found, row)) for row in rows),
    )


def _bars(found: Findings) -> Iterator[Bar]:
    """All that was raced, the simplest first, by workers."""
    rows = [row for row in found.rows if row.id in found.heat.times]
    times = {row.id: seconds for row in rows if (seconds := _took(found, row))}
    for row in sorted(rows, key=lambda row: (simplicity(row.strategy), row.workers)):
        if row.id in times:
            share = min(times.values()) / times[row.id]
            yield Bar(called(row), share, numbers.duration(times[row.id]))


def _took(found: Findings, row: Row) -> float | None:
    return row.one_shot_seconds if found.advice.goal == "one-shot" else row.batch_seconds


def _shown(found: Findings, strategy: str) -> Row | None:
    if found.use is not None and found.use.strategy == strategy:
        return found.use
    return found.best_of(strategy)


def _texts(found: Findings, row: Row) -> Iterator[str]:
    yield row.strategy
    yield numbers.count(found.candidate(row).workers)
    yield numbers.duration(found.candidate(row).seconds)
    yield numbers.duration(row.batch_seconds)
    yield numbers.interval(row.speedup, row.speedup_low, row.speedup_high)
    yield numbers.brief(row.cpu_per_task_seconds)
    yield numbers.size(row.peak_bytes)
    yield _word(found, row)


def _word(found: Findings, row: Row) -> str:
    use = found.use
    if use is None:
        return _too_large(row)
    if row.id == use.id:
        return "use" if found.decided or found.number_open else "looks best"
    if row in found.as_good:
        return "as good, simpler" if found.is_simpler(row) else "as good"
    if row in found.rivals:
        return "may be faster"
    if row not in found.allowed:
        return _too_large(row)
    if row.id in found.heat.beaten:
        return "slower"
    return "slower (predicted)" if row.id in found.heat.hopeless else "not faster by the margin"


def _too_large(row: Row) -> str:
    known = row.peak_bytes is not None
    return "needs more memory than allowed" if known else "its memory is not known"


def headline(found: AdviceAnswer) -> str:
    """`use asyncio with 32 in flight`, for a page or a notebook."""
    words = {"decided": "use", "open": "cannot tell yet:", "predicted": "predicted:"}
    if found.use is None:
        return found.remarks[0].text
    if found.findings.number_open:
        most = found.gain_at_most
        why = "the number is open" if most is None else f"another gains {at_most(most)} at most"
        return f"use {called(found.use)} ({why})"
    return f"{words.get(found.outcome, '')} {called(found.use)}".strip()
