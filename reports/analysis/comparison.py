"""One cell in two places, two runs or two sides of one: both times, their ratio, and a word.

Every pair of strategies of a block: how many times slower, and whether that is chance.

The sides of one run, each against the first: the same cells in the same rounds, paired.

What a machine does to a round it does to all its sides, so that nothing of it is in a ratio here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from .. import numbers
from ..run.samples import Process
from ..run.schema import Planned, Side
from ..run.stored import Stored
from ..stats import intervals, stopping
from ..stats.intervals import Interval
from . import cells, names

MATTERS = 0.05
"""An interval within so much of 1 says that there is no difference; a wider one is unclear."""
_WORDS = ("slower", "faster", "no difference", "unclear", "other work", "missing")
_MEANING = {
    "unclear": f"the interval reaches beyond {numbers.percent(MATTERS, ' ')}, so that much may "
    "hide in it: measure more rounds",
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
    ratio: intervals.Interval | None
    p: float | None
    word: str
    misses: float = 1 - intervals.CONFIDENCE
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
        return intervals.mean(seconds).estimate if seconds else None

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
    ratio: intervals.Interval | None
    if paired:
        ratio = intervals.ratio(above, below, confidence)
        p = intervals.p_value(above, below)
    else:
        ratio, p = intervals.welch(list(above.values()), list(below.values()), confidence)
    return replace(row, ratio=ratio, p=p, misses=1 - confidence)


def _missing(where: str, seen: Seen | None) -> str:
    status = f" ({seen.planned.status})" if seen and seen.planned.status != "measured" else ""
    return f"missing in the {where}{status}"


def _other_work(here: Seen, there: Seen) -> bool:
    """Whether the answers differ; those of different samples say nothing."""
    (tasks, answers), (others, other_answers) = here.work, there.work
    return tasks == others and bool(answers and other_answers) and answers != other_answers


def judgement(groups: Sequence[Sequence[Compared]]) -> list[list[Compared]]:
    """The same with p values after Holm over all of them, and each with its word."""
    tested = [row.p for rows in groups for row in rows if row.p is not None]
    known = iter(intervals.holm(tested))
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
        numbers.duration(row.first_seconds),
        numbers.duration(row.other_seconds),
        numbers.interval(ratio.estimate, ratio.low, ratio.high) if ratio else numbers.NONE,
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


@dataclass(frozen=True)
class Difference:
    """Two cells by id: `ratio` is the seconds of the second over those of the first.

    `p` is adjusted for all pairs of the block (Holm), None with one round in common; a `p` of at
    most `misses` is a difference.
    """

    first: int
    second: int
    rounds: int
    ratio: Interval
    p: float | None
    misses: float

    @property
    def found(self) -> bool:
        """Whether it is more than chance."""
        return self.p is not None and self.p <= self.misses


def differences(stored: Stored, cells: Sequence[Planned]) -> list[Difference]:
    """The pairs of measured cells that share a round, paired by round."""
    times = {
        cell.id: {process.round: process.seconds for process in stored.of(cell.id)}
        for cell in cells
        if cell.status == "measured"
    }
    confidence = level(stored, cells)
    found = [
        (pair, ratio)
        for pair in combinations(times, 2)
        if (ratio := intervals.ratio(times[pair[1]], times[pair[0]], confidence))
    ]
    tested = [intervals.p_value(times[first], times[second]) for (first, second), _ in found]
    known = iter(intervals.holm([p for p in tested if p is not None]))
    return [
        Difference(
            first,
            second,
            len(times[first].keys() & times[second].keys()),
            ratio,
            None if p is None else next(known),
            1 - confidence,
        )
        for ((first, second), ratio), p in zip(found, tested, strict=True)
    ]


def level(stored: Stored, cells: Sequence[Planned]) -> float:
    """The confidence of a block's intervals: a number of rounds fixed beforehand spends nothing."""
    if stored.run.rounds_limit is not None:
        return intervals.CONFIDENCE
    ids = {cell.id for cell in cells}
    return stopping.confidence(len({one.round for one in stored.processes if one.cell in ids}))


METHOD = "sides are paired by round; p values are Holm's over all cells"


@dataclass(frozen=True)
class Pair:
    """A cell of the first side and the same of another, and what came out."""

    first: Planned
    other: Planned
    found: Compared


@dataclass(frozen=True)
class Against:
    """Another side against the first, its pairs in the order of the plan."""

    first: Side
    other: Side
    pairs: tuple[Pair, ...]

    @property
    def title(self) -> str:
        """`working tree against git:main (1a2b3c4)`."""
        return f"{self.other.title} against {self.first.title}"

    @property
    def said(self) -> str:
        """`working tree against git:main (1a2b3c4): 1 slower, 17 no difference`."""
        return f"{self.title}: {counts(self.found) or 'nothing was measured on either'}"

    @property
    def headings(self) -> tuple[str, str, str, str, str]:
        """Of a table of the pairs: their name, both times, ratio and word."""
        return ("cell", self.first.name, self.other.name, "ratio", "")

    @property
    def found(self) -> list[Compared]:
        """What came out of each pair."""
        return [pair.found for pair in self.pairs]


def sided(stored: Stored) -> list[Against]:
    """Each later side against the first; p values after Holm over all cells of all of them.

    A pair of which neither was measured is left out; without sides there is nothing.
    """
    if not stored.run.sides:
        return []
    first, *others = stored.run.sides
    called, seen = names_of_pairs(stored), _seen(stored)
    pairs = [list(_pairs(first, other, called, seen)) for other in others]
    judged = judgement([[pair.found for pair in those] for those in pairs])
    return [
        Against(
            first,
            other,
            tuple(replace(pair, found=row) for pair, row in zip(those, rows, strict=True)),
        )
        for other, those, rows in zip(others, pairs, judged, strict=True)
    ]


def _pairs(
    first: Side, other: Side, called: Mapping[int, str], seen: Mapping[tuple[str, int], Seen]
) -> Iterator[Pair]:
    for pair, name in called.items():
        here, there = seen.get((first.title, pair)), seen.get((other.title, pair))
        if here and there and (here.processes or there.processes):
            found = contrasted(other.title, name, here, there, paired=True)
            yield Pair(here.planned, there.planned, found)


def _seen(stored: Stored) -> dict[tuple[str, int], Seen]:
    found = {}
    for planned in stored.blocks().values():
        confidence = level(stored, planned)
        for cell in planned:
            if cell.pair is not None:
                times = stored.of(cell.id) if cell.status == "measured" else ()
                found[cell.side, cell.pair] = Seen(cell, times, confidence)
    return found


def names_of_pairs(stored: Stored) -> dict[int, str]:
    """What the cells of a pair are called, by its number: `io_sleep / asyncio`.

    Without the strategy where the sides are a choice of that.
    """
    paired: dict[int, list[Planned]] = {}
    for cell in stored.run.cells:
        if cell.pair is not None:
            paired.setdefault(cell.pair, []).append(cell)
    same = all(len(_strategies(those)) == 1 for those in paired.values())
    rows = [replace(cells.planned(those[0], ()), side="") for those in paired.values()]
    called = names.grouped(rows, "cell" if same else "workload")
    return {pair: called[those[0].id] for pair, those in paired.items()}


def _strategies(cells: Sequence[Planned]) -> set[str]:
    return {cell.strategy.name for cell in cells}
