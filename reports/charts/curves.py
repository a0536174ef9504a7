"""The lines of a sweep: what was seen along its axis, and the limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..cells import Row
from .chart import clean
from .families import Family
from .style import INK, colour, marker

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
