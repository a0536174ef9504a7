"""Names beside the axes: of rows at the left, of lines where they end at the right.

matplotlib can write both, as the words of ticks and as annotations, but it measures them when it
draws, and the figure is as high as they need.  It moves no two apart that overlap, and of words in
several lines it writes each where it begins in the font it has: in another they no longer align.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..analysis.cells import Row
from . import style
from .chart import NamedBlock
from .sheet import Sheet
from .style import EDGE, TEXT, line_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = 2.3
"""Inches a name may take before it folds."""
_GAP = 0.1
LEGEND, BELOW = 0.25, 0.45
"""Inches for a legend, and for the ticks and the label of an x axis."""
_LEADER = 0.29
"""Inches from the axes to the names of lines, for the strokes that lead there."""


@dataclass(frozen=True)
class Strip:
    """A row of a chart, for a cell: `middle` and `height` are inches, downward."""

    row: Row
    name: Sequence[str]
    middle: float
    height: float

    @property
    def colour(self) -> str:
        """That of its strategy."""
        return style.colour(self.row.strategy)


def strips(block: NamedBlock, rows: Sequence[Row], least: float) -> list[Strip]:
    """A strip for each row, at least so many inches high, and as high as its folded name needs."""
    stack, top = [], 0.0
    for row in rows:
        name = style.fold(block.names[row.id], _NAMES, TEXT)
        height = max(least, len(name) * line_height(TEXT) + 0.08)
        stack.append(Strip(row, name, top + height / 2, height))
        top += height
    return stack


def height(stack: Sequence[Strip]) -> float:
    """Inches of all strips."""
    return sum(strip.height for strip in stack)


def draw_strips(
    title: str,
    about: str,
    stack: Sequence[Strip],
    value: Callable[[Strip], str],
    *,
    top: float = LEGEND,
    names: Sequence[str] = (),
    more: float = 0.0,
) -> tuple[Sheet, Axes]:
    """A sheet, and on it axes for the strips, `top` inches below its heading; values at the right.

    The y axis is in inches, downward.  The left margin has room for `names`, too, and below the
    axes there are `more` inches.
    """
    sheet = Sheet(title, about, top + height(stack) + BELOW + more)
    lines = [*names, *(line for strip in stack for line in strip.name)]
    left = EDGE + style.widest(lines, TEXT) + _GAP
    right = EDGE + style.widest(map(value, stack), TEXT) + _GAP
    axes = sheet.axes(left, top, sheet.width - left - right, height(stack))
    axes.set(ylim=(height(stack), 0), yticks=[])
    for strip in stack:
        sheet.lines(left - _GAP, top + strip.middle, strip.name, ha="right")
        sheet.lines(sheet.width - right + _GAP, top + strip.middle, [value(strip)])
    return sheet, axes


@dataclass(frozen=True)
class End:
    """A name in lines, and its line's colour and last value."""

    name: Sequence[str]
    colour: str
    value: float

    @property
    def height(self) -> float:
        """Inches it takes, with a little air."""
        return len(self.name) * line_height(TEXT) + 0.02


def width(ends: Sequence[End]) -> float:
    """Inches that these take at the right of the axes, up to the edge of the sheet."""
    return EDGE + style.widest((line for end in ends for line in end.name), TEXT) + _LEADER + 0.06


def draw_ends(sheet: Sheet, axes: Axes, ends: Sequence[End]) -> None:
    """The names beside the axes, moved apart where they would overlap."""
    left, top, wide, tall = sheet.box(axes)
    edge = left + wide
    scale = axes.transScale + axes.transLimits
    beyond = axes.get_xlim()[1]
    wanted = [(1 - scale.transform((beyond, end.value))[1]) * tall for end in ends]
    middles = apart(wanted, [end.height for end in ends], tall)
    for end, start, middle in zip(ends, wanted, middles, strict=True):
        down = [top + y for y in (start, start, middle, middle)]
        across = [edge, edge + 0.04, edge + 0.2, edge + 0.24]
        sheet.stroke(across, down, color=end.colour, linewidth=0.9)
        sheet.lines(edge + _LEADER, top + middle, end.name)


def apart(middles: Sequence[float], heights: Sequence[float], room: float) -> list[float]:
    """Where labels of these heights stand between 0 and `room`, none over another, in this order.

    Each stays near the middle it asked for; what was asked for in some order stays in it.
    """
    order = sorted(range(len(middles)), key=middles.__getitem__)
    places = list(middles)
    top, bottom = 0.0, room
    for at in order:
        places[at] = max(middles[at], top + heights[at] / 2)
        top = places[at] + heights[at] / 2
    for at in reversed(order):
        places[at] = min(places[at], bottom - heights[at] / 2)
        bottom = places[at] - heights[at] / 2
    return places
