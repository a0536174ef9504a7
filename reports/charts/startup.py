"""Start-up and batch: what a script pays beside what a long-lived service pays."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from statistics import median
from typing import TYPE_CHECKING

from .. import numbers
from . import lanes, scales
from .chart import Block, LeftOut
from .lanes import Lane
from .sheet import Sheet
from .style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

_HIGH, _TOP = 0.46, 0.25
_PARTS = ("start-up", "first batch", "close")
_HATCHES = ("//////", "", "xxxxxx")
_FAINT = 0.45


def drawn(block: Block) -> tuple[Sheet, str]:
    """Two bars for each cell, one-shot above batch; and the same in words."""
    parts = {row.id: _parts(block, row.id) for row in block.measured}
    rows = [row for row in block.measured if all(map(isfinite, parts[row.id]))]
    if not rows:
        raise LeftOut("no start-up was recorded")
    stack = lanes.stacked(block, rows, _HIGH)
    longest = [max(sum(parts[row.id]), row.batch_seconds or 0.0) for row in rows]
    scale = scales.seconds(longest, zero=True)
    about = "One-shot time, which a script pays, above the batch time, which a service pays"
    sheet = Sheet(block.title, about, _TOP + lanes.height(stack) + lanes.BELOW)
    axes = lanes.drawn(sheet, stack, _said, scale, "time", _TOP)
    for lane in stack:
        _bars(axes, lane, parts[lane.row.id])
    sheet.legend(*_marks(), 0.0)
    return sheet, _described(block, stack, parts, about)


def _parts(block: Block, cell: int) -> tuple[float, float, float]:
    ran = block.stored.of(cell)
    return (
        median(one.startup_seconds for one in ran),
        median(one.first_batch_seconds for one in ran),
        median(one.close_seconds for one in ran),
    )


def _bars(axes: Axes, lane: Lane, parts: Sequence[float]) -> None:
    half = min(0.4 * lane.height, 0.2)
    start = 0.0
    for seconds, hatch in zip(parts, _HATCHES, strict=True):
        axes.barh(
            lane.middle - half / 2,
            seconds,
            left=start,
            height=half,
            color=lane.colour,
            edgecolor=INK,
            linewidth=0.4,
            hatch=hatch,
        )
        start += seconds
    axes.barh(
        lane.middle + half / 2,
        lane.row.batch_seconds or 0.0,
        height=half,
        color=lane.colour,
        alpha=_FAINT,
        edgecolor=INK,
        linewidth=0.4,
    )


def _marks() -> tuple[list[Patch], list[str]]:
    from matplotlib.patches import Patch

    grey = "#8a8a8a"
    marks = [Patch(facecolor=grey, edgecolor=INK, lw=0.4, hatch=hatch) for hatch in _HATCHES]
    batch = Patch(facecolor=grey, edgecolor=INK, lw=0.4, alpha=_FAINT)
    return [*marks, batch], [*_PARTS, "batch, once all is up"]


def _said(lane: Lane) -> str:
    one_shot, batch = (
        numbers.duration(lane.row.one_shot_seconds),
        numbers.duration(lane.row.batch_seconds),
    )
    return f"{one_shot} / {batch}"


def _described(
    block: Block, stack: Sequence[Lane], parts: dict[int, tuple[float, float, float]], about: str
) -> str:
    each = [
        f"{block.names[lane.row.id]} {_said(lane)}, of it "
        + ", ".join(
            f"{name} {numbers.duration(seconds)}"
            for name, seconds in zip(_PARTS, parts[lane.row.id], strict=True)
        )
        for lane in stack
    ]
    return f"{about}: {'; '.join(each)}."
