"""Cost: batch time against the CPU seconds and the memory it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from .. import numbers
from . import scales, words
from .chart import Block, LeftOut
from .scales import Scale
from .sheet import Sheet
from .style import EDGE, INK, TEXT, colour, line_height, marker

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT, _TOP, _TALL, _BELOW, _NAMES = 0.7, 0.08, 3.4, 0.5, 2.2


@dataclass(frozen=True)
class Spent:
    """What a cell's batch cost; `memory` is the peak, None where it was not measured."""

    name: str
    strategy: str
    seconds: float
    cpu: float
    memory: float | None


def drawn(block: Block) -> tuple[Sheet, str]:
    """A point for each cell, its size the memory, and the Pareto front; and the same in words."""
    spent = [
        Spent(
            block.names[row.id],
            row.strategy,
            row.batch_seconds or 0.0,
            row.cpu_seconds,
            row.peak_bytes,
        )
        for row in block.measured
        if row.cpu_seconds
    ]
    if not spent:
        raise LeftOut("no CPU seconds are known")
    keys = [words.folded(_key(one), _NAMES, TEXT) for one in spent]
    high = [len(key) * line_height(TEXT) + 0.06 for key in keys]
    tall = max(_TALL, sum(high))
    about = "Batch time against CPU seconds; nothing is better in both than what the line joins"
    if any(one.memory for one in spent):
        about += "; the area of a point is its peak memory"
    sheet = Sheet(_title(block, spent), about, _TOP + tall + _BELOW)
    right = EDGE + words.widest((line for key in keys for line in key), TEXT) + 0.45
    axes = sheet.axes(EDGE + _LEFT, _TOP, sheet.width - EDGE - _LEFT - right, tall)
    across, up = (
        _roomy(scales.seconds(values))
        for values in ([one.cpu for one in spent], [one.seconds for one in spent])
    )
    scales.horizontal(axes, across, f"CPU time of a batch{' (logarithmic)' * across.log}")
    scales.vertical(axes, up, f"batch time{' (logarithmic)' * up.log}")
    _front(axes, spent)
    _points(axes, spent)
    _keys(sheet, spent, keys, high, sheet.width - right)
    return sheet, _described(spent, about)


def _title(block: Block, spent: Sequence[Spent]) -> str:
    best = numbers.listed([one.name for one in front(spent)])
    return f"{block.name}: nothing beats {best} in both time and CPU"


def front(spent: Sequence[Spent]) -> list[Spent]:
    """Those that none beats in time and CPU both, by rising CPU."""
    found: list[Spent] = []
    for one in sorted(spent, key=lambda one: (one.cpu, one.seconds)):
        if not found or one.seconds < found[-1].seconds:
            found.append(one)
    return found


def _roomy(scale: Scale) -> Scale:
    """The same with room for large points at its ends."""
    if scale.log:
        more = (scale.high / scale.low) ** 0.06
        return Scale(scale.low / more, scale.high * more, True, scale.ticks, scale.labels)
    more = 0.06 * (scale.high - scale.low)
    return Scale(scale.low - more, scale.high + more, False, scale.ticks, scale.labels)


def _key(one: Spent) -> str:
    memory = "" if one.memory is None else f" {numbers.size(one.memory)}"
    return f"{one.name}{memory}"


def _front(axes: Axes, spent: Sequence[Spent]) -> None:
    best = front(spent)
    axes.plot(
        [one.cpu for one in best],
        [one.seconds for one in best],
        color=INK,
        linewidth=1,
        alpha=0.6,
        linestyle=(0, (4, 2)),
        drawstyle="steps-post",
    )


def _points(axes: Axes, spent: Sequence[Spent]) -> None:
    most = max((one.memory or 0.0 for one in spent), default=0.0)
    for one in spent:
        share = one.memory / most if one.memory and most else 0.25
        axes.plot(
            [one.cpu],
            [one.seconds],
            marker(one.strategy),
            color=colour(one.strategy),
            markersize=max(4.0, 16 * sqrt(share)),
            markeredgecolor=INK,
            markeredgewidth=0.5,
            alpha=0.85,
        )


def _keys(
    sheet: Sheet,
    spent: Sequence[Spent],
    keys: Sequence[Sequence[str]],
    high: Sequence[float],
    left: float,
) -> None:
    """The names, each with its marker, beside the axes."""
    from matplotlib.lines import Line2D

    top = _TOP
    for one, key, tall in zip(spent, keys, high, strict=True):
        middle = top + tall / 2
        sheet.figure.add_artist(
            Line2D(
                [left + 0.25],
                [sheet.height - sheet.top - middle],
                marker=marker(one.strategy),
                color=colour(one.strategy),
                markersize=7,
                markeredgecolor=INK,
                markeredgewidth=0.4,
                linestyle="",
                transform=sheet.figure.dpi_scale_trans,
            )
        )
        sheet.lines(left + 0.4, middle, key)
        top += tall


def _described(spent: Sequence[Spent], about: str) -> str:
    each = [
        f"{_key(one)}: {numbers.duration(one.seconds)}, CPU {numbers.duration(one.cpu)}"
        for one in spent
    ]
    return f"{about}. {'; '.join(each)}."
