"""One cell in two places, two runs or two sides of one: both times, their ratio, and a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import statistics, text
from .facts import Planned
from .stored import Process

MATTERS = 0.05
"""An interval within so much of 1 says that there is no difference; a wider one is unclear."""
_WORDS = ("slower", "faster", "no difference", "unclear", "other work", "missing")
_MEANING = {
    "unclear": f"the interval reaches beyond {text.percent(MATTERS, ' ')}, so that much may hide "
    "in it: measure more rounds",
    "other work": "the answers differ, so the times are not of the same work",
}


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


def fields(row: Compared) -> tuple[str, str, str, str, str]:
    """What a table says of it: its name, both times, ratio and word."""
    ratio = row.ratio
    return (
        row.cell,
        text.duration(row.first_seconds),
        text.duration(row.other_seconds),
        text.interval(ratio.estimate, ratio.low, ratio.high) if ratio else text.NONE,
        row.word,
    )


def short(row: Compared) -> Compared:
    """The same with a word that leaves it to the dash to say which of them is missing."""
    if not row.word.startswith("missing"):
        return row
    return replace(row, word=row.word.partition("(")[2].rstrip(")") or "missing")


def counts(rows: Sequence[Compared]) -> str:
    """`1 slower, 17 no difference`."""
    told = _told(rows)
    return ", ".join(f"{told[word]} {word}" for word in _WORDS if told[word])


def meanings(rows: Sequence[Compared]) -> Iterator[str]:
    """A line for each word among them that needs one."""
    told = _told(rows)
    return (f"{word}: {meaning}" for word, meaning in _MEANING.items() if told[word])


def _told(rows: Sequence[Compared]) -> Counter[str]:
    return Counter("missing" if row.word.startswith("missing") else row.word for row in rows)
