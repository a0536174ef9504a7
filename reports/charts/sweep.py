"""Sweeps in a run: cells alike in all but one number.

The lines of a sweep: what was seen along its axis, and the limit.

Sweep: throughput or time over the numbers that were tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import numbers
from ..analysis import names
from ..analysis.cells import Row
from . import ends, scales, words
from .chart import Block, clean, overview
from .ends import End
from .scales import Scale
from .sheet import Sheet
from .style import EDGE, INK, TEXT, colour, marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Line:
    """One strategy along the axis: its cells by value, in rising order."""

    name: str
    strategy: str
    points: Mapping[float, Row]


@dataclass(frozen=True)
class Family:
    """What one chart shows: lines over `key`, and cells that do not have it."""

    key: str
    blocks: Sequence[Block]
    lines: Sequence[Line]
    flat: Sequence[Row]


def families(blocks: Sequence[Block]) -> Iterator[Family]:
    """Each axis of two or more values, with all else the same."""
    measured = [(block, row) for block in blocks for row in block.rows if row.batch_seconds]
    keys = dict.fromkeys(key for _, row in measured for key in _numbers(row))
    for key in keys:
        panels: dict[str, list[tuple[Block, Row]]] = {}
        for block, row in measured:
            panels.setdefault(_panel(row, key), []).append((block, row))
        for cells in panels.values():
            lines = _family_lines([row for _, row in cells], key)
            if any(len(line.points) > 1 for line in lines):
                own = list({block.number: block for block, _ in cells}.values())
                yield Family(key, own, lines, [row for _, row in cells if key not in _numbers(row)])


def _numbers(row: Row) -> dict[str, float]:
    """What could be an axis: the cell's parameters that are numbers."""
    told = {"tasks": row.tasks, **row.workload_params, **row.strategy_params}
    return {
        key: value
        for key, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _panel(row: Row, key: str) -> str:
    """What the cells of one chart have in common."""
    tasks = None if key == "tasks" else row.tasks
    return _text([row.workload, _without(row.workload_params, key), tasks, row.side])


def _family_lines(rows: Sequence[Row], key: str) -> list[Line]:
    found: dict[str, dict[float, Row]] = {}
    for row in rows:
        if key in _numbers(row):
            same = _text([row.strategy, _without(row.strategy_params, key)])
            found.setdefault(same, {})[_numbers(row)[key]] = row
    firsts = [next(iter(points.values())) for points in found.values()]
    called = names.strategies(
        [replace(row, strategy_params=_without(row.strategy_params, key)) for row in firsts]
    )
    return [
        Line(clean(called[first.id]), first.strategy, dict(sorted(points.items())))
        for first, points in zip(firsts, found.values(), strict=True)
    ]


def _without(params: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != key}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


_STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)))


@dataclass(frozen=True)
class Curve:
    """A line as it is drawn: values by place, an interval for each, its name and its look."""

    name: str
    values: Mapping[float, float]
    lows: Sequence[float]
    highs: Sequence[float]
    colour: str
    marker: str
    style: object

    @property
    def end(self) -> float:
        """Where it ends, at the right."""
        return list(self.values.values())[-1]


def along(family: Family, rate: bool) -> Iterator[Curve]:
    """A curve for each strategy, of tasks per second or of seconds, and the limit at the end."""
    yield from _lines(family, rate)
    yield from _limit(family, rate)


def _lines(family: Family, rate: bool) -> Iterator[Curve]:
    seen: dict[str, int] = {}
    for line in family.lines:
        style = _STYLES[seen.setdefault(line.strategy, 0) % len(_STYLES)]
        seen[line.strategy] += 1
        yield _curve(line.name, line.strategy, line.points, rate, style)
    places = sorted({place for line in family.lines for place in line.points})
    for row in family.flat:
        # One cell without this parameter: the same at every place.
        ends = dict.fromkeys((places[0], places[-1]), row)
        yield _curve(row.strategy, row.strategy, ends, rate, (0, (2, 2)))


def _curve(
    name: str, strategy: str, points: Mapping[float, Row], rate: bool, style: object
) -> Curve:
    values = {place: _value(row, row.batch_seconds, rate) for place, row in points.items()}
    bounds = [
        sorted(_value(row, bound or row.batch_seconds, rate) for bound in _bounds(row))
        for row in points.values()
    ]
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    return Curve(clean(name), values, lows, highs, colour(strategy), marker(strategy), style)


def _bounds(row: Row) -> tuple[float | None, float | None]:
    return row.batch_low, row.batch_high


def _value(row: Row, seconds: float | None, rate: bool) -> float:
    taken = seconds or 0.0
    return row.tasks / taken if rate else taken


def _limit(family: Family, rate: bool) -> Iterator[Curve]:
    """The best that any strategy could do at each place."""
    best: dict[float, float] = {}
    for line in family.lines:
        for place, row in line.points.items():
            if row.limit_seconds:
                value = _value(row, row.limit_seconds, rate)
                choose = max if rate else min
                best[place] = choose(value, best.get(place, value))
    if best:
        values = dict(sorted(best.items()))
        flat = list(values.values())
        yield Curve("limit", values, flat, flat, INK, "", (0, (1, 1.5)))


_RATES = ("tasks", "workers")
"""Over these, throughput says more: twice the tasks take twice the time."""
_LEFT, _TOP, _TALL, _BELOW, _NAMES = 0.85, 0.08, 3.6, 0.5, 2.4


def drawn(family: Family) -> tuple[Sheet, str]:
    """A line with a band for each strategy, and the limit; and the same in words."""
    rate = family.key in _RATES
    found = list(along(family, rate))
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
    scales.horizontal(axes, across_scale, _titled(family.key, across_scale))
    scales.vertical(axes, up, _titled("tasks per second" if rate else "batch time", up))
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
        return numbers.count(value) if rate else numbers.duration(value)

    each = [
        f"{curve.name} "
        + ", ".join(f"{said(value)} at {place:g}" for place, value in curve.values.items())
        for curve in curves
    ]
    return f"{about}: {'; '.join(each)}."
