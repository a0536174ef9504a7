"""Latency and lag: how long tasks ran and waited, and how late an event loop's heartbeat came.

A mean hides the slowest.  The x axis of latency is that of HdrHistogram's plots, log(1 / (1 - q)):
as far from 90 to 99 as from 99 to 99.9, since each step asks for ten times as rare a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from .. import numbers
from ..analysis.cells import Row
from ..run.histogram import read
from ..run.probes import Lag, Latency, Quantiles
from . import scales, style
from .chart import LeftOut, NamedBlock
from .sheet import End, Sheet, bar_key, draw_ends, draw_strips, ends_width, key, strips
from .style import EDGE, INK, MUTED, TEXT, Axes, Look, colour, point

Points = Sequence[tuple[float, float]]

_LEFT, _TOP, _TALL, _GAP, _BELOW, _NAMES = 0.75, 0.3, 1.75, 0.22, 0.45, 2.2
_PERCENTILES = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_FEWEST = 10  # tasks that the axis has room for at least
_STEP = 0.012  # of the x axis: what is nearer cannot be told apart
_SOLID, _DASHED = "-", (0, (3, 1.6))


@dataclass(frozen=True)
class PercentileCurve:
    """A strategy's tasks, running or waiting: places on the x axis, and seconds."""

    row: Row
    name: str
    points: Points
    quantiles: Quantiles

    @property
    def end(self) -> End:
        """What stands beside it: its name and its p99."""
        label = f"{self.name} {numbers.duration(self.quantiles.p99)}"
        return End(style.fold(label, _NAMES, TEXT), colour(self.row.strategy), self.points[-1][1])


Curves = Sequence[PercentileCurve]


def draw_latency(block: NamedBlock) -> tuple[Sheet, str]:
    """A line for each strategy, running above, waiting below; and the same in words."""
    known = [(row, one.latency) for row, one in block.probed if one.latency]
    if not known:
        raise LeftOut(block.why_absent("latency", "latency", "no tasks were seen"))
    last = _last([latency for _, latency in known])
    running, waiting = _curves(block, known, last)
    about = "Every task of an untimed pass; beside each line its p99"
    about += block.not_shown("latency")
    # The names must fit beside the axes.
    halves = (running, waiting)
    heights = [max(_TALL, 1.05 * sum(one.end.height for one in half)) for half in halves]
    body = _TOP + heights[0] + _GAP + heights[1] + _BELOW
    sheet = Sheet(f"Slowest tasks: {_finding(running)}", about, body, subject=block.name)
    wide = sheet.width - EDGE - _LEFT - ends_width([one.end for one in (*running, *waiting)])
    above = sheet.axes(EDGE + _LEFT, _TOP, wide, heights[0])
    below = sheet.axes(EDGE + _LEFT, _TOP + heights[0] + _GAP, wide, heights[1])
    _percentile_axis(above, last, "")
    _percentile_axis(below, last, "percentile of tasks")
    above.tick_params(labelbottom=False)
    seconds = [value for curve in running for _, value in curve.points]
    zero = not scales.wide(seconds)
    scales.seconds(above.yaxis, seconds, "running", zero=zero, wanted=4)
    # From 0 in any case, and to no hair: to wait for a microsecond or not at all is the same.
    longest = [min(seconds) / 100, *(curve.quantiles.max for curve in waiting)]
    scales.seconds(below.yaxis, longest, "waiting", zero=True, wanted=4)
    _draw_curves(sheet, above, running, _SOLID)
    _draw_curves(sheet, below, waiting, _DASHED)
    keys = {"running: start to end": _SOLID, "waiting: submitted to start": _DASHED}
    sheet.legend({words: key(lw=1.7, ls=look) for words, look in keys.items()})
    pairs = zip(running, waiting, strict=True)
    each = [
        f"{run.name} runs {_three(run.quantiles)}, waits {_three(wait.quantiles)}"
        for run, wait in pairs
    ]
    return sheet, f"{about}. Median, p99 and longest: {'; '.join(each)}."


def place(percentile: float) -> float:
    """Where a percentile below 100 stands on the axis: 90 at 1, 99 at 2."""
    return log10(100 / (100 - percentile))


def _curves(block: NamedBlock, known: Sequence[tuple[Row, Latency]], last: float) -> list[Curves]:
    """Those of running and those of waiting."""
    runs = [(row, one.running, one.running_seconds) for row, one in known]
    waits = [(row, one.waiting, one.waiting_seconds) for row, one in known]
    return [
        [
            PercentileCurve(row, block.names[row.id], _places(read(text).curve(), last), quantiles)
            for row, text, quantiles in half
        ]
        for half in (runs, waits)
    ]


def _last(known: Iterable[Latency]) -> float:
    """Where the axis ends: a little beyond the rarest task that has one rarer, at the longest."""
    texts = (half for one in known for half in (one.running, one.waiting))
    inside = [q for text in texts for q, _ in read(text).curve() if q < 100]
    return max(place(max(inside, default=0.0)), log10(_FEWEST)) + 0.2


