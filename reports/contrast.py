"""One cell in two places, two runs or two sides of one: both times, their ratio, and a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import statistics
from .facts import Planned
from .stored import Process

MATTERS = 0.05
"""An interval within so much of 1 says that there is no difference; a wider one is unclear."""


@dataclass(frozen=True)
class Compared:
    """One cell in two places; seconds are of a batch, `ratio` the other's over the first's.

    `run` is the other run's id or the other side's title.  `word` is slower, faster, no difference,
    unclear, other work, or missing in one of them.
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
class Seen:
    """A cell in one of the places."""

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


def contrasted(
    run: str, cell: str, here: Seen | None, there: Seen | None, *, paired: bool
) -> Compared:
    """The cell there against here, paired by round or as two samples; not yet `judged`."""
    times = (here.mean if here else None), (there.mean if there else None)
    row = Compared(run, cell, *times, None, None, "")
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


def _missing(where: str, seen: Seen | None) -> str:
    status = f" ({seen.planned.status})" if seen and seen.planned.status != "measured" else ""
    return f"missing in the {where}{status}"


def _other_work(here: Seen, there: Seen) -> bool:
    """Whether the answers differ; those of different samples say nothing."""
    (tasks, answers), (others, other_answers) = here.work, there.work
    return tasks == others and bool(answers and other_answers) and answers != other_answers


def judged(groups: Sequence[Sequence[Compared]]) -> list[list[Compared]]:
    """The same with p values after Holm over all of them, and each with its word."""
    tested = [row.p for rows in groups for row in rows if row.p is not None]
    known = iter(statistics.holm(tested))
    return [[_judged(row, known) for row in rows] for rows in groups]


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
