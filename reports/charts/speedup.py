"""Speed-up: how many times faster than the reference, how sure, and how far it could go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import numbers
from ..analysis.cells import Row
from . import lanes, scales
from .chart import Block, LeftOut
from .lanes import Lane
from .scales import Scale
from .sheet import Sheet
from .style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_HIGH, _TOP = 0.3, 0.25
_WIDE = 60.0  # bars from 0 would hide the shortest


def drawn(block: Block) -> tuple[Sheet, str]:
    """Horizontal bars with intervals, and a mark at each limit; and the same in words.

    The axis is linear from 0, or logarithmic with bars from 1 where one would hide another.
    """
    reference = block.reference
    if reference is None:
        raise LeftOut("there is no reference that was measured, so no speed-up")
    rows = [row for row in block.measured if row.speedup is not None]
    if len(rows) < 2:
        raise LeftOut("only the reference was measured")
    name = block.names[reference.id]
    stack = lanes.stacked(block, rows, _HIGH)
    limits = [limit for row in rows if (limit := _limit(row, reference))]
    about = f"Speed-up over {name}, with 95 % intervals"
    sheet = Sheet(block.title, about, _TOP + lanes.height(stack) + lanes.BELOW)
    scale = _scale(rows, limits)
    axes = lanes.drawn(sheet, stack, _said, scale, "speed-up (times as fast)", _TOP)
    _bars(axes, stack, 1.0 if scale.log else 0.0)
    axes.axvline(1, color=INK, linewidth=0.8, alpha=MUTED, linestyle=(0, (2, 2)))
    for lane in stack:
        _whisker(axes, lane, scale)
        if limit := _limit(lane.row, reference):
            half = min(0.38 * lane.height, 0.2)
            axes.vlines(limit, lane.middle - half, lane.middle + half, color=INK, linewidth=2.2)
    sheet.legend(*_marks(bool(limits)), 0.0)
    return sheet, _described(block, rows, about)


def _marks(limited: bool) -> tuple[list[Line2D], list[str]]:
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=INK, linewidth=1.1, marker="|", markersize=5)]
    if not limited:
        return marks, ["95 % interval"]
    marks.append(Line2D([], [], color=INK, marker="|", markersize=10, mew=2.2, linestyle=""))
    return marks, ["95 % interval", "limit: as fast as any strategy could be here"]


def _limit(row: Row, reference: Row) -> float | None:
    """The speed-up of a cell that takes no longer than it must."""
    if not row.limit_seconds or not reference.batch_seconds:
        return None
    return reference.batch_seconds / row.limit_seconds


def _said(lane: Lane) -> str:
    return numbers.interval(lane.row.speedup, lane.row.speedup_low, lane.row.speedup_high)


def _scale(rows: Sequence[Row], limits: Sequence[float]) -> Scale:
    known = [row.speedup for row in rows if row.speedup is not None]
    most = max(*known, *limits, 1.0)
    # An interval of two rounds may reach to the stars: the axis follows it half as far again.
    reach = [min(row.speedup_high or 0.0, 1.5 * most) for row in rows]
    if max(known) > _WIDE * min(known):
        return scales.numbers([*known, *limits, *reach, 1.0], "x", log=True)
    return scales.numbers([most, *reach], "x", zero=True)


def _bars(axes: Axes, rows: Sequence[Lane], start: float) -> None:
    axes.barh(
        [lane.middle for lane in rows],
        [(lane.row.speedup or 0.0) - start for lane in rows],
        left=start,
        height=[min(0.62 * lane.height, 0.3) for lane in rows],
        color=[lane.colour for lane in rows],
        edgecolor=INK,
        linewidth=0.5,
    )


def _whisker(axes: Axes, lane: Lane, scale: Scale) -> None:
    """The interval; an arrow head where it goes on beyond the axis."""
    low, high = lane.row.speedup_low, lane.row.speedup_high
    if low is None or high is None or low == high:
        return
    shown = max(low, scale.low), min(high, scale.high)
    axes.plot(shown, [lane.middle] * 2, color=INK, linewidth=1.1, solid_capstyle="butt")
    for end, inside, arrow in ((low, shown[0], "<"), (high, shown[1], ">")):
        mark = "|" if end == inside else arrow
        axes.plot([inside], [lane.middle], mark, color=INK, markersize=5, clip_on=False)


def _described(block: Block, rows: Sequence[Row], about: str) -> str:
    each = [
        f"{block.names[row.id]} {numbers.interval(row.speedup, row.speedup_low, row.speedup_high)}"
        for row in rows
    ]
    return f"{about}: {'; '.join(each)}."
