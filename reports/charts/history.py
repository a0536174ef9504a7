"""History: a cell's times over the stored runs, and where its level changed.

Each cell has a panel with a scale of its own; all panels share the runs below them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import numbers
from ..history import marks
from ..history.series import Series
from . import scales, style
from .chart import Chart, clean
from .sheet import Sheet, drawing, salted, strokes
from .style import EDGE, INK, MUTED, SMALL, TEXT, WIDTH, Axes, colour, line_height

_LEFT, _RIGHT, _GAP = 0.75, 0.2, 0.18
WIDE = WIDTH - 2 * EDGE - _LEFT - _RIGHT
"""Inches of the axes."""
_LINE = line_height(TEXT)
_STRIP = line_height(SMALL)
_TALL = ((1, 2.4), (3, 1.3), (8, 0.85))
_LEAST = 0.6
_TICKS = 8
_MANY = 80  # runs, from which on marks are smaller
_DOT = 0.001
_BELOW = 0.45
"""Inches for the names of the runs."""
_REACH = 1.1
"""A panel reaches at least this far around its middle: noise is not blown up to fill it."""


@dataclass(frozen=True)
class HistoryPanel:
    """A cell's part of the chart: what stands above it, and where; inches from the heading."""

    series: Series
    places: Sequence[int]
    name: Sequence[str]
    changes: Sequence[Sequence[tuple[float, str]]]
    top: float
    tall: float

    @property
    def axes_top(self) -> float:
        """Below the name and what is said of its changes."""
        return self.top + len(self.name) * _LINE + len(self.changes) * _STRIP + 0.04


def _panels(every: Sequence[Series], order: Mapping[tuple[str, str], int]) -> list[HistoryPanel]:
    """A panel for each, one below the other; `order` has the places of the runs that are shown."""
    tall = next((high for most, high in _TALL if len(every) <= most), _LEAST)
    machines = len({marks.machine(one) for one in every}) > 1
    stack, top = [], 0.0
    for one in every:
        places = [order.get((point.started, point.id), -1) for point in one.points]
        heading = f"{one.name} on {marks.machine(one)}" if machines else one.name
        heading += f": {'speed-up ' * one.relative}{marks.value(one, -1)} in the latest"
        name = style.fold(clean(heading), WIDE, TEXT)
        changes = _changes(one, places, WIDE / len(order))
        stack.append(HistoryPanel(one, places, name, changes, top, tall))
        top = stack[-1].axes_top + tall + _GAP
    return stack


def _changes(one: Series, places: Sequence[int], step: float) -> list[list[tuple[float, str]]]:
    """What is said of changes above a panel, and at which inch: in rows, none over another."""
    rows: list[list[tuple[float, str]]] = []
    ends: list[float] = []
    for change in one.changes:
        if places[change.at] < 0:
            continue  # before the runs that are shown
        words = clean(marks.change(one, change))
        wide = style.width(words, SMALL) + 0.12
        left = max(0.0, min(places[change.at] * step, WIDE - wide))
        row = next((place for place, end in enumerate(ends) if end <= left), len(rows))
        if row == len(rows):
            rows.append([])
            ends.append(0.0)
        rows[row].append((left, words))
        ends[row] = left + wide
    return rows


def _draw_panel(sheet: Sheet, panel: HistoryPanel, runs: Sequence[str], *, last: bool) -> None:
    """The panel on the sheet; the last one has the names of the runs below it."""
    left, top = EDGE + _LEFT, panel.top + len(panel.name) * _LINE
    sheet.lines(left, panel.top, panel.name, va="top")
    for row in panel.changes:
        for at, change in row:
            sheet.lines(left + at, top, [change], va="top", size=SMALL, alpha=MUTED)
        top += _STRIP
    axes = sheet.axes(left, panel.axes_top, WIDE, panel.tall)
    _scale_up(axes, panel)
    _scale_across(axes, runs, "run" if last else "")
    axes.tick_params(labelbottom=last)
    _draw_levels(axes, panel)


def _scale_up(axes: Axes, panel: HistoryPanel) -> None:
    """By estimates: one wide interval would press all others together."""
    series = panel.series
    visible = [value for value, at in zip(series.estimates, panel.places, strict=True) if at >= 0]
    middle = (min(visible) * max(visible)) ** 0.5
    ends = [*visible, middle / _REACH, middle * _REACH]
    wanted = max(4, round(panel.tall * 2.5))
    if series.relative:
        scales.numbers(axes.yaxis, ends, "", " %", wanted=wanted, scale=100)
    else:
        scales.seconds(axes.yaxis, ends, "", wanted=wanted)


