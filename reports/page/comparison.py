"""Two or more runs side by side: every later run against the first, cell by cell.

The sides of a run, each against the first, as the page says it.

Every pair of strategies of a workload as the page says it, the faster first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import numbers
from ..analysis import cells, comparison, names
from ..analysis.comparison import Against, Compared, Difference, differences, sided
from ..run.schema import Planned
from ..run.stored import Stored
from ..stats.intervals import Interval

_TONES = {"slower": "none", "faster": "clear", "other work": "tie"}
_WORDS = ("slower", "faster", "other work", "unclear", "no difference")


@dataclass(frozen=True)
class Side:
    """A cell in a later run or on another side: its time, times that of the first, and a word."""

    seconds: float | None
    seconds_said: str
    ratio: float | None
    ratio_said: str
    word: str
    tone: str


@dataclass(frozen=True)
class Line:
    """A cell: workload and strategy, the first run's time, and a side for each later run."""

    workload: str
    strategy: str
    seconds: float | None
    seconds_said: str
    sides: tuple[Side | None, ...]


@dataclass(frozen=True)
class Summary:
    """A later run in a few words; `counts` has the words and how often each."""

    run: str
    tone: str
    headline: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Comparison:
    """The part of the page that several runs have in common."""

    first: str
    others: tuple[str, ...]
    warnings: tuple[str, ...]
    summaries: tuple[Summary, ...]
    lines: tuple[Line, ...]


def view(runs: Sequence[Stored]) -> Comparison:
    """The runs against the first of them; at least two."""
    first, *others = runs
    sides = [{row.cell: row for row in rows} for rows in comparison.against_first(runs)]
    return Comparison(
        first=first.run.id,
        others=tuple(other.run.id for other in others),
        warnings=tuple(comparison.warnings(runs)),
        summaries=tuple(
            _summary(other.run.id, list(rows.values()))
            for other, rows in zip(others, sides, strict=True)
        ),
        lines=tuple(_lines(runs, sides)),
    )


def _summary(run: str, rows: Sequence[Compared]) -> Summary:
    told = Counter("missing" if row.word.startswith("missing") else row.word for row in rows)
    counts = tuple((word, told[word]) for word in (*_WORDS, "missing") if told[word])
    changed = [f"{told[word]} {word}" for word in ("slower", "faster") if told[word]]
    if changed:
        return Summary(run, "none" if told["slower"] else "clear", ", ".join(changed), counts)
    known = any(row.ratio for row in rows)
    return Summary(run, "even", "No difference shown" if known else "Nothing in common", counts)


def _lines(runs: Sequence[Stored], sides: Sequence[dict[str, Compared]]) -> Iterator[Line]:
    called = _names(runs)
    for cell in dict.fromkeys(name for rows in sides for name in rows):
        rows = [those.get(cell) for those in sides]
        workload, strategy = called.get(cell, (cell, ""))
        seconds = next((row.first_seconds for row in rows if row), None)
        shown = tuple(side(row) if row else None for row in rows)
        yield Line(workload, strategy, seconds, numbers.duration(seconds), shown)


def side(row: Compared) -> Side:
    """What a table says of it."""
    ratio = row.ratio or Interval(float("nan"))
    return Side(
        row.other_seconds,
        numbers.duration(row.other_seconds),
        row.ratio.estimate if row.ratio else None,
        numbers.interval(ratio.estimate, ratio.low, ratio.high),
        row.word,
        _TONES.get(row.word, "even"),
    )


def _names(runs: Sequence[Stored]) -> dict[str, tuple[str, str]]:
    """Workload and strategy of each cell by its name, as short as tells them from the others."""
    short: dict[str, tuple[str, str]] = {}
    for stored in runs:
        tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
        planned = {cell.id: stored.run.called(cell) for cell in stored.run.cells}
        for title, rows in zip(names.blocks(tables), tables, strict=True):
            known = names.strategies(rows)
            short = {planned[row.id]: (title, known[row.id]) for row in rows} | short
    workloads = _apart({cell.partition(" / ")[0]: title for cell, (title, _) in short.items()})
    titled = {
        cell: (workloads[cell.partition(" / ")[0]], name) for cell, (_, name) in short.items()
    }
    alike = Counter(titled.values())
    return {
        cell: (title, name if alike[title, name] == 1 else cell.partition(" / ")[2])
        for cell, (title, name) in titled.items()
    }


def _apart(titles: dict[str, str]) -> dict[str, str]:
    alike = Counter(titles.values())
    return {whole: title if alike[title] == 1 else whole for whole, title in titles.items()}


@dataclass(frozen=True)
class SideLine:
    """A cell: the first side's time, and the other's against it."""

    name: str
    seconds: float | None
    seconds_said: str
    other: Side


@dataclass(frozen=True)
class Part:
    """Another side against the first; `said` counts the words, `meanings` explains them."""

    said: str
    first: str
    other: str
    meanings: tuple[str, ...]
    lines: tuple[SideLine, ...]


def parts(stored: Stored) -> tuple[Part, ...]:
    """A part for each side but the first; none of a run without sides."""
    return tuple(
        Part(
            one.headline,
            one.first.title,
            one.other.title,
            tuple(comparison.meanings(one.results)),
            tuple(_side_lines(one)),
        )
        for one in sided(stored)
    )


def _side_lines(one: Against) -> Iterator[SideLine]:
    for row in map(comparison.short, one.results):
        yield SideLine(row.cell, row.first_seconds, numbers.duration(row.first_seconds), side(row))


@dataclass(frozen=True)
class Pair:
    """Two strategies; `ratio` is slower / faster, `p` is after Holm, `differ` if `said` so."""

    faster: str
    slower: str
    ratio: float
    ratio_said: str
    p: float | None
    p_said: str
    differ: bool
    said: str


def pairs(stored: Stored, cells: Sequence[Planned], names: Mapping[int, str]) -> list[Pair]:
    """The pairs of a block that share a round; `names` is by id, the fastest first."""
    places = {cell: place for place, cell in enumerate(names)}
    found = [_faster_first(one) for one in differences(stored, cells)]
    found.sort(key=lambda pair: (places[pair[0]], places[pair[1]]))
    return [_pair(names[pair[0]], names[pair[1]], pair[2], pair[3]) for pair in found]


def _faster_first(one: Difference) -> tuple[int, int, Interval, Difference]:
    if one.ratio.estimate >= 1:
        return one.first, one.second, one.ratio, one
    low = 1 / one.ratio.high if one.ratio.high else None
    high = 1 / one.ratio.low if one.ratio.low else None
    return one.second, one.first, Interval(1 / one.ratio.estimate, low, high), one


def _pair(faster: str, slower: str, ratio: Interval, one: Difference) -> Pair:
    said = f"{faster} is faster" if one.differs else "no difference found"
    if one.p is None:
        said = "one round in common: too little to tell"
    return Pair(
        faster,
        slower,
        ratio.estimate,
        numbers.interval(ratio.estimate, ratio.low, ratio.high),
        one.p,
        _p(one.p),
        one.differs,
        said,
    )


def _p(p: float | None) -> str:
    if p is None:
        return numbers.NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
