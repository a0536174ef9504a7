"""What the canary saw of each round: the CPUs delivered as bars below it, the rest in words.

Rounds: batch time over rounds, to see drift.

Each cell has a row of its own, around its own mean: on a common axis the fast ones would lie on top
of each other, flat below the slow one.  All rows have the same scale.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import exp, log
from statistics import fmean, median
from typing import TYPE_CHECKING

from .. import numbers
from . import lanes, scales
from .chart import Block, LeftOut
from .lanes import Lane
from .scales import Scale
from .sheet import Sheet
from .style import FAINT, INK, MUTED, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..run.schema import Canary


NAME = "CPUs delivered"
_TALL, _GAP = 0.45, 0.12
HIGH = _TALL + _GAP
"""Inches that it takes below the rows."""


def draw(sheet: Sheet, above: Axes, seen: Sequence[Canary], scale: Scale, top: float) -> None:
    """A bar for each round below the axes: hollow where it got much less, faint where replaced."""
    box = above.get_position()
    left, width = box.x0 * sheet.width, box.width * sheet.width
    axes = sheet.axes(left, top + _GAP, width, _TALL)
    scales.horizontal(axes, scale, "round")
    promised = max(one.cpus for one in seen)
    most = max(*(one.delivered for one in seen), float(promised))
    axes.set_ylim(0, 1.05 * most)
    axes.axhline(promised, color=INK, alpha=FAINT, linewidth=0.8)
    for one in seen:
        opacity = 0.15 if one.replaced else 0.45
        axes.bar(
            [one.round],
            [one.delivered],
            width=0.7,
            facecolor="none" if one.low else INK,
            edgecolor=INK,
            linewidth=1.0 if one.low else 0.0,
            alpha=1.6 * opacity if one.low else opacity,
        )
    middle = top + _GAP + _TALL / 2
    sheet.lines(left - 0.1, middle, [NAME], ha="right", alpha=MUTED)
    usual = numbers.digits(median(one.delivered for one in _counted(seen)))
    sheet.lines(left + width + 0.1, middle, [f"{usual} of {promised}"], alpha=MUTED)


def sentences(seen: Sequence[Canary]) -> Iterator[str]:
    """What the bars do not say: which rounds are marked, and how late sleepers woke."""
    low = [one.round for one in seen if one.low and not one.replaced]
    again = [one.round for one in seen if one.replaced]
    if low:
        yield f"Hollow: {_rounds(low)} got much less CPU than the others"
    if again:
        yield f"Faint: {_rounds(again)} got much less, too, and was measured again"
    late = [one.jitter_seconds for one in _counted(seen) if one.jitter_seconds is not None]
    if late:
        usual, most = numbers.brief(median(late)), numbers.brief(max(late))
        worst = "" if usual == most else f", {most} in the worst round"
        yield f"A sleeping process woke up {usual} late{worst}"


def _counted(seen: Sequence[Canary]) -> list[Canary]:
    return [one for one in seen if not one.replaced] or list(seen)


def _rounds(rounds: Sequence[int]) -> str:
    return f"round{'s' * (len(rounds) > 1)} {numbers.listed([str(n) for n in rounds])}"


Times = Mapping[int, float]  # round -> seconds

_HIGH, _TOP = 0.5, 0.06
_LEAST = log(1.02)  # below this nothing is worth a zoom
_SPREAD = 8.0


def drawn(block: Block) -> tuple[Sheet, str]:
    """A line for each cell, round by round, above the CPUs delivered; and the same in words."""
    rows, stored = block.measured, block.stored
    times = {row.id: {one.round: one.seconds for one in stored.of(row.id)} for row in rows}
    if all(len(each) < 2 for each in times.values()):
        raise LeftOut("one round shows no drift")
    again = {row.id: _again(block, row.id) for row in rows}
    last = max(number for each in (*times.values(), *again.values()) for number in each)
    stack = lanes.stacked(block, rows, _HIGH)
    span = _span(times.values())
    seen = [one for one in stored.run.canary if one.round <= last]
    about = _about(span, max(_far(times.values())) > span, seen)
    room = HIGH if seen else 0.0
    sheet = Sheet(block.title, about, _TOP + lanes.height(stack) + lanes.BELOW + room)
    scale = _of_rounds(last)
    names = [NAME] if seen else []
    axes = lanes.drawn(sheet, stack, _said, scale, "" if seen else "round", _TOP, names)
    low = {one.round for one in seen if one.low}
    for lane in stack:
        _line(axes, lane, times[lane.row.id], span, low)
        if again[lane.row.id]:
            _faint(axes, lane, again[lane.row.id], times[lane.row.id], span)
    if seen:
        axes.tick_params(labelbottom=False)
        draw(sheet, axes, seen, scale, _TOP + lanes.height(stack))
    return sheet, _described(block, stack, times, about)


def _again(block: Block, cell: int) -> Times:
    """The times of a cell that were measured again, and count no more."""
    return {one.round: one.seconds for one in block.stored.replaced if one.cell == cell}


def _about(span: float, beyond: bool, seen: Sequence[Canary]) -> str:
    shown = numbers.percent(exp(span) - 1, " ")
    about = f"Batch time over rounds; each row reaches {shown} above its mean, and as far below"
    if beyond:
        about += "; a time stands beside each round that went farther"
    return ". ".join([about, *sentences(seen)])


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
        middle = _middle(each)
        yield from (abs(log(second) - middle) for second in each.values())


def _line(axes: Axes, lane: Lane, times: Times, span: float, low: Collection[int]) -> None:
    axes.axhline(lane.middle, color=INK, alpha=FAINT, linewidth=0.8)
    axes.axhline(lane.middle + lane.height / 2, color=INK, alpha=FAINT / 2, linewidth=0.5)
    heights = _heights(lane, times, times, span)
    axes.plot(
        list(heights), list(heights.values()), color=lane.colour, linewidth=1.4, clip_on=False
    )
    for hollow in (False, True):
        inside = {n: y for n, y in heights.items() if (n in low) == hollow}
        if not inside:
            continue
        fill, edge = ("none", lane.colour) if hollow else (lane.colour, INK)
        axes.plot(
            list(inside),
            list(inside.values()),
            lane.marker,
            markersize=5.5 if hollow else 4,
            markerfacecolor=fill,
            markeredgecolor=edge,
            markeredgewidth=1.2 if hollow else 0.3,
            clip_on=False,
        )
    middle = _middle(times)
    for number, height in heights.items():
        if abs(log(times[number]) - middle) > span:
            _beyond(axes, number, height, times[number])


def _faint(axes: Axes, lane: Lane, again: Times, counted: Times, span: float) -> None:
    """What was measured again: no part of the line."""
    heights = _heights(lane, again, counted, span)
    axes.plot(
        list(heights),
        list(heights.values()),
        lane.marker,
        color=lane.colour,
        alpha=0.35,
        markersize=4,
        clip_on=False,
    )


def _heights(lane: Lane, times: Times, counted: Times, span: float) -> dict[int, float]:
    """Where each round is drawn: slow ones above the mean of those that count, none outside."""
    middle = _middle(counted)
    room = min(0.42 * lane.height, 0.3)
    off = {number: (log(second) - middle) / span for number, second in sorted(times.items())}
    return {n: lane.middle - max(-1.0, min(1.0, far)) * room for n, far in off.items()}


def _middle(times: Times) -> float:
    return fmean(map(log, times.values()))


def _beyond(axes: Axes, number: int, height: float, seconds: float) -> None:
    """A round that left its row: its time stands beside it."""
    axes.annotate(
        numbers.duration(seconds),
        (number, height),
        xytext=(5, 0),
        textcoords="offset points",
        size=SMALL - 1,
        color=INK,
        va="center_baseline",
    )


def _said(lane: Lane) -> str:
    return numbers.duration(lane.row.batch_seconds)


def _described(block: Block, stack: Sequence[Lane], times: Mapping[int, Times], about: str) -> str:
    each = [
        f"{block.names[lane.row.id]} "
        + ", ".join(numbers.duration(second) for _, second in sorted(times[lane.row.id].items()))
        for lane in stack
    ]
    return f"{about}: {'; '.join(each)}."
