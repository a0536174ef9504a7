"""Stored runs against the first of them, cell by cell; never measures.

Nothing pairs the rounds of two runs, so a ratio here carries all that the machine did between
them: its interval is Welch's, wider than one from sides measured in the same rounds.  Only what
was stored twice of one run is paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import differences, statistics
from .circumstances import warnings
from .facts import Planned
from .stored import Process, Stored

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["MATTERS", "Compared", "compared", "grouped", "show", "warnings"]

MATTERS = 0.05
"""An interval within so much of 1 says that there is no difference; a wider one is unclear."""


@dataclass(frozen=True)
class Compared:
    """One cell in two runs; seconds are of a batch, `ratio` the other's over the first's.

    `word` is slower, faster, no difference, unclear, other work, or missing on one side.
    """

    run: str
    cell: str
    first_seconds: float | None
    other_seconds: float | None
    ratio: statistics.Interval | None
    p: float | None
    word: str
    misses: float = 1 - statistics.CONFIDENCE
    """A `p` of at most this is a difference: less where a run could have stopped at any look."""


@dataclass(frozen=True)
class _Side:
    """A cell in one of the runs."""

    planned: Planned
    processes: tuple[Process, ...]
    confidence: float

    @property
    def seconds(self) -> dict[int, float]:
        return {process.round: process.seconds for process in self.processes}

    @property
    def mean(self) -> float | None:
        """The geometric mean, None without a time."""
        seconds = list(self.seconds.values())
        return statistics.mean(seconds).estimate if seconds else None

    @property
    def work(self) -> tuple[int | None, frozenset[str]]:
        """The tasks that were done and their answers."""
        answers = frozenset(process.answer for process in self.processes) - {""}
        return self.planned.measured_tasks, answers


def compared(runs: Sequence[Stored]) -> list[Compared]:
    """Every cell of every later run against the first run; p values after Holm over all."""
    return [row for rows in grouped(runs) for row in rows]


def grouped(runs: Sequence[Stored]) -> list[list[Compared]]:
    """The same, a list for each later run."""
    first, *others = runs
    found = [list(_pairs(first, other)) for other in others]
    tested = [row.p for rows in found for row in rows if row.p is not None]
    known = iter(statistics.holm(tested))
    return [[_judged(row, known) for row in rows] for rows in found]


def _pairs(first: Stored, other: Stored) -> Iterator[Compared]:
    here, there = _sides(first), _sides(other)
    paired = _same(first, other)
    for cell in {**here, **there}:
        sides = here.get(cell), there.get(cell)
        if any(side and side.processes for side in sides):
            yield _compared(Compared(other.run.id, cell, None, None, None, None, ""), sides, paired)


def _sides(stored: Stored) -> dict[str, _Side]:
    found = {}
    for cells in stored.blocks().values():
        confidence = differences.level(stored, cells)
        for cell in cells:
            times = stored.of(cell.id) if cell.status == "measured" else ()
            found[cell.name] = _Side(cell, times, confidence)
    return found


def _same(first: Stored, other: Stored) -> bool:
    """Whether both are stored from one run, such as a baseline and where it came from."""
    if not first.run.started:
        return (first.folder.resolve(), first.run.id) == (other.folder.resolve(), other.run.id)
    return (first.run.id, first.run.started, first.run.seed) == (
        other.run.id,
        other.run.started,
        other.run.seed,
    )


def _compared(row: Compared, sides: tuple[_Side | None, _Side | None], paired: bool) -> Compared:
    here, there = sides
    row = replace(
        row, first_seconds=here.mean if here else None, other_seconds=there.mean if there else None
    )
    if not here or not here.processes:
        return replace(row, word=_missing("first", here))
    if not there or not there.processes:
        return replace(row, word=_missing("other", there))
    if _other_work(here, there):
        return replace(row, word="other work")
    confidence = max(here.confidence, there.confidence)
    above, below = there.seconds, here.seconds
    ratio: statistics.Interval | None
    if paired:
        ratio = statistics.ratio(above, below, confidence)
        p = statistics.p_value(above, below)
    else:
        ratio, p = statistics.welch(list(above.values()), list(below.values()), confidence)
    return replace(row, ratio=ratio, p=p, misses=1 - confidence)


def _missing(where: str, side: _Side | None) -> str:
    status = f" ({side.planned.status})" if side and side.planned.status != "measured" else ""
    return f"missing in the {where}{status}"


def _other_work(here: _Side, there: _Side) -> bool:
    """Whether the answers differ; those of different samples say nothing."""
    (tasks, answers), (others, other_answers) = here.work, there.work
    return tasks == others and bool(answers and other_answers) and answers != other_answers


def _judged(row: Compared, known: Iterator[float]) -> Compared:
    row = row if row.p is None else replace(row, p=next(known))
    return replace(row, word=row.word or _word(row))


def _word(row: Compared) -> str:
    ratio = row.ratio
    if ratio is None or ratio.low is None or ratio.high is None or row.p is None:
        return "unclear"
    if row.p <= row.misses:
        return "slower" if ratio.estimate > 1 else "faster"
    within = ratio.low >= 1 / (1 + MATTERS) and ratio.high <= 1 + MATTERS
    return "no difference" if within else "unclear"


def show(runs: Sequence[Stored], console: Console) -> None:
    """Print what differs around them, then tables for each run, within the console's width."""
    from .compare_table import show as tables  # loads Rich

    tables(runs, grouped(runs), warnings(runs), console)
