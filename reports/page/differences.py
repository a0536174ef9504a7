"""What the page says of differences: between runs, the sides of a run, and its strategies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import charts, numbers
from ..analysis import comparison, names
from ..analysis.comparison import Against, Compared, Difference
from ..analysis.tables import Group
from ..render.table import Heading, Table, Value
from ..run.stored import Stored
from ..stats.intervals import Interval
from .html_tables import ColumnStyle, FieldStyle, HtmlTable

_TONES = {"slower": "none", "faster": "clear", "other work": "tie"}
_WORDS = ("slower", "faster", "other work", "unclear", "no difference", "missing")


def word_style(word: str) -> FieldStyle:
    """The colour of the word for a difference."""
    return FieldStyle(f"word {_TONES.get(word, 'even')}")


@dataclass(frozen=True)
class Summary:
    """A later run in a few words; `counts` has the words and how often each."""

    run: str
    tone: str
    headline: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ComparisonSection:
    """What several runs have in common; no table where no cell was measured in any."""

    first: str
    warnings: tuple[str, ...]
    summaries: tuple[Summary, ...]
    table: HtmlTable | None


def compared(runs: Sequence[Stored]) -> ComparisonSection:
    """The runs against the first of them; at least two."""
    first, *others = runs
    groups = comparison.against_first(runs)
    return ComparisonSection(
        first=first.run.id,
        warnings=tuple(comparison.warnings(runs)),
        summaries=tuple(
            _summary(other.run.id, rows) for other, rows in zip(others, groups, strict=True)
        ),
        table=_table(runs, [{row.cell: row for row in rows} for rows in groups]),
    )


def _summary(run: str, rows: Sequence[Compared]) -> Summary:
    words = Counter("missing" if row.word.startswith("missing") else row.word for row in rows)
    counts = tuple((word, words[word]) for word in _WORDS if words[word])
    changes = [f"{words[word]} {word}" for word in ("slower", "faster") if words[word]]
    if changes:
        return Summary(run, "none" if words["slower"] else "clear", ", ".join(changes), counts)
    common = any(row.ratio for row in rows)
    return Summary(run, "even", "No difference shown" if common else "Nothing in common", counts)


def _table(runs: Sequence[Stored], others: Sequence[dict[str, Compared]]) -> HtmlTable | None:
    """Every cell, with its time, ratio and word in each later run."""
    pairs = names.of_runs(runs)
    cells = list(dict.fromkeys(cell for rows in others for cell in rows))
    if not cells:
        return None
    first, *later = (stored.run.id for stored in runs)
    headings = [Heading("workload", left=True), Heading("strategy", left=True), Heading(first)]
    keys = [ColumnStyle("workload", names=True), ColumnStyle("strategy")]
    keys.append(ColumnStyle("first", named=True))
    for number, run in enumerate(later, start=1):
        headings += [Heading(run), Heading("ratio"), Heading("so", left=True)]
        keys.append(ColumnStyle(f"run-{number}", named=True))
        keys += [ColumnStyle(f"ratio-{number}"), ColumnStyle(f"word-{number}")]
    texts, values, styles = [], [], {}
    for place, cell in enumerate(cells):
        rows = [those.get(cell) for those in others]
        seconds = next(row.first_seconds for row in rows if row)
        each = [_fields(row) for row in rows]
        texts.append((*pairs[cell], numbers.duration(seconds), *(x for t, _ in each for x in t)))
        values.append((*pairs[cell], seconds, *(x for _, v in each for x in v)))
        for at, row in enumerate(rows):
            styles[place, 5 + 3 * at] = word_style(row.word if row else "")
    caption = f"Every cell, against {first}"
    table = Table(caption, tuple(headings), tuple(texts), folding=1, values=tuple(values))
    return HtmlTable("compared-table", table, tuple(keys), styles, kind="compared")


def _fields(row: Compared | None) -> tuple[tuple[str, ...], tuple[Value, ...]]:
    """The time, the ratio and the word of a later run, and what they are sorted by."""
    if row is None:
        return (numbers.NONE, numbers.NONE, "not in either"), (None, None, None)
    return comparison.fields(row)[2:], (row.other_seconds, _estimate(row), row.word)


def _estimate(row: Compared) -> float | None:
    return row.ratio.estimate if row.ratio else None


@dataclass(frozen=True)
class SideSection:
    """Another side against the first: a count of the words, what they mean, and every cell."""

    title: str
    first: str
    meanings: tuple[str, ...]
    table: HtmlTable | None


def sides(stored: Stored, anchor: str) -> tuple[SideSection, ...]:
    """Each side but the first; none of a run without sides."""
    return tuple(
        SideSection(
            one.headline,
            one.first.title,
            tuple(comparison.meanings(one.results)),
            _side_table(one, f"{anchor}sides-{number}") if one.results else None,
        )
        for number, one in enumerate(comparison.sided(stored), start=1)
    )


def _side_table(one: Against, anchor: str) -> HtmlTable:
    rows = [comparison.short(row) for row in one.results]
    titles = ("cell", one.first.title, one.other.title, "ratio", "so")
    table = Table(
        one.title,
        tuple(Heading(title, left=at in (0, 4)) for at, title in enumerate(titles)),
        tuple(comparison.fields(row) for row in rows),
        values=tuple(
            (row.cell, row.first_seconds, row.other_seconds, _estimate(row), row.word)
            for row in rows
        ),
    )
    columns = tuple(
        ColumnStyle(key, named=key in ("first", "other"))
        for key in ("cell", "first", "other", "ratio", "word")
    )
    styles = {(place, 4): word_style(row.word) for place, row in enumerate(rows)}
    return HtmlTable(anchor, table, columns, styles, kind="compared")


@dataclass(frozen=True)
class PairSection:
    """The strategies of a workload in pairs, and how many of these differ."""

    workload: str
    count: int
    different: int
    table: HtmlTable | None


_PAIR_COLUMNS = (
    ColumnStyle("faster", names=True),
    ColumnStyle("slower", names=True),
    ColumnStyle("ratio", "How many times as long the slower one takes, with its 95 % interval."),
    ColumnStyle("p", "The chance of such a difference between equals, after Holm."),
    ColumnStyle("so"),
)


def pairs(stored: Stored, group: Group, anchor: str) -> PairSection:
    """The pairs that share a round, in the order of the workload's table."""
    order = [row.id for row in group.rows]
    planned = stored.blocks()[group.rows[0].block]
    each = sorted(
        map(_faster_first, comparison.differences(stored, planned)),
        key=lambda one: (order.index(one.first), order.index(one.second)),
    )
    different = sum(one.differs for one in each)
    table = _pair_table(group, each, anchor) if each else None
    return PairSection(group.name, len(each), different, table)


