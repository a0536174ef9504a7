"""The part of the page on earlier runs: a chart for each workload, a line for each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from ..charts import colour
from ..charts.history import draw
from ..history import marks
from ..history.series import Series
from .figures import Figure

LATEST = 40
"""Runs that a chart shows: more would weigh more than all that the page is about."""
_TONES = {"slower": "none", "faster": "clear", "other work": "tie"}
_ABOUT = (
    "Each panel has a scale of its own. A level is marked as new when it lasts three runs and "
    "stands out of the noise."
)


@dataclass(frozen=True)
class Line:
    """A cell: how many runs, its first and latest time, the change between, and the last change."""

    workload: str
    strategy: str
    colour: str
    runs: int
    first_seconds: float
    first: str
    latest_seconds: float
    latest: str
    since: float
    since_said: str
    change: str
    tone: str


@dataclass(frozen=True)
class History:
    """What earlier runs on this machine say."""

    machine: str
    figures: tuple[Figure, ...]
    lines: tuple[Line, ...]


def view(found: Sequence[Series]) -> History | None:
    """The part of the page on these series; None without any."""
    if not found:
        return None
    blocks: dict[int, list[Series]] = {}
    for one in found:
        blocks.setdefault(one.cell.block, []).append(one)
    return History(
        marks.machine(found[0]),
        tuple(_figure(those) for those in blocks.values()),
        tuple(_line(one) for those in blocks.values() for one in those),
    )


def _figure(those: Sequence[Series]) -> Figure:
    name, _ = _names(those[0])
    short = [replace(one, name=_names(one)[1]) for one in those]
    chart = draw(short, name, LATEST)
    return Figure("history", chart.block, f"{name} over time", _ABOUT, Markup(chart.svg), "")


def _line(one: Series) -> Line:
    workload, strategy = _names(one)
    first, last = one.estimates[0], one.estimates[-1]
    return Line(
        workload=workload,
        strategy=strategy,
        colour=colour(one.cell.strategy.name),
        runs=len(one.points),
        first_seconds=first,
        first=marks.value(one, 0),
        latest_seconds=last,
        latest=marks.value(one, -1),
        since=last / first,
        since_said=marks.percent(last / first),
        change=marks.last(one),
        tone=_TONES.get(one.changes[-1].word if one.changes else "", "even"),
    )


def _names(one: Series) -> tuple[str, str]:
    workload, _, strategy = one.name.rpartition(" / ")
    return workload, strategy
