"""Cells against each other: two strategies, the sides of one run, or stored runs.

What a machine does to a round it does to all that ran in it, so within one run ratios are paired
by round.  Nothing pairs the rounds of two runs: a ratio there carries all that the machine did
between them, and its interval is Welch's, wider.  Only what was stored twice of one run is paired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median
from typing import TypeAlias

from .. import numbers
from ..run import answers, provenance
from ..run.samples import Process
from ..run.schema import Planned, Side
from ..run.stored import Stored
from ..stats import intervals, ranks
from ..stats.intervals import Interval
from . import cells, names

MATTERS = 0.05
"""An interval within so much of 1 says that there is no difference; a wider one is unclear."""
_WORDS = ("slower", "faster", "no difference", "unclear", "other work", "missing")
_MEANING = {
    "unclear": f"the interval reaches beyond {numbers.percent(MATTERS, ' ')}, so such a change is "
    "not ruled out: measure more rounds",
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
    ratio: Interval | None
    p: float | None
    word: str
    misses: float = 1 - intervals.CONFIDENCE
    """A `p` of at most this is a difference: less where a run could have stopped at any look."""


Work: TypeAlias = tuple[int | None, tuple[int, ...]]
"""How many tasks were done, and their numbers where those were a sample."""


@dataclass(frozen=True)
class CellTimes:
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
    def work(self) -> dict[Work, set[str]]:
        """The answers, by the tasks that were done."""
        done: dict[Work, set[str]] = {}
        for process in self.processes:
            if process.answer:
                work = self.planned.measured_tasks, process.sample
                done.setdefault(work, set()).add(process.answer)
        return done


Match: TypeAlias = tuple[str, CellTimes | None, CellTimes | None]
"""What a cell is called, and its times in the first place and the other."""


@dataclass(frozen=True)
class Places:
    """Two sides or runs by their titles, their cells, and whether rounds pair them."""

    titles: tuple[str, str]
    matches: Sequence[Match]
    paired: bool


def contrast(places: Places, match: Match) -> Compared:
    """The cell there against here, paired by round or as two samples; not yet judged."""
    cell, here, there = match
    times = (here.mean if here else None), (there.mean if there else None)
    row = Compared(places.titles[1], cell, *times, None, None, "")
    for place, one in zip(places.titles, (here, there), strict=True):
        if not one or not one.processes:
            return replace(row, word=_missing(place, one))
    assert here and there
    if answers.differ(here.work, there.work):
        return replace(row, word="other work")
    confidence = max(here.confidence, there.confidence)
    ratio, p = intervals.contrast(there.seconds, here.seconds, confidence, paired=places.paired)
    return replace(row, ratio=ratio, p=p, misses=1 - confidence)


def _missing(where: str, times: CellTimes | None) -> str:
    status = f" ({times.planned.status})" if times and times.planned.status != "measured" else ""
    return f"missing in {where}{status}"


def judgement(places: Sequence[Places]) -> Iterator[tuple[list[Compared], GeometricMean | None]]:
    """The rows of each, and their mean; p values after Holm over all cells of all of them."""
    groups = [[contrast(one, match) for match in one.matches] for one in places]
    p_values = [row.p for rows in groups for row in rows if row.p is not None]
    adjusted = iter(intervals.holm(p_values))
    for one, rows in zip(places, groups, strict=True):
        judged = [_with_word(row, adjusted) for row in rows]
        yield judged, geometric_mean(judged, one)


def _with_word(row: Compared, adjusted: Iterator[float]) -> Compared:
    row = row if row.p is None else replace(row, p=next(adjusted))
    return replace(row, word=row.word or _word(row))


def _word(row: Compared) -> str:
    ratio = row.ratio
    if ratio is None or ratio.low is None or ratio.high is None or row.p is None:
        return "unclear"
    if row.p <= row.misses:
        return "slower" if ratio.estimate > 1 else "faster"
    within = ratio.low >= 1 / (1 + MATTERS) and ratio.high <= 1 + MATTERS
    return "no difference" if within else "unclear"


def change(row: Compared) -> str:
    """`1.02x faster`, `2.00x slower`, or the word where no change was shown."""
    if row.ratio is None or row.word not in ("slower", "faster"):
        return row.word
    times = max(row.ratio.estimate, 1 / row.ratio.estimate)
    return f"{numbers.ratio(times) if times >= 1.01 else f'{times:.4f}x'} {row.word}"


@dataclass(frozen=True)
class GeometricMean:
    """Of the ratios of so many cells."""

    cells: int
    ratio: Interval

    def __str__(self) -> str:
        middle, low, high = self.ratio.estimate, self.ratio.low, self.ratio.high
        return f"geometric mean of {self.cells} ratios {numbers.interval(middle, low, high)}"


def geometric_mean(rows: Sequence[Compared], places: Places) -> GeometricMean | None:
    """Of the ratios of these rows; None of fewer than two.

    Its interval is that of the rounds that have all of the cells: what a machine did to a round it
    did to all in it, so their ratios are not independent.
    """
    ratios = [row.ratio.estimate for row in rows if row.ratio]
    if len(ratios) < 2:
        return None
    known = [match for row, match in zip(rows, places.matches, strict=True) if row.ratio]
    below, above = (
        intervals.round_means([one.seconds for one in times if one])
        for times in zip(*((here, there) for _, here, there in known), strict=True)
    )
    confidence = max(one.confidence for _, *both in known for one in both if one)
    middle = intervals.mean(ratios).estimate
    whole, _ = intervals.contrast(above, below, confidence, paired=places.paired)
    return GeometricMean(len(ratios), (whole or Interval(middle)).around(middle))


def fields(row: Compared) -> tuple[str, str, str, str, str]:
    """What a table says of it: its name, both times, ratio and change."""
    ratio = row.ratio
    return (
        row.cell,
        numbers.duration(row.first_seconds),
        numbers.duration(row.other_seconds),
        numbers.interval(ratio.estimate, ratio.low, ratio.high) if ratio else numbers.NONE,
        change(row),
    )


def short(row: Compared) -> Compared:
    """The same with a word that leaves it to the dash to say which of them is missing."""
    if not row.word.startswith("missing"):
        return row
    return replace(row, word=row.word.partition("(")[2].rstrip(")") or "missing")


def counts(rows: Sequence[Compared]) -> str:
    """`1 slower, 17 no difference`."""
    count = _counts(rows)
    return ", ".join(f"{count[word]} {word}" for word in _WORDS if count[word])


def meanings(rows: Sequence[Compared]) -> Iterator[str]:
    """A line for each word among them that needs one."""
    count = _counts(rows)
    return (f"{word}: {meaning}" for word, meaning in _MEANING.items() if count[word])


def _counts(rows: Sequence[Compared]) -> Counter[str]:
    return Counter("missing" if row.word.startswith("missing") else row.word for row in rows)


@dataclass(frozen=True)
class Difference:
    """Two cells by id: `ratio` is the seconds of the second over those of the first.

    `p` is that which ranks rest on, after Holm among the pairs of either cell, and None with one
    round in common; a `p` of at most `misses` is a difference.
    """

    first: int
    second: int
    rounds: int
    ratio: Interval
    p: float | None
    misses: float

    @property
    def differs(self) -> bool:
        """Whether it is more than chance."""
        return self.p is not None and self.p <= self.misses


def differences(stored: Stored, planned: Sequence[Planned]) -> list[Difference]:
    """The pairs of measured cells that share a round, paired by round."""
    times = {cell.id: stored.times(cell.id) for cell in planned if cell.status == "measured"}
    confidence = cells.level(stored, planned)
    paired = ranks.pairs(times)
    adjusted = ranks.adjusted({frozenset(pair): ratio.p for pair, ratio in paired.items()})
    found = []
    for pair in combinations(times, 2):
        first, second = (times[cell] for cell in pair)
        if ratio := intervals.ratio(second, first, confidence):
            rounds, p = len(first.keys() & second.keys()), adjusted.get(frozenset(pair))
            found.append(Difference(*pair, rounds, ratio, p, 1 - confidence))
    return found


@dataclass(frozen=True)
class Pair:
    """A cell of the first side and the same of another, and what came out."""

    first: Planned
    other: Planned
    result: Compared


@dataclass(frozen=True)
class Against:
    """Another side against the first, its pairs in the order of the plan, and their mean."""

    first: Side
    other: Side
    pairs: tuple[Pair, ...]
    mean: GeometricMean | None = None

    @property
    def title(self) -> str:
        """`working tree against git:main (1a2b3c4)`."""
        return f"{self.other.title} against {self.first.title}"

    @property
    def headline(self) -> str:
        """`working tree against git:main (1a2b3c4): 1 slower, 17 no difference`."""
        return f"{self.title}: {counts(self.results) or 'nothing was measured on either'}"

    @property
    def headings(self) -> tuple[str, str, str, str, str]:
        """Of a table of the pairs: their name, both times, ratio and word."""
        return ("cell", self.first.heading, self.other.heading, "ratio", "")

    @property
    def results(self) -> list[Compared]:
        """What came out of each pair."""
        return [pair.result for pair in self.pairs]


def sided(stored: Stored) -> list[Against]:
    """Each later side against the first; p values after Holm over all cells of all of them.

    A pair of which neither was measured is left out; without sides there is nothing.
    """
    if not stored.run.sides:
        return []
    first, *others = stored.run.sides
    matches = [list(_pairs(stored, first, other)) for other in others]
    places = [
        Places((first.title, other.title), each, paired=True)
        for other, each in zip(others, matches, strict=True)
    ]
    return [
        Against(
            first,
            other,
            tuple(
                Pair(here.planned, there.planned, row)
                for (_, here, there), row in zip(each, rows, strict=True)
            ),
            mean,
        )
        for other, each, (rows, mean) in zip(others, matches, judgement(places), strict=True)
    ]


def _pairs(stored: Stored, first: Side, other: Side) -> Iterator[tuple[str, CellTimes, CellTimes]]:
    times = {(one.planned.side, one.planned.pair): one for one in _cell_times(stored)}
    for pair, name in names.of_pairs(stored).items():
        here, there = times.get((first.title, pair)), times.get((other.title, pair))
        if here and there and (here.processes or there.processes):
            yield name, here, there


def _cell_times(stored: Stored) -> Iterator[CellTimes]:
    """Every cell of a run with what was measured of it."""
    for planned in stored.blocks().values():
        confidence = cells.level(stored, planned)
        for cell in planned:
            times = stored.of(cell.id) if cell.status == "measured" else ()
            yield CellTimes(cell, times, confidence)


DELIVERED = 0.1
"""CPUs delivered may differ by this share before a word is said."""


def warnings(runs: Sequence[Stored]) -> list[str]:
    """What differs between the first run and each other, a line each."""
    first, *others = runs
    one, *called = names.labels(runs)
    lines = []
    for label, other in zip(called, others, strict=True):
        records = provenance.record(first.run), provenance.record(other.run)
        mismatches = provenance.differences(*records, provenance.WORTH_SAYING)
        differing = [(one.what, one.before, one.now) for one in mismatches]
        if first.run.canary and other.run.canary:
            cpus = median(first.run.delivered), median(other.run.delivered)
            if max(cpus) > (1 + DELIVERED) * min(cpus):
                here, there = (f"{count:.2f}" for count in cpus)
                differing.append(("CPUs delivered", here, there))
        lines += [f"{label}: {what} {there}, in {one} {here}" for what, here, there in differing]
    return lines


@dataclass(frozen=True)
class Later:
    """A run against the first, whose labels these are: every cell, and the mean of the ratios."""

    first: str
    other: str
    results: list[Compared]
    mean: GeometricMean | None


def against_first(runs: Sequence[Stored]) -> list[Later]:
    """Every later run against the first; p values after Holm over all cells of all of them."""
    first, *others = runs
    one, *called = names.labels(runs)
    places = [
        Places((one, name), list(_cells(first, other)), paired=_same(first, other))
        for name, other in zip(called, others, strict=True)
    ]
    return [
        Later(*each.titles, rows, mean)
        for each, (rows, mean) in zip(places, judgement(places), strict=True)
    ]


def _cells(first: Stored, other: Stored) -> Iterator[Match]:
    here, there = (
        {run.run.called(one.planned): one for one in _cell_times(run)} for run in (first, other)
    )
    for cell in {**here, **there}:
        both = here.get(cell), there.get(cell)
        if any(times and times.processes for times in both):
            yield cell, *both


def _same(first: Stored, other: Stored) -> bool:
    """Whether both are stored from one run, such as a baseline and where it came from."""
    if not first.run.started:
        return (first.folder.resolve(), first.run.id) == (other.folder.resolve(), other.run.id)
    here, there = ((one.run.id, one.run.started, one.run.seed) for one in (first, other))
    return here == there
