"""A panel of a history: one cell's times by run, its levels, and what is said of each change.

History: a cell's times over the stored runs, and where its level changed.

Each cell has a panel of its own scale; all panels share the runs below them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ..history import marks
from ..history.series import Series
from . import scales, svg, words
from .chart import Chart, clean
from .scales import Scale
from .sheet import Sheet, drawing
from .style import EDGE, INK, MUTED, SMALL, TEXT, WIDTH, colour, line_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_LEFT, _RIGHT, _GAP = 0.75, 0.2, 0.18
WIDE = WIDTH - 2 * EDGE - _LEFT - _RIGHT
"""Inches of the axes."""
_LINE = line_height(TEXT)
_STRIP = line_height(SMALL)
_TALL = ((1, 2.4), (3, 1.3), (8, 0.85))
_LEAST = 0.6
_TICKS = 8
_MANY = 80  # runs, from which on marks are smaller
_GONE = float("nan")  # a gap in a line: one line is lighter than many
_DOT = 0.001
_REACH = 1.1
"""A panel reaches at least this far around its middle: noise is not blown up to fill it."""


@dataclass(frozen=True)
class Panel:
    """A cell's part of the chart: what stands above it, and where; inches from the heading."""

    one: Series
    places: Sequence[int]
    name: Sequence[str]
    said: Sequence[Sequence[tuple[float, str]]]
    top: float
    tall: float

    @property
    def axes_top(self) -> float:
        """Below the name and what is said of its changes."""
        return self.top + len(self.name) * _LINE + len(self.said) * _STRIP + 0.04


def stacked(found: Sequence[Series], order: Mapping[tuple[str, str], int]) -> list[Panel]:
    """A panel for each, one below the other; `order` has the places of the runs that are shown."""
    tall = next((high for most, high in _TALL if len(found) <= most), _LEAST)
    machines = len({marks.machine(one) for one in found}) > 1
    stack: list[Panel] = []
    top = 0.0
    for one in found:
        places = [order.get((point.started, point.id), -1) for point in one.points]
        told = f"{one.name} on {marks.machine(one)}" if machines else one.name
        told = f"{told}: {'speed-up ' * one.relative}{marks.value(one, -1)} in the latest"
        name = words.folded(clean(told), WIDE, TEXT)
        said = _strips(one, places, WIDE / len(order))
        panel = Panel(one, places, name, said, top, tall)
        stack.append(panel)
        top = panel.axes_top + tall + _GAP
    return stack


def _strips(one: Series, places: Sequence[int], step: float) -> list[list[tuple[float, str]]]:
    """What is said of changes above a panel, and at which inch: in rows, none over another."""
    rows: list[list[tuple[float, str]]] = []
    ends: list[float] = []
    for change in one.changes:
        if places[change.at] < 0:
            continue  # before the runs that are shown
        said = clean(marks.change(one, change))
        wide = words.width(said, SMALL) + 0.12
        left = max(0.0, min(places[change.at] * step, WIDE - wide))
        row = next((place for place, end in enumerate(ends) if end <= left), len(rows))
        if row == len(rows):
            rows.append([])
            ends.append(0.0)
        rows[row].append((left, said))
        ends[row] = left + wide
    return rows


def draw_levels(sheet: Sheet, panel: Panel, across: Scale, *, last: bool) -> None:
    """The panel on the sheet; the last one has the names of the runs below it."""
    left = EDGE + _LEFT
    top = panel.top
    sheet.lines(left, top, panel.name, va="top")
    top += len(panel.name) * _LINE
    for row in panel.said:
        for at, said in row:
            sheet.lines(left + at, top, [said], va="top", size=SMALL, alpha=MUTED)
        top += _STRIP
    axes = sheet.axes(left, panel.axes_top, WIDE, panel.tall)
    scales.vertical(axes, _up(panel), "")
    scales.horizontal(axes, across, "run" if last else "")
    if not last:
        axes.tick_params(labelbottom=False)
    _marked(axes, panel)


def _up(panel: Panel) -> Scale:
    """By estimates: one wide interval would press all others together."""
    shown = [value for value, at in zip(panel.one.estimates, panel.places, strict=True) if at >= 0]
    middle = (min(shown) * max(shown)) ** 0.5
    ends = [*shown, middle / _REACH, middle * _REACH]
    wanted = max(4, round(panel.tall * 2.5))
    if panel.one.relative:
        return _percents(scales.numbers([100 * end for end in ends], " %", wanted=wanted))
    return scales.seconds(ends, wanted=wanted)


def _percents(scale: Scale) -> Scale:
    """An axis of percents for values that are shares."""
    ticks = [tick / 100 for tick in scale.ticks]
    return Scale(scale.low / 100, scale.high / 100, False, ticks, scale.labels)


def _marked(axes: Axes, panel: Panel) -> None:
    """Where levels begin, the levels, and on top of them intervals and estimates."""
    for change in panel.one.changes:
        if panel.places[change.at] > 0:
            at = panel.places[change.at] - 0.5
            axes.axvline(at, color=INK, linewidth=0.9, alpha=MUTED, linestyle=(0, (4, 2)))
    inside = [place for place, at in enumerate(panel.places) if at >= 0]
    shade = colour(panel.one.cell.strategy.name)
    levels = [
        (panel.places[max(low, inside[0])] - 0.5, panel.places[high - 1] + 0.5, level)
        for low, high, level in panel.one.levels
        if panel.places[high - 1] >= 0
    ]
    across = [at for low, high, _ in levels for at in (low, high, _GONE)]
    up = [value for _, _, level in levels for value in (level, level, _GONE)]
    axes.plot(across, up, color=shade, linewidth=5, alpha=0.3, solid_capstyle="butt")
    _runs(axes, panel, inside, shade)


