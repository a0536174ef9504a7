"""Charts with a row for each cell: names at the left, numbers at the right, marks between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import scales, words
from .chart import Block
from .scales import Scale
from .sheet import Sheet
from .style import EDGE, TEXT, colour, line_height, marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..analysis.cells import Row

_NAMES = 2.3
"""Inches a name may take before it folds."""
_LINE = line_height(TEXT)
_GAP = 0.1
BELOW = 0.45
"""Inches for the ticks and the name of an x axis."""


@dataclass(frozen=True)
class Lane:
    """A row of the chart: `middle` and `height` are inches, downward."""

    row: Row
    name: Sequence[str]
    middle: float
    height: float

    @property
    def colour(self) -> str:
        """That of its strategy."""
        return colour(self.row.strategy)

    @property
    def marker(self) -> str:
        """That of its strategy."""
        return marker(self.row.strategy)


def stacked(block: Block, rows: Sequence[Row], least: float) -> list[Lane]:
    """A lane for each row, at least so many inches high, and as high as its folded name needs."""
    found, top = [], 0.0
    for row in rows:
        name = words.folded(block.names[row.id], _NAMES, TEXT)
        height = max(least, len(name) * _LINE + 0.08)
        found.append(Lane(row, name, top + height / 2, height))
        top += height
    return found


def height(lanes: Sequence[Lane]) -> float:
    """Inches of all lanes."""
    return sum(lane.height for lane in lanes)


def drawn(
    sheet: Sheet,
    lanes: Sequence[Lane],
    said: Callable[[Lane], str],
    scale: Scale,
    label: str,
    top: float,
    names: Sequence[str] = (),
) -> Axes:
    """Axes for the lanes, from `top` inches below the heading; `said` stands at the right.

    Their y axis is in inches, downward.  The left margin has room for `names`, too.
    """
    left = (
        EDGE + words.widest([*names, *(line for lane in lanes for line in lane.name)], TEXT) + _GAP
    )
    right = EDGE + words.widest(map(said, lanes), TEXT) + _GAP
    axes = sheet.axes(left, top, sheet.width - left - right, height(lanes))
    axes.set_ylim(height(lanes), 0)
    scales.horizontal(axes, scale, label)
    for lane in lanes:
        sheet.lines(left - _GAP, top + lane.middle, lane.name, ha="right")
        sheet.lines(sheet.width - right + _GAP, top + lane.middle, [said(lane)])
    return axes
