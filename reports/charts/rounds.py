"""Every round of every cell: how the times spread, and whether they drift.

Over rounds each cell has a row of its own, around its own mean: on a common axis the fast ones
would lie on top of each other, flat below the slow one.  All rows have the same scale.  Below them
stand the CPUs that each round got, as the canary measured them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from math import exp, log
from statistics import fmean, median

from .. import numbers
from ..run.schema import Canary
from . import scales
from .chart import LeftOut, NamedBlock
from .sheet import Sheet, Strip, draw_strips, key, strips
from .style import FAINT, INK, MUTED, SMALL, Axes, Look, point

_POINTS = 0.36


def draw_distribution(block: NamedBlock) -> tuple[Sheet, str]:
    """A strip of points for each cell, one a round, with the mean; and the same in words."""
    stack = strips(block, block.measured, _POINTS)
    times = {row.id: [one.seconds for one in block.stored.of(row.id)] for row in block.measured}
    about = "Batch time of every round; a point is one worker process"
    title = f"Every round: {_spread(block, times)}"
    sheet, axes = draw_strips(title, about, stack, _mean, subject=block.name)
    scales.seconds(axes.xaxis, chain(*times.values()), "batch time")
    for strip in stack:
        _draw_points(axes, strip, times[strip.row.id])
    dot, stroke = key(marker="o", ms=4.5, ls="", alpha=0.6), key(marker="|", ms=10, mew=1.4, ls="")
    sheet.legend({"one round, the first at the top of its row": dot, "geometric mean": stroke})
    each = []
    for strip, known in zip(stack, times.values(), strict=True):
        ends = f"{numbers.duration(min(known))} to {numbers.duration(max(known))}"
        each.append(f"{block.names[strip.row.id]} {_mean(strip)}, {ends} in {len(known)} rounds")
    return sheet, f"{about}: {'; '.join(each)}."


def _spread(block: NamedBlock, times: Mapping[int, Sequence[float]]) -> str:
    """How far the slowest round is from the fastest: under whom least, and under whom most."""
    apart = {cell: max(each) / min(each) - 1 for cell, each in times.items() if len(each) > 1}
    if not apart:
        return "one of each strategy"
    least, most = min(apart, key=apart.__getitem__), max(apart, key=apart.__getitem__)
    near, far = (numbers.percent(apart[cell], " ") for cell in (least, most))
    if near == far:
        return f"{far} from the fastest to the slowest under {block.names[most]}"
    names = block.names[least], block.names[most]
    return f"{near} from the fastest to the slowest under {names[0]}, {far} under {names[1]}"


def _draw_points(axes: Axes, strip: Strip, times: Sequence[float]) -> None:
    # Rounds go from the upper edge of the strip to the lower: no chance, and no two in one place.
    room = min(0.6 * strip.height, 0.3)
    last = len(times) - 1
    shares = [place / last - 0.5 for place in range(len(times))] if last else [0.0]
    heights = [strip.middle + room * share for share in shares]
    axes.plot(times, heights, alpha=0.8, **point(strip.row.strategy, 4.5))
    if mean := strip.row.batch_seconds:
        half = min(0.42 * strip.height, 0.2)
        axes.vlines(mean, strip.middle - half, strip.middle + half, color=INK, linewidth=1.4)


def _mean(strip: Strip) -> str:
    return numbers.duration(strip.row.batch_seconds)


Times = Mapping[int, float]  # by round

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
    last = max(chain(*times.values(), *again.values()))
    stack = strips(block, rows, _LINE)
    # All but the wildest rounds are inside their row.
    far = [abs(each) for one in times.values() for each in _off(one, one).values()]
    span = max(_LEAST, min(max(far), _SPREAD * median(far)))
    canaries = [one for one in stored.run.canary if one.round <= last]
    about = ". ".join(_sentences(span, max(far) > span, canaries))
    more: Look = {"names": [_CPUS], "more": _TALL + _GAP} if canaries else {}
    more["values"] = [_delivered(canaries)] if canaries else []
    title = f"Over time: {_drift(times)}"
    sheet, axes = draw_strips(title, about, stack, _mean, top=_TOP, subject=block.name, **more)
    _round_axis(axes, last, "" if canaries else "round")
    low = {one.round for one in canaries if one.low}
    for strip in stack:
        _draw_line(axes, strip, times[strip.row.id], span, low)
        if replaced := again[strip.row.id]:
            _draw_replaced(axes, strip, _off(replaced, times[strip.row.id]), span)
    if canaries:
        axes.tick_params(labelbottom=False)
        _draw_cpus(sheet, axes, canaries, last)
    each = []
    for row in rows:
        seconds = [second for _, second in sorted(times[row.id].items())]
        each.append(f"{block.names[row.id]} {', '.join(map(numbers.duration, seconds))}")
    return sheet, f"{about}: {'; '.join(each)}."


def _drift(times: Mapping[int, Times]) -> str:
    """Which rounds were the slowest and the fastest for all strategies together."""
    logarithms: dict[int, list[float]] = {}
    for each in times.values():
        for number, far in _off(each, each).items() if len(each) > 1 else ():
            logarithms.setdefault(number, []).append(far)
    means = {number: exp(fmean(far)) - 1 for number, far in logarithms.items()}
    slow, fast = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    above, below = (numbers.percent(abs(means[number]), " ") for number in (slow, fast))
    return (
        f"round {slow + 1} slowest, {above} above the mean; round {fast + 1} fastest, {below} below"
    )


def _sentences(span: float, beyond: bool, canaries: Sequence[Canary]) -> Iterator[str]:
    """How far rows reach, and what bars do not say: which are marked, how late sleepers woke."""
    reach = numbers.percent(exp(span) - 1, " ")
    more = "; a time stands beside each round that went farther" if beyond else ""
    yield f"Batch time over rounds; each row reaches {reach} above its mean, and as far below{more}"
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
    return f"round{'s' * (len(rounds) > 1)} {numbers.listed([str(n + 1) for n in rounds])}"


def _round_axis(axes: Axes, last: int, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    # They are stored from 0, and count from 1 for a reader.
    ticks = [n for n in MaxNLocator(6, integer=True).tick_values(1, last + 1) if 1 <= n <= last + 1]
    scales.fix(axes.xaxis, -0.5, last + 0.5, {tick - 1: f"{tick:g}" for tick in ticks}, label)


def _off(times: Times, counted: Times) -> Times:
    """How far each is from the mean of those that count, in logarithms; by round."""
    middle = fmean(map(log, counted.values()))
    return {number: log(second) - middle for number, second in sorted(times.items())}


def _draw_line(axes: Axes, strip: Strip, times: Times, span: float, low: Collection[int]) -> None:
    axes.axhline(strip.middle, color=INK, alpha=FAINT, linewidth=0.8)
    axes.axhline(strip.middle + strip.height / 2, color=INK, alpha=FAINT / 2, linewidth=0.5)
    off, shade = _off(times, times), strip.colour
    heights = _heights(strip, off, span)
    axes.plot(list(heights), list(heights.values()), color=shade, linewidth=1.4, clip_on=False)
    solid = {**point(strip.row.strategy, 4), "mew": 0.3}
    hollow = {**solid, "ms": 5.5, "mfc": "none", "mec": shade, "mew": 1.2}
    for look, is_low in ((solid, False), (hollow, True)):
        inside = {n: y for n, y in heights.items() if (n in low) == is_low}
        if inside:
            axes.plot(list(inside), list(inside.values()), clip_on=False, **look)
    # The time of a round that left its row, beside its point, off the line and inside the row.
    beside: Look = {"size": SMALL - 1, "color": INK, "textcoords": "offset points"}
    for number, far in off.items():
        if abs(far) > span:
            label, place = numbers.duration(times[number]), (number, heights[number])
            va, up = ("top", -1) if far > 0 else ("bottom", 1)
            axes.annotate(label, place, xytext=(5, up), va=va, **beside)


def _draw_replaced(axes: Axes, strip: Strip, off: Times, span: float) -> None:
    """What was measured again: no part of the line."""
    heights = _heights(strip, off, span)
    look = {**point(strip.row.strategy, 4), "mec": strip.colour, "alpha": 0.35}
    axes.plot(list(heights), list(heights.values()), clip_on=False, **look)


def _heights(strip: Strip, off: Times, span: float) -> dict[int, float]:
    """Where each round is drawn: slow ones above the mean, none outside the strip."""
    room = min(0.42 * strip.height, 0.3)
    return {n: strip.middle - max(-1.0, min(1.0, far / span)) * room for n, far in off.items()}


def _draw_cpus(sheet: Sheet, above: Axes, canaries: Sequence[Canary], last: int) -> None:
    """A bar for each round below the axes: hollow where it got much less, faint where replaced."""
    left, top, wide, tall = sheet.box(above)
    top += tall + _GAP
    axes = sheet.axes(left, top, wide, _TALL)
    _round_axis(axes, last, "round")
    promised = _promised(canaries)
    most = max(*(one.delivered for one in canaries), float(promised))
    axes.set(ylim=(0, 1.05 * most), yticks=[])
    axes.axhline(promised, color=INK, alpha=FAINT, linewidth=0.8)
    for one in canaries:
        opacity = (0.15 if one.replaced else 0.45) * (1.6 if one.low else 1)
        look: Look = {"facecolor": "none" if one.low else INK, "edgecolor": INK, "alpha": opacity}
        axes.bar([one.round], [one.delivered], width=0.7, lw=1.0 if one.low else 0.0, **look)
    middle = top + _TALL / 2
    sheet.lines(left - 0.1, middle, [_CPUS], ha="right", alpha=MUTED)
    sheet.lines(left + wide + 0.1, middle, [_delivered(canaries)], alpha=MUTED)


def _promised(canaries: Sequence[Canary]) -> int:
    return max(one.cpus for one in canaries)


def _delivered(canaries: Sequence[Canary]) -> str:
    """`0.40 of 2`: what a round usually got of the CPUs there are."""
    return f"{median(one.delivered for one in _counted(canaries)):.2f} of {_promised(canaries)}"
