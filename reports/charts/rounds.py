"""Every round of every cell: how the times spread, and whether they drift.

Over rounds each cell has a row of its own, around its own mean: on a common axis the fast ones
would lie on top of each other, flat below the slow one.  All rows have the same scale.  Below them
stand the CPUs that each round got, as the canary measured them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import exp, log
from statistics import fmean, median
from typing import TYPE_CHECKING

from .. import numbers
from ..run.schema import Canary
from . import margins, scales
from .chart import LeftOut, NamedBlock
from .margins import Strip
from .sheet import Sheet, key
from .style import FAINT, INK, MUTED, SMALL, Look, point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 0.36


def draw_distribution(block: NamedBlock) -> tuple[Sheet, str]:
    """A strip of points for each cell, one a round, with the mean; and the same in words."""
    stack = margins.strips(block, block.measured, _POINTS)
    times = {
        strip.row.id: [one.seconds for one in block.stored.of(strip.row.id)] for strip in stack
    }
    about = "Batch time of every round; a point is one worker process"
    sheet, axes = margins.draw_strips(block.title, about, stack, _mean)
    scales.seconds(axes.xaxis, (one for each in times.values() for one in each), "batch time")
    for strip in stack:
        _draw_points(axes, strip, times[strip.row.id])
    sheet.legend(
        {
            "one round, the first at the top of its row": key(
                marker="o", markersize=4.5, linestyle="", alpha=0.6
            ),
            "geometric mean": key(marker="|", markersize=10, mew=1.4, linestyle=""),
        }
    )
    each = [
        f"{block.names[strip.row.id]} {_mean(strip)}, {numbers.duration(min(known))} to "
        f"{numbers.duration(max(known))} in {len(known)} rounds"
        for strip, known in zip(stack, times.values(), strict=True)
    ]
    return sheet, f"{about}: {'; '.join(each)}."


def _draw_points(axes: Axes, strip: Strip, times: Sequence[float]) -> None:
    # Rounds go from the upper edge of the strip to the lower: no chance, and no two in one place.
    room = min(0.6 * strip.height, 0.3)
    steps = max(1, len(times) - 1)
    heights = [strip.middle + room * (place / steps - 0.5) for place in range(len(times))]
    if len(times) == 1:
        heights = [strip.middle]
    axes.plot(times, heights, alpha=0.8, **point(strip.row.strategy, 4.5))
    if mean := strip.row.batch_seconds:
        half = min(0.42 * strip.height, 0.2)
        axes.vlines(mean, strip.middle - half, strip.middle + half, color=INK, linewidth=1.4)


def _mean(strip: Strip) -> str:
    return numbers.duration(strip.row.batch_seconds)


Times = Mapping[int, float]  # round -> seconds

_LINE, _TOP = 0.5, 0.06
_LEAST = log(1.02)  # below this nothing is worth a zoom
_SPREAD = 8.0
_CPUS = "CPUs delivered"
_TALL, _GAP = 0.45, 0.12
"""Inches of the bars of CPUs, and above them."""


def draw_rounds(block: NamedBlock) -> tuple[Sheet, str]:
    """A line for each cell, round by round, above the CPUs delivered; and the same in words."""
    rows, stored = block.measured, block.stored
    times = {row.id: {one.round: one.seconds for one in stored.of(row.id)} for row in rows}
    if all(len(each) < 2 for each in times.values()):
        raise LeftOut("one round shows no drift")
    # What was measured again counts no more.
    again = {
        row.id: {one.round: one.seconds for one in stored.replaced if one.cell == row.id}
        for row in rows
    }
    last = max(number for each in (*times.values(), *again.values()) for number in each)
    stack = margins.strips(block, rows, _LINE)
    span = _span(times.values())
    canaries = [one for one in stored.run.canary if one.round <= last]
    about = _about(span, max(_far(times.values())) > span, canaries)
    more: Look = {"names": [_CPUS], "more": _TALL + _GAP} if canaries else {}
    sheet, axes = margins.draw_strips(block.title, about, stack, _mean, top=_TOP, **more)
    _round_axis(axes, last, "" if canaries else "round")
    low = {one.round for one in canaries if one.low}
    for strip in stack:
        _draw_line(axes, strip, times[strip.row.id], span, low)
        if again[strip.row.id]:
            _draw_replaced(axes, strip, again[strip.row.id], times[strip.row.id], span)
    if canaries:
        axes.tick_params(labelbottom=False)
        _draw_cpus(sheet, axes, canaries, last)
    each = [
        f"{block.names[strip.row.id]} "
        + ", ".join(numbers.duration(second) for _, second in sorted(times[strip.row.id].items()))
        for strip in stack
    ]
    return sheet, f"{about}: {'; '.join(each)}."


def _about(span: float, beyond: bool, canaries: Sequence[Canary]) -> str:
    reach = numbers.percent(exp(span) - 1, " ")
    about = f"Batch time over rounds; each row reaches {reach} above its mean, and as far below"
    if beyond:
        about += "; a time stands beside each round that went farther"
    return ". ".join([about, *_sentences(canaries)])


def _sentences(canaries: Sequence[Canary]) -> Iterator[str]:
    """What the bars do not say: which rounds are marked, and how late sleepers woke."""
    low = [one.round for one in canaries if one.low and not one.replaced]
    again = [one.round for one in canaries if one.replaced]
    if low:
        yield f"Hollow: {_rounds(low)} got much less CPU than the others"
    if again:
        yield f"Faint: {_rounds(again)} got much less, too, and was measured again"
    late = [one.jitter_seconds for one in _counted(canaries) if one.jitter_seconds is not None]
    if late:
        usual, most = numbers.brief(median(late)), numbers.brief(max(late))
        worst = "" if usual == most else f", {most} in the worst round"
        yield f"A sleeping process woke up {usual} late{worst}"


def _counted(canaries: Sequence[Canary]) -> list[Canary]:
    return [one for one in canaries if not one.replaced] or list(canaries)


def _rounds(rounds: Sequence[int]) -> str:
    return f"round{'s' * (len(rounds) > 1)} {numbers.listed([str(n) for n in rounds])}"


def _round_axis(axes: Axes, last: int, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    ticks = [n for n in MaxNLocator(6, integer=True).tick_values(0, last) if n <= last]
    scales.fix(axes.xaxis, -0.5, last + 0.5, ticks, [f"{tick:g}" for tick in ticks], label)


def _span(times: Iterable[Times]) -> float:
    """How far a row reaches from its mean, in logarithms: all but the wildest rounds are inside."""
    far = list(_far(times))
    return max(_LEAST, min(max(far), _SPREAD * median(far)))


def _far(times: Iterable[Times]) -> Iterator[float]:
    for each in times:
        middle = _middle(each)
        yield from (abs(log(second) - middle) for second in each.values())


def _draw_line(axes: Axes, strip: Strip, times: Times, span: float, low: Collection[int]) -> None:
    axes.axhline(strip.middle, color=INK, alpha=FAINT, linewidth=0.8)
    axes.axhline(strip.middle + strip.height / 2, color=INK, alpha=FAINT / 2, linewidth=0.5)
    heights = _heights(strip, times, times, span)
    shade = strip.colour
    axes.plot(list(heights), list(heights.values()), color=shade, linewidth=1.4, clip_on=False)
    solid = {**point(strip.row.strategy, 4), "markeredgewidth": 0.3}
    hollow = {"markersize": 5.5, "markerfacecolor": "none", "markeredgecolor": shade, "mew": 1.2}
    hollow = {"marker": solid["marker"], "color": shade, "linestyle": "", **hollow}
    for look, is_low in ((solid, False), (hollow, True)):
        inside = {n: y for n, y in heights.items() if (n in low) == is_low}
        if inside:
            axes.plot(list(inside), list(inside.values()), clip_on=False, **look)
    middle = _middle(times)
    for number, height in heights.items():
        if abs(log(times[number]) - middle) > span:
            _write_time(axes, number, height, times[number], above=height > strip.middle)


def _draw_replaced(axes: Axes, strip: Strip, again: Times, counted: Times, span: float) -> None:
    """What was measured again: no part of the line."""
    heights = _heights(strip, again, counted, span)
    look = {**point(strip.row.strategy, 4), "markeredgecolor": strip.colour, "alpha": 0.35}
    axes.plot(list(heights), list(heights.values()), clip_on=False, **look)


def _heights(strip: Strip, times: Times, counted: Times, span: float) -> dict[int, float]:
    """Where each round is drawn: slow ones above the mean of those that count, none outside."""
    middle = _middle(counted)
    room = min(0.42 * strip.height, 0.3)
    off = {number: (log(second) - middle) / span for number, second in sorted(times.items())}
    return {n: strip.middle - max(-1.0, min(1.0, far)) * room for n, far in off.items()}


def _middle(times: Times) -> float:
    return fmean(map(log, times.values()))


def _write_time(axes: Axes, number: int, height: float, seconds: float, *, above: bool) -> None:
    """The time of a round that left its row, beside its point, off the line and inside the row."""
    look: Look = {"size": SMALL - 1, "color": INK, "va": "bottom" if above else "top"}
    place = (5, 1) if above else (5, -1)
    label = numbers.duration(seconds)
    axes.annotate(label, (number, height), xytext=place, textcoords="offset points", **look)


def _draw_cpus(sheet: Sheet, above: Axes, canaries: Sequence[Canary], last: int) -> None:
    """A bar for each round below the axes: hollow where it got much less, faint where replaced."""
    left, top, wide, tall = sheet.box(above)
    top += tall + _GAP
    axes = sheet.axes(left, top, wide, _TALL)
    _round_axis(axes, last, "round")
    promised = max(one.cpus for one in canaries)
    most = max(*(one.delivered for one in canaries), float(promised))
    axes.set(ylim=(0, 1.05 * most), yticks=[])
    axes.axhline(promised, color=INK, alpha=FAINT, linewidth=0.8)
    for one in canaries:
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
    middle = top + _TALL / 2
    sheet.lines(left - 0.1, middle, [_CPUS], ha="right", alpha=MUTED)
    usual = numbers.digits(median(one.delivered for one in _counted(canaries)))
    sheet.lines(left + wide + 0.1, middle, [f"{usual} of {promised}"], alpha=MUTED)
