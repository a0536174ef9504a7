"""Latency: how long tasks ran, and waited before, by percentile; a mean hides the slowest.

The x axis is that of HdrHistogram's plots, log(1 / (1 - q)): as far from 90 to 99 as from 99 to
99.9, since each step asks for ten times as rare a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from .. import numbers
from ..run import probes
from . import ends, probing, scales, words
from .chart import Block, LeftOut
from .ends import End
from .scales import Scale
from .sheet import Sheet
from .style import EDGE, INK, TEXT, colour, marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from ..analysis.cells import Row
    from ..run.probes import Latency, Quantiles

Points = Sequence[tuple[float, float]]

_LEFT, _TOP, _TALL, _GAP, _BELOW, _NAMES = 0.75, 0.3, 1.75, 0.22, 0.45, 2.2
_PERCENTILES = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_FEWEST = 10  # tasks that the axis has room for at least
_STEP = 0.012  # of the x axis: what is nearer cannot be told apart
_DASHES = (0, (3, 1.6))


@dataclass(frozen=True)
class Curve:
    """A strategy's tasks, running or waiting: places on the x axis, and seconds."""

    row: Row
    name: str
    points: Points
    known: Quantiles


@dataclass(frozen=True)
class Half:
    """The axes of running, or of waiting: what it shows, and how."""

    label: str
    dashes: object
    curves: Sequence[Curve]
    scale: Scale
    named: Sequence[End]

    @property
    def tall(self) -> float:
        """Inches: its curves' names must fit beside it."""
        return max(_TALL, 1.05 * sum(end.height for end in self.named))


def drawn(block: Block) -> tuple[Sheet, str]:
    """A line for each strategy, running above, waiting below; and the same in words."""
    known = [(row, one.latency) for row, one in probing.seen(block) if one.latency]
    if not known:
        raise LeftOut(probing.missing(block, "latency", "latency", "no tasks were seen"))
    last = _last([latency for _, latency in known])
    running, waiting = _halves(block, known, last)
    about = "Every task of one pass apart from the timed ones; beside each line its p99"
    about += probing.without(block, "latency")
    tall = running.tall + _GAP + waiting.tall
    sheet = Sheet(_title(block, running.curves), about, _TOP + tall + _BELOW)
    wide = sheet.width - EDGE - _LEFT - ends.width([*running.named, *waiting.named])
    across = _across(last)
    above = sheet.axes(EDGE + _LEFT, _TOP, wide, running.tall)
    scales.horizontal(above, across, "")
    above.tick_params(labelbottom=False)
    below = sheet.axes(EDGE + _LEFT, _TOP + running.tall + _GAP, wide, waiting.tall)
    scales.horizontal(below, across, "percentile of tasks")
    _draw(sheet, above, running, _TOP)
    _draw(sheet, below, waiting, _TOP + running.tall + _GAP)
    sheet.legend(*_marks(), 0.0)
    return sheet, _described(running.curves, waiting.curves, about)


def place(percentile: float) -> float:
    """Where a percentile below 100 stands on the axis: 90 at 1, 99 at 2."""
    return log10(100 / (100 - percentile))


def _halves(block: Block, known: Sequence[tuple[Row, Latency]], last: float) -> tuple[Half, Half]:
    runs = [(row, one.running, one.running_seconds) for row, one in known]
    waits = [(row, one.waiting, one.waiting_seconds) for row, one in known]
    running, waiting = (
        [
            Curve(row, block.names[row.id], _placed(probes.curve(told), last), quantiles)
            for row, told, quantiles in side
        ]
        for side in (runs, waits)
    )
    seconds = [value for curve in running for _, value in curve.points]
    up = scales.seconds(seconds, zero=not scales.wide(seconds), wanted=4)
    # From 0 in any case, and to no hair: to wait for a microsecond or not at all is the same.
    longest = [min(seconds) / 100, *(curve.known.max for curve in waiting)]
    waited = scales.seconds(longest, zero=True, wanted=4)
    return (
        Half(f"running{' (logarithmic)' * up.log}", "-", running, up, _ends(running)),
        Half("waiting", _DASHES, waiting, waited, _ends(waiting)),
    )


def _ends(curves: Sequence[Curve]) -> list[End]:
    return [
        End(
            words.folded(f"{curve.name} {numbers.duration(curve.known.p99)}", _NAMES, TEXT),
            colour(curve.row.strategy),
            curve.points[-1][1],
        )
        for curve in curves
    ]


def _last(known: Iterable[Latency]) -> float:
    """Where the axis ends: a little beyond the rarest task that has one rarer, at the longest."""
    texts = (side for one in known for side in (one.running, one.waiting))
    inside = [q for side in texts for q, _ in probes.curve(side) if q < 100]
    return max(place(max(inside, default=0.0)), log10(_FEWEST)) + 0.2


def _placed(curve: Points, last: float) -> Points:
    """The points by their place, the longest at the end, without those that no eye would miss."""
    found: list[tuple[float, float]] = []
    for percentile, seconds in curve:
        at = last if percentile >= 100 else place(percentile)
        flat = len(found) > 1 and found[-2][1] == found[-1][1] == seconds
        if flat or (len(found) > 1 and at - found[-2][0] < _STEP):
            found.pop()
        found.append((at, seconds))
    return found


def _across(last: float) -> Scale:
    inside = [q for q in _PERCENTILES if place(q) <= last - 0.12]
    ticks = [*map(place, inside), last]
    return Scale(0.0, last, False, ticks, [*(f"{q:g}" for q in inside), "max"])


def _draw(sheet: Sheet, axes: Axes, half: Half, top: float) -> None:
    scales.vertical(axes, half.scale, half.label)
    for curve in half.curves:
        across, up = zip(*curve.points, strict=True)
        shade = colour(curve.row.strategy)
        axes.plot(across, up, color=shade, linewidth=1.7, linestyle=half.dashes, clip_on=False)
        axes.plot(
            across[-1:],
            up[-1:],
            marker(curve.row.strategy),
            color=shade,
            markersize=5,
            markeredgecolor=INK,
            markeredgewidth=0.4,
            clip_on=False,
        )
    ends.draw(sheet, axes, half.named, half.scale, top, half.tall)


def _title(block: Block, curves: Sequence[Curve]) -> str:
    runs = {curve.name: curve.known.p99 for curve in curves}
    least, most = min(runs, key=runs.__getitem__), max(runs, key=runs.__getitem__)
    low, high = numbers.duration(runs[least]), numbers.duration(runs[most])
    if runs[most] <= 1.05 * runs[least]:
        return f"{block.name}: 99 % of tasks run within {high} under each strategy"
    return f"{block.name}: 99 % of tasks run within {low} under {least}, {high} under {most}"


def _marks() -> tuple[list[Line2D], list[str]]:
    from matplotlib.lines import Line2D

    running = Line2D([], [], color=INK, linewidth=1.7)
    waiting = Line2D([], [], color=INK, linewidth=1.7, linestyle=_DASHES)
    return [running, waiting], ["running: start to end", "waiting: submitted to start"]


def _described(running: Sequence[Curve], waiting: Sequence[Curve], about: str) -> str:
    each = [
        f"{runs.name} runs {_said(runs.known)}, waits {_said(waits.known)}"
        for runs, waits in zip(running, waiting, strict=True)
    ]
    return f"{about}. Median, p99 and longest: {'; '.join(each)}."


def _said(known: Quantiles) -> str:
    return ", ".join(map(numbers.duration, (known.p50, known.p99, known.max)))
