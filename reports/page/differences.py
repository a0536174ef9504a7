"""What the page says of differences: between runs, the sides of a run, and its strategies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .. import charts, numbers
from ..analysis import comparison, names
from ..analysis.comparison import Against, Compared, Difference, GeometricMean, Later
from ..analysis.tables import Group
from ..run.stored import Stored
from ..stats.intervals import Interval
from ..table import Table, Value, headings
from .html_tables import ColumnStyle, FieldStyle, HtmlTable

_TONES = {"slower": "none", "faster": "clear", "other work": "tie"}
_WORDS = ("slower", "faster", "other work", "unclear", "no difference", "missing")


def word_style(word: str) -> FieldStyle:
    """The colour of the word for a difference."""
    return FieldStyle(f"word {_TONES.get(word, 'even')}")


def compared(runs: Sequence[Stored]) -> dict[str, Any]:
    """The runs against the first of them; at least two.

    `summaries` are the later runs in a few words, with `counts` of each word; `table` is None
    where no cell was measured in any.
    """
    each = comparison.against_first(runs)
    return {
        "first": each[0].first,
        "warnings": comparison.warnings(runs),
        "summaries": [_summary(one) for one in each],
        "table": _table(runs, each),
    }


def _summary(one: Later) -> dict[str, Any]:
    rows = one.results
    words = Counter("missing" if row.word.startswith("missing") else row.word for row in rows)
    counts = [(word, words[word]) for word in _WORDS if words[word]]
    changes = [f"{count} {word}" for word, count in counts if word in ("slower", "faster")]
    common = "No difference shown" if any(row.ratio for row in rows) else "Nothing in common"
    tone = "none" if words["slower"] else "clear" if changes else "even"
    headline = ", ".join(changes) or common
    return {
        "run": one.other,
        "tone": tone,
        "headline": headline,
        "counts": counts,
        "mean": _capital(one.mean),
    }


def _capital(mean: GeometricMean | None) -> str:
    text = str(mean or "")
    return f"{text[:1].upper()}{text[1:]}"


def _table(runs: Sequence[Stored], each_run: Sequence[Later]) -> HtmlTable | None:
    """Every cell, with its time, ratio and word in each later run."""
    pairs = names.of_runs(runs)
    others = [{row.cell: row for row in one.results} for one in each_run]
    cells = list(dict.fromkeys(cell for rows in others for cell in rows))
    if not cells:
        return None
    first, later = each_run[0].first, [one.other for one in each_run]
    titles = ["workload", "strategy", first]
    keys = [ColumnStyle("workload", names=True), ColumnStyle("strategy")]
    keys.append(ColumnStyle("first", named=True))
    for number, run in enumerate(later, start=1):
        titles += [run, "ratio", "so"]
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
    caption, left = f"Every cell, against {first}", (0, 1, *range(5, len(titles), 3))
    heads = headings(titles, left)
    table = Table(caption, heads, tuple(texts), folding=1, values=tuple(values))
    return HtmlTable("compared-table", table, tuple(keys), styles, kind="compared")


def _fields(row: Compared | None) -> tuple[tuple[str, ...], tuple[Value, ...]]:
    """The time, the ratio and the word of a later run, and what they are sorted by."""
    if row is None:
        return (numbers.NONE, numbers.NONE, "not in either"), (None, None, None)
    return comparison.fields(row)[2:], (row.other_seconds, _estimate(row), row.word)


def _estimate(row: Compared) -> float | None:
    return row.ratio.estimate if row.ratio else None


def sides(stored: Stored, anchor: str) -> list[dict[str, Any]]:
    """Each side but the first: a count of the words, what they mean, and every cell."""
    return [
        {
            "title": one.headline,
            "first": one.first.heading,
            "mean": _capital(one.mean),
            "meanings": list(comparison.meanings(one.results)),
            "table": _side_table(one, f"{anchor}sides-{number}") if one.results else None,
        }
        for number, one in enumerate(comparison.sided(stored), start=1)
    ]


def _side_table(one: Against, anchor: str) -> HtmlTable:
    rows = [comparison.short(row) for row in one.results]
    titles = ("cell", one.first.heading, one.other.heading, "ratio", "so")
    table = Table(
        one.title,
        headings(titles, left=(0, 4)),
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


_PAIR_COLUMNS = (
    ColumnStyle("faster", names=True),
    ColumnStyle("slower", names=True),
    ColumnStyle("ratio", "How many times as long the slower one takes, with its 95 % interval."),
    ColumnStyle("p", "The chance of such a difference between equals, after Holm."),
    ColumnStyle("so"),
)


def pairs(stored: Stored, group: Group, anchor: str) -> dict[str, Any]:
    """The pairs of a workload's strategies that share a round, in the order of its table."""
    order = [row.id for row in group.rows]
    planned = stored.blocks()[group.rows[0].block]
    each = sorted(
        map(_faster_first, comparison.differences(stored, planned)),
        key=lambda one: (order.index(one.first), order.index(one.second)),
    )
    return {
        "workload": group.name,
        "count": len(each),
        "different": sum(one.differs for one in each),
        "table": _pair_table(group, each, anchor) if each else None,
    }


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
    heads = headings([one.key for one in _PAIR_COLUMNS], left=(0, 1, 4))
    table = Table(f"{group.name}: every pair", heads, tuple(texts), values=tuple(values))
    return HtmlTable(anchor, table, _PAIR_COLUMNS, styles, kind="pairs")


def _conclusion(group: Group, one: Difference) -> str:
    if one.p is None:
        return "one round in common: too little to tell"
    return f"{group.names[one.first]} is faster" if one.differs else "no difference found"


def _chance(p: float | None) -> str:
    if p is None:
        return numbers.NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