def _faster_first(one: Difference) -> Difference:
    ratio = one.ratio
    if ratio.estimate >= 1:
        return one
    low = 1 / ratio.high if ratio.high else None
    high = 1 / ratio.low if ratio.low else None
    inverse = Interval(1 / ratio.estimate, low, high)
    return replace(one, first=one.second, second=one.first, ratio=inverse)


def _pair_table(group: Group, pairs: Sequence[Difference], anchor: str) -> HtmlTable:
    colours = {row.id: charts.colour(row.strategy) for row in group.rows}
    texts, values = [], []
    styles: dict[tuple[int, int], FieldStyle] = {}
    for place, one in enumerate(pairs):
        ratio, conclusion = one.ratio, _conclusion(group, one)
        both = group.names[one.first], group.names[one.second]
        words = numbers.interval(ratio.estimate, ratio.low, ratio.high), _chance(one.p), conclusion
        texts.append((*both, *words))
        values.append((*both, ratio.estimate, one.p, conclusion))
        kind = "" if one.differs else "faint"
        dots = colours[one.first], colours[one.second], "", "", ""
        styles |= {(place, at): FieldStyle(kind, colour) for at, colour in enumerate(dots)}
    headings = tuple(
        Heading(one.key, left=at not in (2, 3)) for at, one in enumerate(_PAIR_COLUMNS)
    )
    table = Table(f"{group.name}: every pair", headings, tuple(texts), values=tuple(values))
    return HtmlTable(anchor, table, _PAIR_COLUMNS, styles, kind="pairs")


def _conclusion(group: Group, one: Difference) -> str:
    if one.p is None:
        return "one round in common: too little to tell"
    return f"{group.names[one.first]} is faster" if one.differs else "no difference found"


def _chance(p: float | None) -> str:
    if p is None:
        return numbers.NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
