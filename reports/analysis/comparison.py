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

from .. import numbers
from ..run import answers, provenance
from ..run.schema import Planned, Side
from ..run.stored import Process, Stored
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
    def work(self) -> tuple[int | None, frozenset[str]]:
        """The tasks that were done and their answers."""
        own = frozenset(process.answer for process in self.processes) - {""}
        return self.planned.measured_tasks, own


def contrast(
    run: str, cell: str, here: CellTimes | None, there: CellTimes | None, *, paired: bool
) -> Compared:
    """The cell there against here, paired by round or as two samples; not yet judged."""
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
    if paired:
        ratio, p = intervals.ratio(above, below, confidence), intervals.p_value(above, below)
    else:
        ratio, p = intervals.welch(list(above.values()), list(below.values()), confidence)
    return replace(row, ratio=ratio, p=p, misses=1 - confidence)


def _missing(where: str, times: CellTimes | None) -> str:
    status = f" ({times.planned.status})" if times and times.planned.status != "measured" else ""
    return f"missing in the {where}{status}"


def _other_work(here: CellTimes, there: CellTimes) -> bool:
    """Whether the answers differ; those of different samples say nothing."""
    (tasks, own), (others, other) = here.work, there.work
    return tasks == others and bool(own and other) and not answers.same(own, other)


def judgement(groups: Sequence[Sequence[Compared]]) -> list[list[Compared]]:
    """The same with p values after Holm over all of them, and each with its word."""
    p_values = [row.p for rows in groups for row in rows if row.p is not None]
    adjusted = iter(intervals.holm(p_values))
    return [[_with_word(row, adjusted) for row in rows] for rows in groups]


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
    ratios = [
        (pair, ratio)
        for pair in combinations(times, 2)
        if (ratio := intervals.ratio(times[pair[1]], times[pair[0]], confidence))
    ]
    paired = ranks.pairs(times)
    adjusted = ranks.adjusted({frozenset(pair): ratio.p for pair, ratio in paired.items()})
    return [
        Difference(
            first,
            second,
            len(times[first].keys() & times[second].keys()),
            ratio,
            adjusted.get(frozenset((first, second))),
            1 - confidence,
        )
        for (first, second), ratio in ratios
    ]


METHOD = "sides are paired by round; p values are Holm's over all cells"


@dataclass(frozen=True)
class Pair:
    """A cell of the first side and the same of another, and what came out."""

    first: Planned
    other: Planned
    result: Compared


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
    pairs = [list(_pairs(stored, first, other)) for other in others]
    judgements = judgement([[pair.result for pair in those] for those in pairs])
    return [
        Against(
            first,
            other,
            tuple(replace(pair, result=row) for pair, row in zip(those, rows, strict=True)),
        )
        for other, those, rows in zip(others, pairs, judgements, strict=True)
    ]


def _pairs(stored: Stored, first: Side, other: Side) -> Iterator[Pair]:
    times = {(one.planned.side, one.planned.pair): one for one in _cell_times(stored)}
    for pair, name in names_of_pairs(stored).items():
        here, there = times.get((first.title, pair)), times.get((other.title, pair))
        if here and there and (here.processes or there.processes):
            result = contrast(other.title, name, here, there, paired=True)
            yield Pair(here.planned, there.planned, result)


def _cell_times(stored: Stored) -> Iterator[CellTimes]:
    """Every cell of a run with what was measured of it."""
    for planned in stored.blocks().values():
        confidence = cells.level(stored, planned)
        for cell in planned:
            times = stored.of(cell.id) if cell.status == "measured" else ()
            yield CellTimes(cell, times, confidence)


def names_of_pairs(stored: Stored) -> dict[int, str]:
    """What the cells of a pair are called, by its number: `io_sleep / asyncio`.

    Without the strategy where the sides are a choice of that.
    """
    paired: dict[int, list[Planned]] = {}
    for cell in stored.run.cells:
        if cell.pair is not None:
            paired.setdefault(cell.pair, []).append(cell)
    same = all(len({cell.strategy.name for cell in those}) == 1 for those in paired.values())
    rows = [replace(cells.planned(those[0], ()), side="") for those in paired.values()]
    titles = names.grouped(rows, "cell" if same else "workload")
    return {pair: titles[those[0].id] for pair, those in paired.items()}


DELIVERED = 0.1
"""CPUs delivered may differ by this share before a word is said."""


def warnings(runs: Sequence[Stored]) -> list[str]:
    """What differs between the first run and each other, a line each."""
    first, *others = runs
    lines = []
    for other in others:
        records = provenance.record(first.run), provenance.record(other.run)
        mismatches = provenance.differences(*records, provenance.WORTH_SAYING)
        differing = [(one.what, one.before, one.now) for one in mismatches]
        if first.run.canary and other.run.canary:
            cpus = median(first.run.delivered), median(other.run.delivered)
            if max(cpus) > (1 + DELIVERED) * min(cpus):
                here, there = map(numbers.digits, cpus)
                differing.append(("CPUs delivered", here, there))
        lines += [
            f"{other.run.id}: {what} {there}, in {first.run.id} {here}"
            for what, here, there in differing
        ]
    return lines


def against_first(runs: Sequence[Stored]) -> list[list[Compared]]:
    """Every cell of each later run against the first; p values after Holm over all of them."""
    first, *others = runs
    return judgement([list(_cells(first, other)) for other in others])


def _cells(first: Stored, other: Stored) -> Iterator[Compared]:
    here, there = (
        {run.run.called(one.planned): one for one in _cell_times(run)} for run in (first, other)
    )
    paired = _same(first, other)
    for cell in {**here, **there}:
        both = here.get(cell), there.get(cell)
        if any(times and times.processes for times in both):
            yield contrast(other.run.id, cell, *both, paired=paired)


def _same(first: Stored, other: Stored) -> bool:
    """Whether both are stored from one run, such as a baseline and where it came from."""
    if not first.run.started:
        return (first.folder.resolve(), first.run.id) == (other.folder.resolve(), other.run.id)
    here, there = ((one.run.id, one.run.started, one.run.seed) for one in (first, other))
    return here == there
