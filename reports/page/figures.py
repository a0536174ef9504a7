"""The charts of a run, and the history of its cells, ready to stand in the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import charts
from ..analysis.tables import Group
from ..charts import Chart, latency
from ..charts import history as history_chart
from ..history import marks
from ..history.series import Series
from ..run.stored import Stored
from ..table import Table, headings
from .differences import word_style
from .html_tables import ColumnStyle, FieldStyle, HtmlTable

_CAPTIONS = {
    "speedup": ("Speed-up", ""),
    "grid": ("At a glance", ""),
    "gantt": (
        "Who runs when",
        "A bar is a task, and a row runs one at a time. Bars one below the other run side by "
        "side; bars that grow longer share something, a CPU or the GIL. A loop that beats late "
        "was held up by a task.",
    ),
    "latency": (
        "Slowest tasks",
        "Further right are rarer tasks. A line that rises at its end has a slow tail, which a "
        "mean hides; waiting is what a pool makes of tasks that it has no worker for.",
    ),
    "lag": (
        "Held-up loops",
        "How late the event loop ran its callbacks. While it is late, no other coroutine "
        "moves: long bars freeze a service, however short the batch.",
    ),
    "cost": (
        "Cost",
        "Far right of others at the same height pays more CPU for the same speed.",
    ),
    "startup": ("Start-up", ""),
    "distribution": ("Every round", "Outliers are kept."),
    "rounds": ("Over time", "A drift of the machine shows here."),
    "sweep": (
        "Where it stops scaling",
        "Points were measured; a curve is the law that fits them, drawn no further than they "
        "reach. At N* throughput is highest: more workers than that only wait for each other.",
    ),
}


FOLDED = ("cost", "distribution", "rounds")


def figures(stored: Stored, tables: Sequence[Group], prefix: str) -> list[dict[str, Any]]:
    """The charts of a run in page order, with captions; `prefix` keeps the ids of two runs apart.

    Where there is no picture, `reason` says why, and `label` of what.  `folded` are those for a
    reader who wants to know more: held-up loops only where none is blocked.
    """
    rows = (row for table in tables for row in table.rows)
    held_up = {row.block for row in rows if (row.lag_max_seconds or 0.0) >= latency.BLOCKED}
    return [
        _figure(
            chart,
            *_CAPTIONS.get(chart.key, (chart.key, "")),
            prefix,
            chart.key in FOLDED or (chart.key == "lag" and chart.block not in held_up),
        )
        for chart in charts.draw(stored)
    ]


def _figure(
    chart: Chart, label: str, hint: str, prefix: str = "", folded: bool = False
) -> dict[str, Any]:
    svg = chart.svg
    if prefix:  # inside a tag alone: a name may hold the same signs
        svg = re.sub(r"<[^>]+>", lambda tag: _prefixed(tag[0], prefix), svg)
    about = f"{chart.about}. {hint}".strip()
    return {**vars(chart), "label": label, "about": about, "svg": Markup(svg), "folded": folded}


def _prefixed(tag: str, prefix: str) -> str:
    tag = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{prefix}", tag)
    return re.sub(
        r'( aria-(?:labelledby|describedby)=")([^"]*)',
        lambda match: match[1] + " ".join(prefix + name for name in match[2].split()),
        tag,
    )


LATEST = 40
"""Runs that a chart of the history shows: more would make the page too heavy."""
_ABOUT = (
    "Each panel has a scale of its own. A level is marked as new when it lasts three runs and "
    "stands out of the noise."
)
_COLUMNS = (
    ColumnStyle("workload", names=True),
    ColumnStyle("strategy"),
    *map(ColumnStyle, ("runs", "first", "latest", "since", "change")),
)
_TITLES = ("workload", "strategy", "runs", "first", "this run", "since first", "last change")


def history(series: Sequence[Series]) -> dict[str, Any] | None:
    """What earlier runs on this machine say, None without any.

    A chart for each workload, a row for each cell.
    """
    if not series:
        return None
    ordered = sorted(series, key=_block)
    each = [_history_figure(list(those)) for _, those in groupby(ordered, _block)]
    table = _history_table(ordered)
    return {"machine": marks.machine(series[0]), "figures": each, "table": table}


def _block(one: Series) -> int:
    return one.cell.block


def _history_figure(series: Sequence[Series]) -> dict[str, Any]:
    workload, _ = _names(series[0])
    short = [replace(one, name=_names(one)[1]) for one in series]
    chart = history_chart.draw(short, workload, LATEST)
    return _figure(chart, f"{workload} over time", _ABOUT)


def _history_table(series: Sequence[Series]) -> HtmlTable:
    texts, values = [], []
    styles: dict[tuple[int, int], FieldStyle] = {}
    for place, one in enumerate(series):
        names, change = _names(one), marks.last(one)
        first, last = one.estimates[0], one.estimates[-1]
        runs, since = len(one.points), last / first
        times = marks.value(one, 0), marks.value(one, -1), marks.percent(since)
        texts.append((*names, str(runs), *times, change))
        values.append((*names, runs, first, last, since, change))
        styles[place, 1] = FieldStyle(colour=charts.colour(one.cell.strategy.name))
        styles[place, 6] = word_style(one.changes[-1].word if one.changes else "")
    caption = "Every cell, from its first stored run to this one"
    heads = headings(_TITLES, left=(0, 1, 6))
    table = Table(caption, heads, tuple(texts), folding=1, values=tuple(values))
    return HtmlTable("history-table", table, _COLUMNS, styles, kind="compared")


def _names(one: Series) -> tuple[str, str]:
    workload, _, strategy = one.name.rpartition(" / ")
    return workload, strategy
