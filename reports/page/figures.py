"""The charts of a run, ready to stand in the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..charts import draw
from ..run.stored import Stored

if TYPE_CHECKING:
    from ..charts.chart import Chart

__all__ = ["Figure", "figures"]

_CAPTIONS = {
    "speedup": ("Speed-up", "How many times as fast as the reference, with 95 % intervals."),
    "grid": ("At a glance", "The text is the speed-up, the shade the share of the limit."),
    "gantt": (
        "Who runs when",
        "A bar is a task, a row what runs one at a time. Bars one below the other run side by "
        "side; bars that grow longer share something, a CPU or the GIL. A loop that beats late "
        "was held up by a task.",
    ),
    "latency": (
        "The slowest tasks",
        "Further right are rarer tasks. A line that rises at its end has a slow tail, which a "
        "mean hides; waiting is what a pool makes of tasks that it has no worker for.",
    ),
    "lag": (
        "Held-up loops",
        "How late the event loop came to what was due. While it is late, no other coroutine "
        "moves: long bars freeze a service, however short the batch.",
    ),
    "cost": (
        "Cost",
        "Time against CPU time; on the line is what nothing beats in both. Far right of others "
        "at the same height pays more CPU for the same speed.",
    ),
    "startup": ("Start-up", "What a script pays once, beside what each further batch costs."),
    "distribution": ("Every round", "A mark for each round; outliers are kept."),
    "rounds": (
        "Over time",
        "The batch time in each round: a drift of the machine shows here, and below it how many "
        "CPUs it really gave.",
    ),
    "sweep": ("Sweep", "What happens as the parameter grows."),
}


@dataclass(frozen=True)
class Figure:
    """A chart and its caption; where there is no picture, `reason` says why."""

    key: str
    block: int | None
    title: str
    about: str
    svg: Markup
    reason: str


def figures(stored: Stored, prefix: str) -> list[Figure]:
    """The charts of a run in page order; `prefix` keeps the ids of two runs apart."""
    return [_figure(chart, prefix) for chart in draw(stored)]


def _figure(chart: Chart, prefix: str) -> Figure:
    title, about = _CAPTIONS.get(chart.key, (chart.key, ""))
    # Inside a tag alone: a name may hold the same signs.
    svg = re.sub(r"<[^>]+>", lambda tag: _apart(tag[0], prefix), chart.svg) if prefix else chart.svg
    return Figure(chart.key, chart.block, title, about, Markup(svg), chart.reason)


def _apart(tag: str, prefix: str) -> str:
    named = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{prefix}", tag)
    return re.sub(
        r'( aria-(?:labelledby|describedby)=")([^"]*)',
        lambda found: found[1] + " ".join(prefix + name for name in found[2].split()),
        named,
    )
