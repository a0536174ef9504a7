"""Sweep: throughput or time over the numbers of a parameter that were tried.

A family is what one chart shows: cells alike in all but one number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from .. import numbers
from ..analysis import names
from ..analysis.cells import Row
from . import scales, style
from .chart import NamedBlock, clean, overview
from .sheet import End, Sheet, draw_ends, ends_width
from .style import EDGE, INK, TEXT, Axes, Look, colour, marker

Points = Mapping[float, Row]


@dataclass(frozen=True)
class SweptStrategy:
    """One strategy along the axis: its cells by value, in rising order."""

    name: str
    strategy: str
    points: Points


@dataclass(frozen=True)
class Family:
    """What one chart shows: lines over `key`, and cells that do not have it."""

    key: str
    blocks: Sequence[NamedBlock]
    lines: Sequence[SweptStrategy]
    flat: Sequence[Row]


def families(blocks: Sequence[NamedBlock]) -> Iterator[Family]:
    """Each axis of two or more values, with all else the same."""
    measured = [(block, row) for block in blocks for row in block.rows if row.batch_seconds]
    keys = dict.fromkeys(key for _, row in measured for key in _numbers(row))
    for key in keys:
        panels: dict[str, list[tuple[NamedBlock, Row]]] = {}
        for block, row in measured:
            panels.setdefault(_panel(row, key), []).append((block, row))
        for cells in panels.values():
            lines = _lines([row for _, row in cells], key)
            if any(len(line.points) > 1 for line in lines):
                own = list({block.number: block for block, _ in cells}.values())
                yield Family(key, own, lines, [row for _, row in cells if key not in _numbers(row)])


def _numbers(row: Row) -> dict[str, float]:
    """What could be an axis: the cell's parameters that are numbers."""
    every = {"tasks": row.tasks, **row.workload_params, **row.strategy_params}
    # A bool is an int, and no axis.
    return {key: value for key, value in every.items() if type(value) in (int, float)}


def _panel(row: Row, key: str) -> str:
    """What the cells of one chart have in common."""
    tasks = None if key == "tasks" else row.tasks
    return _text([row.workload, _without(row.workload_params, key), tasks, row.side])


def _lines(rows: Sequence[Row], key: str) -> list[SweptStrategy]:
    groups: dict[str, dict[float, Row]] = {}
    for row in rows:
        if key in _numbers(row):
            same = _text([row.strategy, _without(row.strategy_params, key)])
            groups.setdefault(same, {})[_numbers(row)[key]] = row
    firsts = [next(iter(points.values())) for points in groups.values()]
    plain = [replace(row, strategy_params=_without(row.strategy_params, key)) for row in firsts]
    labels = names.strategies(plain)
    return [
        SweptStrategy(clean(labels[first.id]), first.strategy, dict(sorted(points.items())))
        for first, points in zip(firsts, groups.values(), strict=True)
    ]


def _without(params: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != key}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


@dataclass(frozen=True)
class SweepCurve:
    """A line as it is drawn: values by place, an interval for each, its name and its look."""

    name: str
    values: Mapping[float, float]
    bounds: Sequence[tuple[float, float]]
    colour: str
    marker: str
    dashes: object

    @property
    def end(self) -> End:
        """Its name, where it ends at the right."""
        return End(style.fold(self.name, _NAMES, TEXT), self.colour, [*self.values.values()][-1])


_STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)))
_RATES = ("tasks", "workers")
"""Over these, throughput says more: twice the tasks take twice the time."""
_LEFT, _TOP, _TALL, _BELOW, _NAMES = 0.85, 0.08, 3.6, 0.5, 2.4


def draw(family: Family) -> tuple[Sheet, str]:
    """A line with a band for each strategy, and the limit; and the same in words."""
    rate = family.key in _RATES
    curves = list(_curves(family, rate))
    ends = [curve.end for curve in curves]
    tall = max(_TALL, 1.1 * sum(end.height for end in ends))
    what = "Throughput" if rate else "Batch time"
    about = f"{what} over {clean(family.key)}, with 95 % intervals"
    sheet = Sheet(overview(family.blocks), about, _TOP + tall + _BELOW)
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
    for curve in curves:
        _draw_curve(axes, curve)
    draw_ends(sheet, axes, ends)
    form = numbers.count if rate else numbers.duration
    each = []
    for curve in curves:
        points = ", ".join(f"{form(value)} at {at:g}" for at, value in curve.values.items())
        each.append(f"{curve.name} {points}")
    return sheet, f"{about}: {'; '.join(each)}."


def _curves(family: Family, rate: bool) -> Iterator[SweepCurve]:
    """A curve for each strategy, of tasks per second or of seconds, and the limit at the end."""
    counts: Counter[str] = Counter()
    for line in family.lines:
        dashes = _STYLES[counts[line.strategy] % len(_STYLES)]
        counts[line.strategy] += 1
        yield _curve(line.name, line.strategy, line.points, rate, dashes)
    places = sorted({at for line in family.lines for at in line.points})
    for row in family.flat:
        # One cell without this parameter: the same at every place.
        ends = dict.fromkeys((places[0], places[-1]), row)
        yield _curve(row.strategy, row.strategy, ends, rate, (0, (2, 2)))
    yield from _limit(family, rate)


def _curve(name: str, strategy: str, points: Points, rate: bool, dashes: object) -> SweepCurve:
    values = {at: _value(row, row.batch_seconds, rate) for at, row in points.items()}
    bounds = []
    for row in points.values():
        ends = (row.batch_low or row.batch_seconds, row.batch_high or row.batch_seconds)
        first, second = sorted(_value(row, end, rate) for end in ends)
        bounds.append((first, second))
    return SweepCurve(clean(name), values, bounds, colour(strategy), marker(strategy), dashes)


def _value(row: Row, seconds: float | None, rate: bool) -> float:
    batch = seconds or 0.0
    return row.tasks / batch if rate else batch


def _limit(family: Family, rate: bool) -> Iterator[SweepCurve]:
    """The best that any strategy could do at each place."""
    best: dict[float, float] = {}
    choose = max if rate else min
    for at, row in chain(*(line.points.items() for line in family.lines)):
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
    words = {tick: f"{tick:,.10g}" for tick in ticks}
    scales.fix(axes.xaxis, low, high, words, clean(label), log)


def _draw_curve(axes: Axes, curve: SweepCurve) -> None:
    places, values = list(curve.values), list(curve.values.values())
    look: Look = {"color": curve.colour, "marker": curve.marker, "ms": 5.5, "mec": INK, "mew": 0.4}
    axes.plot(places, values, linestyle=curve.dashes, linewidth=1.8, **look)
    if any(low != high for low, high in curve.bounds):
        lows, highs = zip(*curve.bounds, strict=True)
        axes.fill_between(places, lows, highs, color=curve.colour, alpha=0.18, lw=0)
