"""Sweep: throughput or time over the numbers of a parameter that were tried, and what they follow.

Points are what was measured; a curve is a law or a cost model that was fitted to them, never drawn
beyond them, or where nothing fits the line from point to point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from .. import numbers
from ..analysis.cells import Row
from ..stats.curves import Array, Curve
from ..stats.scaling import OFF, Scaling
from ..sweeps import words
from ..sweeps.families import Points
from ..sweeps.fits import Fit, Sweep
from . import scales, style
from .chart import NamedBlock, clean, overview
from .sheet import End, Sheet, bar_key, draw_ends, ends_width, key
from .style import EDGE, INK, TEXT, Axes, Look, colour, marker

Convert = Callable[[Array, Array], Array]
"""From places and seconds of a batch to what the y axis shows."""


@dataclass(frozen=True, eq=False)
class SweepCurve:
    """A line as it is drawn: values by place, an interval for each, its name and its look.

    `law` is what it follows, and `scaling` what that says of the workers; None where nothing fits.
    """

    name: str
    values: Mapping[float, float]
    bounds: Sequence[tuple[float, float]]
    colour: str
    marker: str
    dashes: object
    law: Curve | None = None
    scaling: Scaling | None = None

    @property
    def end(self) -> End:
        """Its name, where it ends at the right, and below it where it stops scaling."""
        lines = [self.name, *([words.short(self.scaling)] if self.scaling else [])]
        folded = [part for line in lines if line for part in style.fold(line, _NAMES, TEXT)]
        return End(folded, self.colour, [*self.values.values()][-1])


_STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)))
_RATES = ("tasks", "workers")
"""Over these, throughput says more: twice the tasks take twice the time."""
_LEFT, _TOP, _TALL, _BELOW, _NAMES = 0.85, 0.34, 3.6, 0.5, 2.4
_PARTS = 3
"""Of the verdict, in the title."""
_FINE = 101
"""Places of a curve that is drawn."""


def draw(sweep: Sweep, blocks: Sequence[NamedBlock]) -> tuple[Sheet, str]:
    """Points with intervals, curves with bands, where they stop, the limit; and all in words."""
    family = sweep.family
    rate = family.key in _RATES
    curves = list(_curves(sweep, rate))
    ends = [curve.end for curve in curves]
    tall = max(_TALL, 1.1 * sum(end.height for end in ends))
    what = "Throughput" if rate else "Batch time"
    about = f"{what} over {clean(family.key)}, with 95 % intervals"
    title = clean(words.sentence(sweep, _PARTS)) or overview(blocks)
    sheet = Sheet(title, about, _TOP + tall + _BELOW)
    wide = sheet.width - EDGE - _LEFT - ends_width(ends)
    axes = sheet.axes(EDGE + _LEFT, _TOP, wide, tall)
    _scale_across(axes, sorted({at for curve in curves for at in curve.values}), family.key)
    # By what was seen: an interval of two rounds may reach to the stars.
    known = [value for curve in curves for value in curve.values.values()]
    log = scales.wide(known)
    if rate:
        scales.numbers(axes.yaxis, known, "tasks per second", log=log, zero=not log)
    else:
        scales.seconds(axes.yaxis, known, "batch time", zero=not log)
    convert = _converter(sweep, rate)
    for curve in curves:
        _draw_curve(axes, curve, convert)
    draw_ends(sheet, axes, ends)
    sheet.legend(_keys(curves))
    return sheet, f"{about}: {'; '.join(_described(curve, rate) for curve in curves)}."


def _described(curve: SweepCurve, rate: bool) -> str:
    form = numbers.count if rate else numbers.duration
    points = ", ".join(f"{form(value)} at {at:g}" for at, value in curve.values.items())
    where = words.short(curve.scaling) if curve.scaling else ""
    return f"{curve.name} {points}{f' ({where})' if where else ''}"


def _curves(sweep: Sweep, rate: bool) -> Iterator[SweepCurve]:
    """A curve for each strategy, of tasks per second or of seconds, and the limit at the end."""
    counts: Counter[str] = Counter()
    flat = len(sweep.family.lines)
    for number, line in enumerate(sweep.family.every_line):
        if number < flat:
            dashes = _STYLES[counts[line.strategy] % len(_STYLES)]
            counts[line.strategy] += 1
            fit, points = sweep.fits[number], line.points
        else:  # one cell without this parameter: the same at every place
            ends = (sweep.family.places[0], sweep.family.places[-1])
            dashes, fit, points = (0, (2, 2)), None, {at: line.points[at] for at in ends}
        yield _curve(line.name, line.strategy, points, rate, dashes, fit)
    yield from _limit(sweep, rate)


def _curve(
    name: str, strategy: str, points: Points, rate: bool, dashes: object, fit: Fit | None
) -> SweepCurve:
    values = {at: _value(row, row.batch_seconds, rate) for at, row in points.items()}
    bounds = []
    for row in points.values():
        ends = (row.batch_low or row.batch_seconds, row.batch_high or row.batch_seconds)
        first, second = sorted(_value(row, end, rate) for end in ends)
        bounds.append((first, second))
    look = colour(strategy), marker(strategy), dashes
    scaling = fit.scaling if fit else None
    return SweepCurve(clean(name), values, bounds, *look, _law(fit), scaling)


def _law(fit: Fit | None) -> Curve | None:
    """What is drawn through the points; None where they lie too far off."""
    if fit is None:
        return None
    law = fit.scaling.curve if fit.scaling else fit.cost.curve if fit.cost else None
    return law if law and law.misfit <= OFF else None


def _value(row: Row, seconds: float | None, rate: bool) -> float:
    batch = seconds or 0.0
    return row.tasks / batch if rate else batch


def _converter(sweep: Sweep, rate: bool) -> Convert:
    """What makes tasks per second of the seconds of a law, where that is what is shown."""
    if not rate:
        return lambda places, seconds: seconds
    if sweep.family.key == "tasks":
        return lambda places, seconds: places / seconds
    tasks = next(iter(sweep.family.lines[0].points.values())).tasks
    return lambda places, seconds: tasks / seconds


def _limit(sweep: Sweep, rate: bool) -> Iterator[SweepCurve]:
    """The best that any strategy could do at each place."""
    best: dict[float, float] = {}
    choose = max if rate else min
    for at, row in chain(*(line.points.items() for line in sweep.family.lines)):
        if row.own_limit_seconds:
            value = _value(row, row.own_limit_seconds, rate)
            best[at] = choose(value, best.get(at, value))
    if best:
        yield SweepCurve("limit", dict(sorted(best.items())), (), INK, "", (0, (1, 1.5)))


def _scale_across(axes: Axes, places: Sequence[float], label: str) -> None:
    """The x axis: its ticks are the values that were tried."""
    low, high = places[0], places[-1]
    log = low > 0 and len(places) > 2 and high >= 8 * low
    ticks = list(places[:: -(-len(places) // 10)])
    if log:
        gap = (high / low) ** 0.04
        low, high = low / gap, high * gap
    else:
        gap = 0.04 * (high - low)
        low, high = low - gap, high + gap
        ticks = scales.thin(ticks, 0.06 * (high - low))
    named = {tick: f"{tick:,.10g}" for tick in ticks}
    scales.fix(axes.xaxis, low, high, named, clean(label), log)


def _draw_curve(axes: Axes, curve: SweepCurve, convert: Convert) -> None:
    places, values = list(curve.values), list(curve.values.values())
    look: Look = {"color": curve.colour, "marker": curve.marker, "ms": 5.5, "mec": INK, "mew": 0.4}
    between = "none" if curve.law else curve.dashes
    axes.plot(places, values, linestyle=between, linewidth=1.8, **look)
    for at, (low, high) in zip(places, curve.bounds, strict=False):
        if low != high:
            axes.plot([at, at], [low, high], "_-", color=curve.colour, linewidth=1.1, ms=5)
    if curve.law:
        _draw_law(axes, curve, curve.law, convert)


def _draw_law(axes: Axes, curve: SweepCurve, law: Curve, convert: Convert) -> None:
    """The fitted curve between the first and the last point, and N* with its interval."""
    first, last = min(curve.values), max(curve.values)
    space = np.geomspace if first > 0 else np.linspace
    places = space(first, last, _FINE).clip(first, last)
    middle = convert(places, law.at(places))
    low, high = (convert(places, edge) for edge in law.band(places))
    axes.plot(places, middle, color=curve.colour, linestyle=curve.dashes, linewidth=1.6)
    axes.fill_between(places, low, high, color=curve.colour, alpha=0.14, lw=0)
    scaling = curve.scaling
    if scaling and scaling.stops and scaling.outcome == "stops":
        at = np.array([scaling.stops.low, scaling.stops.estimate, scaling.stops.high], float)
        top = convert(at[1:2], law.at(at[1:2]))[0]
        axes.plot(at[[0, 2]], [top, top], color=INK, linewidth=1.1, marker="|", ms=7)
        axes.plot(at[1:2], [top], color=curve.colour, **_STAR)


_STAR: Look = {"marker": "*", "ms": 13, "mec": INK, "mew": 0.7}


def _keys(curves: Sequence[SweepCurve]) -> dict[str, style.Artist]:
    """What the marks mean, of those that there are."""
    keys = {"measured, 95 % interval": key(lw=1.1, marker="o", ms=5, ls="-", color="#8a8a8a")}
    if any(curve.law for curve in curves):
        keys["fitted, 95 % band"] = bar_key(alpha=0.3)
    if any(curve.scaling and curve.scaling.outcome == "stops" for curve in curves):
        keys["N*: most throughput"] = key(ls="", color="#8a8a8a", **_STAR)
    return keys
