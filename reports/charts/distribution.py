"""Distribution: every round of every strategy, outliers kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import numbers
from . import lanes, scales
from .chart import Block
from .lanes import Lane
from .sheet import Sheet
from .style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_HIGH, _TOP = 0.36, 0.25


def drawn(block: Block) -> tuple[Sheet, str]:
    """A strip of points for each cell, one a round, with the mean; and the same in words."""
    rows = block.measured
    stack = lanes.stacked(block, rows, _HIGH)
    times = {row.id: [one.seconds for one in block.stored.of(row.id)] for row in rows}
    scale = scales.seconds(second for each in times.values() for second in each)
    about = "Batch time of every round; a point is one worker process"
    sheet = Sheet(block.title, about, _TOP + lanes.height(stack) + lanes.BELOW)
    label = "batch time (logarithmic)" if scale.log else "batch time"
    axes = lanes.drawn(sheet, stack, _said, scale, label, _TOP)
    for lane in stack:
        _strip(axes, lane, times[lane.row.id])
    sheet.legend(*_marks(), 0.0)
    return sheet, _described(block, stack, times, about)


def _strip(axes: Axes, lane: Lane, times: Sequence[float]) -> None:
    # Rounds go from the upper edge of the lane to the lower: no chance, and no two in one place.
    room = min(0.6 * lane.height, 0.3)
    steps = max(1, len(times) - 1)
    heights = [lane.middle + room * (place / steps - 0.5) for place in range(len(times))]
    axes.plot(
        times,
        heights if len(times) > 1 else [lane.middle],
        lane.marker,
        color=lane.colour,
        markersize=4.5,
        markeredgecolor=INK,
        markeredgewidth=0.3,
        alpha=0.8,
    )
    if mean := lane.row.batch_seconds:
        half = min(0.42 * lane.height, 0.2)
        axes.vlines(mean, lane.middle - half, lane.middle + half, color=INK, linewidth=1.4)


def _marks() -> tuple[list[Line2D], list[str]]:
    from matplotlib.lines import Line2D

    round_ = Line2D([], [], color=INK, marker="o", markersize=4.5, linestyle="", alpha=0.6)
    mean = Line2D([], [], color=INK, marker="|", markersize=10, mew=1.4, linestyle="")
    return [round_, mean], ["one round, the first at the top of its row", "geometric mean"]


def _said(lane: Lane) -> str:
    return numbers.duration(lane.row.batch_seconds)


def _described(
    block: Block, stack: Sequence[Lane], times: dict[int, list[float]], about: str
) -> str:
    each = [
        f"{block.names[lane.row.id]} {_said(lane)}, {numbers.duration(min(times[lane.row.id]))} to "
        f"{numbers.duration(max(times[lane.row.id]))} in {len(times[lane.row.id])} rounds"
        for lane in stack
    ]
    return f"{about}: {'; '.join(each)}."