def _runs(axes: Axes, panel: Panel, inside: Sequence[int], shade: str) -> None:
    known = [panel.one.interval(panel.one.points[place]) for place in inside]
    places = [panel.places[place] for place in inside]
    across = [place for at in places for place in (at, at, _GONE)]
    up = [value for one in known for value in (one.low or _GONE, one.high or _GONE, _GONE)]
    axes.plot(across, up, color=shade, linewidth=1.2, alpha=0.8, solid_capstyle="butt")
    # Dots are short strokes with round ends: a name stands above, so no marker need tell it, and
    # in SVG they weigh a tenth of markers.  Snapped to pixels they would be gone.
    across = [x for at in places for x in (at - _DOT, at + _DOT, _GONE)]
    up = [value for one in known for value in (one.estimate, one.estimate, _GONE)]
    size = 4.5 if len(known) <= _MANY else 3.5
    axes.plot(across, up, color=shade, linewidth=size, solid_capstyle="round", snap=False)


def of_runs(names: Sequence[str]) -> Scale:
    """The axis of these runs, with as many names as there is room for, the latest among them."""
    room = max(words.widest(names, SMALL) + 0.15, WIDE / _TICKS)
    step = -(-len(names) * room // WIDE)
    ticks = [float(at) for at in range(len(names) - 1, -1, -int(max(1, step)))][::-1]
    return Scale(-0.5, len(names) - 0.5, False, ticks, [clean(names[int(at)]) for at in ticks])


_BELOW = 0.45
"""Inches for the names of the runs."""


def draw(found: Sequence[Series], name: str = "", latest: int | None = None) -> Chart:
    """The chart of these, as `name` in its title; of many runs only the latest."""
    salt = _salt(found, name)
    with drawing(salt):
        sheet, described = drawn(found, name, latest)
        made = sheet.page_svg(described, salt)
    return Chart("history", found[0].cell.block, sheet.title, made, "")


def save(found: Sequence[Series], path: Path) -> None:
    """Write it to a file, as SVG or PNG by its name; raises OSError where that is not possible."""
    salt = _salt(found, "")
    with drawing(salt):
        sheet, described = drawn(found)
        if path.suffix.lower() == ".png":
            content = sheet.png()
        else:
            content = svg.standalone(sheet.page_svg(described, salt)).encode()
    path.write_bytes(content)


def drawn(found: Sequence[Series], name: str = "", latest: int | None = None) -> tuple[Sheet, str]:
    """A panel for each of these; and the same in words."""
    ids = {(point.started, point.id): point.run for one in found for point in one.points}
    runs = sorted(ids)[-(latest or len(ids)) :]
    order = {key: place for place, key in enumerate(runs)}
    shown = [one for one in found if (one.points[-1].started, one.points[-1].id) in order]
    stack = stacked(shown, order)
    body = stack[-1].axes_top + stack[-1].tall + _BELOW
    title = clean(_title(shown, name))
    about = _about(shown, runs, len(ids), ids)
    sheet = Sheet(title, about, body)
    across = of_runs([ids[key] for key in runs])
    for panel in stack:
        draw_levels(sheet, panel, across, last=panel is stack[-1])
    return sheet, f"{about}. {'; '.join(map(_described, shown))}."


def _title(found: Sequence[Series], name: str) -> str:
    changed = [one for one in found if one.changes]
    before = f"{name}: " if name else ""
    if len(found) == 1:
        told = marks.last(found[0]) if changed else "no change found"
        return f"{before}{found[0].name}: {told}"
    if not changed:
        return f"{before}no change found in {len(found)} cells"
    said = "; ".join(f"{one.name} {marks.last(one)}" for one in changed[:3])
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return f"{before}{said}{more}"


def _about(
    found: Sequence[Series],
    runs: Sequence[tuple[str, str]],
    count: int,
    names: Mapping[tuple[str, str], str],
) -> str:
    what = "Time as a share of the reference's" if found[0].relative else "Batch time"
    which = f"the latest {len(runs)} of {count}" if len(runs) < count else f"{count}"
    first, last = runs[0][0][:10], runs[-1][0][:10]
    span = first if first == last else f"{first} to {last}"
    machines = {marks.machine(one) for one in found}
    where = f", on {machines.pop()}" if len(machines) == 1 else ""
    return clean(
        f"{what} in {which} run{'s' * (count > 1)}, {span}{where}. A bar is an interval, a band "
        "the level; a dashed line is where a new level begins"
    )


def _described(one: Series) -> str:
    said = [marks.change(one, change) for change in one.changes] or ["no change found"]
    first, last = marks.value(one, 0), marks.value(one, -1)
    return clean(
        f"{one.name}: {first} in the first of {len(one.points)}, {last} in the latest, "
        f"{', '.join(said)}"
    )


def _salt(found: Sequence[Series], name: str) -> str:
    told = "\0".join(("history", name, *(f"{one.cell.name} {one.points[-1].id}" for one in found)))
    return sha256(told.encode(errors="replace")).hexdigest()[:10]
