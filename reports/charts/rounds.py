"""Rounds: batch time over rounds, to see drift.

Each cell has a row of its own, around its own mean: on a common axis the fast ones would lie on top
of each other, flat below the slow one.  All rows have the same scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp, log
from statistics import fmean, median
from typing import TYPE_CHECKING

from .. import text
from . import axis, lanes, scales
from .chart import Block, LeftOut
from .lanes import Lane
from .scales import Scale
from .sheet import Sheet
from .style import FAINT, INK, MUTED, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Times = Mapping[int, float]  # round -> seconds

_HIGH, _TOP, _CPUS = 0.5, 0.06, 0.4
_LEAST = log(1.02)  # below this nothing is worth a zoom
_SPREAD = 8.0
_DELIVERED = "CPUs delivered"


def drawn(block: Block) -> tuple[Sheet, str]:
    """A line for each cell, round by round, above the CPUs delivered; and the same in words."""
    rows = block.measured
    times = {row.id: {one.round: one.seconds for one in block.stored.of(row.id)} for row in rows}
    last = max(number for each in times.values() for number in each)
    if all(len(each) < 2 for each in times.values()):
        raise LeftOut("one round shows no drift")
    stack = lanes.stacked(block, rows, _HIGH)
    span = _span(times.values())
    cpus = {one.round: one.delivered for one in block.stored.run.canary if one.round <= last}
    shown = text.percent(exp(span) - 1, " ")
    about = f"Batch time over rounds; each row reaches {shown} above its mean, and as far below"
    if max(_far(times.values())) > span:
        about += "; a time stands beside each round that went farther"
    tall = _TOP + lanes.height(stack) + lanes.BELOW + (_CPUS + 0.1 if cpus else 0.0)
    sheet = Sheet(block.title, about, tall)
    scale = _of_rounds(last)
    names = [_DELIVERED] if cpus else []
    axes = lanes.drawn(sheet, stack, _said, scale, "" if cpus else "round", _TOP, names)
    for lane in stack:
        _line(axes, lane, times[lane.row.id], span)
    if cpus:
        axes.tick_params(labelbottom=False)
        _delivered(sheet, axes, cpus, scale, _TOP + lanes.height(stack) + 0.1)
    return sheet, _described(block, stack, times, about)


def _of_rounds(last: int) -> Scale:
    scale = scales.numbers([0, last])
    whole = [tick for tick in scale.ticks if tick == int(tick)]
    return Scale(-0.5, last + 0.5, False, whole, [f"{tick:g}" for tick in whole])


def _span(times: Iterable[Times]) -> float:
    """How far a row reaches from its mean, in logarithms: all but the wildest rounds are inside."""
    far = list(_far(times))
    return max(_LEAST, min(max(far), _SPREAD * median(far)))


def _far(times: Iterable[Times]) -> Iterator[float]:
    for each in times:
        middle = fmean(map(log, each.values()))
        yield from (abs(log(second) - middle) for second in each.values())


def _line(axes: Axes, lane: Lane, times: Times, span: float) -> None:
    middle = fmean(map(log, times.values()))
    room = min(0.42 * lane.height, 0.3)
    off = {number: (log(second) - middle) / span for number, second in sorted(times.items())}
    inside = {number: max(-1.0, min(1.0, far)) for number, far in off.items()}
    axes.axhline(lane.middle, color=INK, alpha=FAINT, linewidth=0.8)
    axes.axhline(lane.middle + lane.height / 2, color=INK, alpha=FAINT / 2, linewidth=0.5)
    heights = [lane.middle - far * room for far in inside.values()]
    axes.plot(
        list(inside),
        heights,
        marker=lane.marker,
        color=lane.colour,
        linewidth=1.4,
        markersize=4,
        markeredgecolor=INK,
        markeredgewidth=0.3,
        clip_on=False,
    )
    for number, far in off.items():
        if abs(far) > 1.0:
            _beyond(axes, number, lane.middle - inside[number] * room, times[number])


def _beyond(axes: Axes, number: int, height: float, seconds: float) -> None:
    """A round that left its row: its time stands beside it."""
    axes.annotate(
        text.duration(seconds),
        (number, height),
        xytext=(5, 0),
        textcoords="offset points",
        size=SMALL - 1,
        color=INK,
        va="center_baseline",
    )


def _delivered(
    sheet: Sheet, above: Axes, cpus: Mapping[int, float], scale: Scale, top: float
) -> None:
    """How many CPUs each round really had."""
    box = above.get_position()
    left, width = box.x0 * sheet.width, box.width * sheet.width
    axes = sheet.axes(left, top, width, _CPUS)
    axis.horizontal(axes, scale, "round")
    most = max(*cpus.values(), 1.0)
    axes.set_ylim(0, most)
    axes.bar(list(cpus), list(cpus.values()), width=0.7, color=INK, alpha=0.35, linewidth=0)
    middle = top + _CPUS / 2
    sheet.lines(left - 0.1, middle, [_DELIVERED], ha="right", alpha=MUTED)
    said = text.digits(median(cpus.values()))
    sheet.lines(left + width + 0.1, middle, [said], alpha=MUTED)


def _said(lane: Lane) -> str:
    return text.duration(lane.row.batch_seconds)


def _described(block: Block, stack: Sequence[Lane], times: Mapping[int, Times], about: str) -> str:
    each = [
        f"{block.names[lane.row.id]} "
        + ", ".join(text.duration(second) for _, second in sorted(times[lane.row.id].items()))
        for lane in stack
    ]
    return f"{about}: {'; '.join(each)}."