def _scale_across(axes: Axes, names: Sequence[str], label: str) -> None:
    """As many names of runs as there is room for, the latest among them."""
    room = max(style.widest(names, SMALL) + 0.15, WIDE / _TICKS)
    step = -(-len(names) * room // WIDE)
    ticks = {at: clean(names[at]) for at in range(len(names) - 1, -1, -int(max(1, step)))}
    scales.fix(axes.xaxis, -0.5, len(names) - 0.5, dict(sorted(ticks.items())), label)


def _draw_levels(axes: Axes, panel: HistoryPanel) -> None:
    """Where levels begin, the levels, and on top of them intervals and estimates."""
    for change in panel.series.changes:
        if panel.places[change.at] > 0:
            at = panel.places[change.at] - 0.5
            axes.axvline(at, color=INK, linewidth=0.9, alpha=MUTED, linestyle=(0, (4, 2)))
    inside = [place for place, at in enumerate(panel.places) if at >= 0]
    shade = colour(panel.series.cell.strategy.name)
    levels = []
    for low, high, level in panel.series.levels:
        if (end := panel.places[high - 1]) >= 0:
            levels.append((panel.places[max(low, inside[0])] - 0.5, level, end + 0.5, level))
    strokes(axes, levels, color=shade, linewidth=5, alpha=0.3)
    points = panel.series.points
    known = [(panel.places[place], panel.series.interval(points[place])) for place in inside]
    bars = [(at, one.low, at, one.high) for at, one in known if one.low and one.high]
    strokes(axes, bars, color=shade, linewidth=1.2, alpha=0.8)
    # Dots are short strokes with round ends: a name stands above, so no marker need tell it, and
    # in SVG they weigh a tenth of markers.  Snapped to pixels they would be gone.
    dots = [(at - _DOT, one.estimate, at + _DOT, one.estimate) for at, one in known]
    size = 4.5 if len(known) <= _MANY else 3.5
    strokes(axes, dots, color=shade, linewidth=size, solid_capstyle="round", snap=False)


def draw(every: Sequence[Series], name: str = "", latest: int | None = None) -> Chart:
    """The chart of these, as `name` in its title; of many runs only the latest."""
    salt = _salt(every, name)
    with drawing(salt):
        sheet, description = _draw_sheet(every, name, latest)
        picture = sheet.page_svg(description, salt)
    return Chart("history", every[0].cell.block, sheet.title, picture, "", sheet.about)


def save(every: Sequence[Series], path: Path) -> None:
    """Write it to a file, as SVG or PNG by its name; raises OSError where that is not possible."""
    salt = _salt(every, "")
    with drawing(salt):
        sheet, description = _draw_sheet(every, "", None)
        content = sheet.file(path.suffix, description, salt)
    path.write_bytes(content)


def _draw_sheet(every: Sequence[Series], name: str, latest: int | None) -> tuple[Sheet, str]:
    """A panel for each of these; and the same in words."""
    ids = {(point.started, point.id): point.run for one in every for point in one.points}
    runs = sorted(ids)[-(latest or len(ids)) :]
    order = {key: place for place, key in enumerate(runs)}
    visible = [one for one in every if (one.points[-1].started, one.points[-1].id) in order]
    stack = _panels(visible, order)
    about = _about(visible, runs, len(ids))
    body = stack[-1].axes_top + stack[-1].tall + _BELOW
    sheet = Sheet(clean(f"{name}: " * bool(name) + _title(visible)), about, body)
    for panel in stack:
        _draw_panel(sheet, panel, [ids[key] for key in runs], last=panel is stack[-1])
    return sheet, f"{about}. {'; '.join(map(_describe, visible))}."


def _title(every: Sequence[Series]) -> str:
    changed = [one for one in every if one.changes]
    if len(every) == 1:
        return f"{every[0].name}: {marks.last(every[0]) if changed else 'no change found'}"
    if not changed:
        return f"no change found in {len(every)} cells"
    changes = "; ".join(f"{one.name} {marks.last(one)}" for one in changed[: numbers.MOST])
    more = len(changed) - numbers.MOST
    return f"{changes} and {more} more" if more > 0 else changes


def _about(every: Sequence[Series], runs: Sequence[tuple[str, str]], count: int) -> str:
    what = "Time as a share of the reference's" if every[0].relative else "Batch time"
    which = f"the latest {len(runs)} of {count}" if len(runs) < count else f"{count}"
    first, last = runs[0][0][:10], runs[-1][0][:10]
    span = first if first == last else f"{first} to {last}"
    machines = {marks.machine(one) for one in every}
    where = f", on {machines.pop()}" if len(machines) == 1 else ""
    key = "A bar is an interval, a band the level; a dashed line is where a new level begins"
    return clean(f"{what} in {which} run{'s' * (count > 1)}, {span}{where}. {key}")


def _describe(one: Series) -> str:
    changes = [marks.change(one, change) for change in one.changes] or ["no change found"]
    first, last = marks.value(one, 0), marks.value(one, -1)
    both = f"{first} in the first of {len(one.points)}, {last} in the latest"
    return clean(f"{one.name}: {both}, {', '.join(changes)}")


def _salt(every: Sequence[Series], name: str) -> str:
    return salted("history", name, *(f"{one.cell.name} {one.points[-1].id}" for one in every))
