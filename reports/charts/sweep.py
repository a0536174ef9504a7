"""Sweep: throughput or time over the numbers that were tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import text
from . import axis, curves, ends, scales, words
from .chart import clean, overview
from .curves import Curve
from .ends import End
from .families import Family
from .scales import Scale
from .sheet import Sheet
from .style import EDGE, INK, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RATES = ("tasks", "workers")
"""Over these, throughput says more: twice the tasks take twice the time."""
_LEFT, _TOP, _TALL, _BELOW, _NAMES = 0.85, 0.08, 3.6, 0.5, 2.4


def drawn(family: Family) -> tuple[Sheet, str]:
    """A line with a band for each strategy, and the limit; and the same in words."""
    rate = family.key in _RATES
    found = list(curves.along(family, rate))
    across = sorted({place for curve in found for place in curve.values})
    up = _up(found, rate)
    named = [
        End(words.folded(curve.name, _NAMES, TEXT), curve.colour, curve.end) for curve in found
    ]
    tall = max(_TALL, 1.1 * sum(end.height for end in named))
    what = "Throughput" if rate else "Batch time"
    about = f"{what} over {clean(family.key)}, with 95 % intervals"
    sheet = Sheet(overview(family.blocks), about, _TOP + tall + _BELOW)
    wide = sheet.width - EDGE - _LEFT - ends.width(named)
    axes = sheet.axes(EDGE + _LEFT, _TOP, wide, tall)
    across_scale = _across(across)
    axis.horizontal(axes, across_scale, _titled(family.key, across_scale))
    axis.vertical(axes, up, _titled("tasks per second" if rate else "batch time", up))
    for curve in found:
        _draw(axes, curve)
    ends.draw(sheet, axes, named, up, _TOP, tall)
    return sheet, _described(found, about, rate)


def _up(curves: Sequence[Curve], rate: bool) -> Scale:
    """The y axis, for what was seen: an interval of two rounds may reach to the stars."""
    known = [value for curve in curves for value in curve.values.values()]
    log = scales.wide(known)
    if rate:
        return scales.numbers(known, log=log, zero=not log)
    return scales.seconds(known, zero=not log)


def _across(places: Sequence[float]) -> Scale:
    """The x axis: its ticks are the values that were tried."""
    log = places[0] > 0 and len(places) > 2 and places[-1] >= 8 * places[0]
    step = -(-len(places) // 10)
    ticks = [place for number, place in enumerate(places) if number % step == 0]
    if log:
        gap = (places[-1] / places[0]) ** 0.04
        low, high = places[0] / gap, places[-1] * gap
    else:
        gap = 0.04 * (places[-1] - places[0])
        low, high = places[0] - gap, places[-1] + gap
        ticks = scales.apart(ticks, 0.06 * (high - low))
    return Scale(low, high, log, ticks, [f"{tick:,.10g}" for tick in ticks])


def _titled(name: str, scale: Scale) -> str:
    return f"{clean(name)} (logarithmic)" if scale.log else clean(name)


def _draw(axes: Axes, curve: Curve) -> None:
    places, values = list(curve.values), list(curve.values.values())
    axes.plot(
        places,
        values,
        linestyle=curve.style,
        marker=curve.marker,
        color=curve.colour,
        linewidth=1.8,
        markersize=5.5,
        markeredgecolor=INK,
        markeredgewidth=0.4,
    )
    if list(curve.lows) != list(curve.highs):
        axes.fill_between(places, curve.lows, curve.highs, color=curve.colour, alpha=0.18, lw=0)


def _described(curves: Sequence[Curve], about: str, rate: bool) -> str:
    def said(value: float) -> str:
        return text.count(value) if rate else text.duration(value)

    each = [
        f"{curve.name} "
        + ", ".join(f"{said(value)} at {place:g}" for place, value in curve.values.items())
        for curve in curves
    ]
    return f"{about}: {'; '.join(each)}."
