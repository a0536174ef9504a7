"""Lag: how late an event loop's heartbeat came; while it is late, nothing else in it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .. import numbers
from . import lanes, probing, scales
from .chart import Block, LeftOut
from .lanes import Lane
from .sheet import Sheet
from .style import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from ..run.probes import Lag

FELT = 0.05
"""Seconds from which on a loop counts as blocked: half of what a user takes for instant."""
_HIGH, _TOP = 0.42, 0.25
_DASHES = (0, (2, 2))
_PARTS = (("max", 0.62, 0.35), ("p99", 0.4, 0.6), ("p50", 0.2, 1.0))
"""Name, share of the lane's height and opacity: the rarer, the wider and fainter."""


def drawn(block: Block) -> tuple[Sheet, str]:
    """Three bars in one for each strategy with a loop: median, p99, longest; and in words."""
    known = {row.id: one.lag for row, one in probing.seen(block) if one.lag}
    if not known:
        raise LeftOut(probing.missing(block, "lag", "lag", "no strategy here runs an event loop"))
    rows = [row for row in block.measured if row.id in known]
    stack = lanes.stacked(block, rows, _HIGH)
    about = "How late the heartbeat of the event loop came, in one pass apart from the timed ones"
    about += probing.without(block, "lag")
    sheet = Sheet(_title(block, known), about, _TOP + lanes.height(stack) + lanes.BELOW)
    # As far as that in any case: an idle loop must look idle.
    scale = scales.seconds([FELT, *(one.max for one in known.values())], zero=True)

    def said(lane: Lane) -> str:
        return _said(known[lane.row.id])

    axes = lanes.drawn(sheet, stack, said, scale, "delay of the loop", _TOP)
    axes.axvline(FELT, color=INK, linewidth=0.9, alpha=MUTED, linestyle=_DASHES)
    for lane in stack:
        _bars(axes, lane, known[lane.row.id])
    sheet.legend(*_marks(), 0.0)
    return sheet, _described(block, stack, known, about)


def _title(block: Block, known: Mapping[int, Lag]) -> str:
    blocked = {cell: one.max for cell, one in known.items() if one.max >= FELT}
    if not blocked:
        most = numbers.duration(max(one.max for one in known.values()))
        return f"{block.name}: no loop was held up for longer than {most}"
    worst = max(blocked, key=blocked.__getitem__)
    others = f", and {len(blocked) - 1} more" if len(blocked) > 1 else ""
    held = numbers.duration(blocked[worst])
    return f"{block.name}: {block.names[worst]} holds its loop up for {held}{others}"


def _bars(axes: Axes, lane: Lane, lag: Lag) -> None:
    room = min(lane.height, 0.5)
    for name, share, opacity in _PARTS:
        axes.barh(
            lane.middle,
            getattr(lag, name),
            height=share * room,
            color=lane.colour,
            alpha=opacity,
            edgecolor=INK,
            linewidth=0.5,
        )


def _said(lag: Lag) -> str:
    return " / ".join(map(numbers.duration, (lag.p50, lag.p99, lag.max)))


def _marks() -> tuple[list[Artist], list[str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = [
        Patch(facecolor="#8a8a8a", edgecolor=INK, lw=0.4, alpha=opacity)
        for _, _, opacity in reversed(_PARTS)
    ]
    felt = Line2D([], [], color=INK, lw=0.9, alpha=MUTED, linestyle=_DASHES)
    return [*bars, felt], ["median", "p99", "longest", "50 ms: from here on, blocked"]


def _described(block: Block, stack: Sequence[Lane], known: Mapping[int, Lag], about: str) -> str:
    each = [f"{block.names[lane.row.id]} {_said(known[lane.row.id])}" for lane in stack]
    return f"{about}. Median, p99 and longest: {'; '.join(each)}."
