"""Names of lines, each where its line ends at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import words
from .scales import Scale
from .sheet import Sheet
from .style import EDGE, TEXT, line_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEADER = 0.29
"""Inches from the axes to the names, for the strokes that lead there."""


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
    return EDGE + words.widest((line for end in ends for line in end.name), TEXT) + _LEADER + 0.06


def draw(
    sheet: Sheet, axes: Axes, ends: Sequence[End], scale: Scale, top: float, tall: float
) -> None:
    """The names beside axes of these inches, moved apart where they would overlap."""
    from matplotlib.lines import Line2D

    wanted = [(1 - scale.place(end.value)) * tall for end in ends]
    middles = words.apart(wanted, [end.height for end in ends], tall)
    edge = axes.get_position().x1 * sheet.width
    for end, start, middle in zip(ends, wanted, middles, strict=True):
        down = [sheet.height - sheet.top - top - y for y in (start, start, middle, middle)]
        sheet.figure.add_artist(
            Line2D(
                [edge, edge + 0.04, edge + 0.2, edge + 0.24],
                down,
                color=end.colour,
                linewidth=0.9,
                transform=sheet.figure.dpi_scale_trans,
            )
        )
        sheet.lines(edge + _LEADER, top + middle, end.name)