def _places(curve: Points, last: float) -> Points:
    """The points by their place, the longest at the end, without those that no eye would miss."""
    points: list[tuple[float, float]] = []
    for percentile, seconds in curve:
        at = last if percentile >= 100 else place(percentile)
        flat = len(points) > 1 and points[-2][1] == points[-1][1] == seconds
        if flat or (len(points) > 1 and at - points[-2][0] < _STEP):
            points.pop()
        points.append((at, seconds))
    return points


def _percentile_axis(axes: Axes, last: float, label: str) -> None:
    ticks = {place(q): f"{q:g}" for q in _PERCENTILES if place(q) <= last - 0.12}
    scales.fix(axes.xaxis, 0.0, last, {**ticks, last: "max"}, label)


def _draw_curves(sheet: Sheet, axes: Axes, curves: Curves, dashes: object) -> None:
    for curve in curves:
        strategy = curve.row.strategy
        across, up = zip(*curve.points, strict=True)
        axes.plot(across, up, color=colour(strategy), lw=1.7, ls=dashes, clip_on=False)
        axes.plot(across[-1:], up[-1:], clip_on=False, **point(strategy, 5))
    draw_ends(sheet, axes, [curve.end for curve in curves])


def _finding(curves: Curves) -> str:
    runs = {curve.name: curve.quantiles.p99 for curve in curves}
    least, most = min(runs, key=runs.__getitem__), max(runs, key=runs.__getitem__)
    low, high = numbers.duration(runs[least]), numbers.duration(runs[most])
    if runs[most] <= 1.05 * runs[least]:
        return f"99 % run within {high} under {numbers.few([*runs])}"
    return f"99 % run within {low} under {least}, {high} under {most}"


def _three(of: Quantiles | Lag, between: str = ", ") -> str:
    return between.join(map(numbers.duration, (of.p50, of.p99, of.max)))


BLOCKED = 0.05
"""Seconds from which on a loop counts as blocked: half of what a user takes for instant."""
_STRIP = 0.42
_RULE: Look = {"color": INK, "linewidth": 0.9, "alpha": MUTED, "linestyle": (0, (2, 2))}
_PARTS = (("max", 0.62, 0.35), ("p99", 0.4, 0.6), ("p50", 0.2, 1.0))
"""Name, share of the strip's height and opacity: the rarer, the wider and fainter."""


def draw_lag(block: NamedBlock) -> tuple[Sheet, str]:
    """Three bars in one for each strategy with a loop: median, p99, longest; and in words."""
    known = {row.id: one.lag for row, one in block.probed if one.lag}
    if not known:
        raise LeftOut(block.why_absent("lag", "lag", "no strategy here runs an event loop"))
    stack = strips(block, [row for row in block.measured if row.id in known], _STRIP)
    about = "How late the heartbeat of the event loop came, in an untimed pass"
    about += block.not_shown("lag")
    lags = {strip.row.id: _three(known[strip.row.id], " / ") for strip in stack}
    title = f"Held-up loops: {_lag_finding(block, known)}"
    sheet, axes = draw_strips(
        title, about, stack, lambda strip: lags[strip.row.id], subject=block.name
    )
    # As far as that in any case: an idle loop must look idle.
    longest = [BLOCKED, *(one.max for one in known.values())]
    scales.seconds(axes.xaxis, longest, "delay of the loop", zero=True)
    axes.axvline(BLOCKED, **_RULE)
    for strip in stack:
        room, lag = min(strip.height, 0.5), known[strip.row.id]
        look: Look = {"color": strip.colour, "edgecolor": INK, "linewidth": 0.5}
        for name, share, opacity in _PARTS:
            seconds = getattr(lag, name)
            axes.barh(strip.middle, seconds, height=share * room, alpha=opacity, **look)
    names = zip(("median", "p99", "longest"), reversed(_PARTS), strict=True)
    bars = {name: bar_key(alpha=opacity) for name, (_, _, opacity) in names}
    sheet.legend({**bars, "50 ms: from here on, blocked": key(**_RULE)})
    each = [f"{block.names[cell]} {lag}" for cell, lag in lags.items()]
    return sheet, f"{about}. Median, p99 and longest: {'; '.join(each)}."


def _lag_finding(block: NamedBlock, known: Mapping[int, Lag]) -> str:
    blocked = {cell: one.max for cell, one in known.items() if one.max >= BLOCKED}
    if not blocked:
        most = numbers.duration(max(one.max for one in known.values()))
        return f"none for longer than {most}"
    worst = max(blocked, key=blocked.__getitem__)
    others = f", and {len(blocked) - 1} more for 50 ms or longer" if len(blocked) > 1 else ""
    return f"{block.names[worst]} for {numbers.duration(blocked[worst])}{others}"
