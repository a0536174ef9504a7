"""What the canary saw of each round: the CPUs delivered as bars below it, the rest in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from .. import text
from . import axis
from .scales import Scale
from .sheet import Sheet
from .style import FAINT, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..facts import Canary

NAME = "CPUs delivered"
_TALL, _GAP = 0.45, 0.12
HIGH = _TALL + _GAP
"""Inches that it takes below the rows."""


def draw(sheet: Sheet, above: Axes, seen: Sequence[Canary], scale: Scale, top: float) -> None:
    """A bar for each round below the axes: hollow where it got much less, faint where replaced."""
    box = above.get_position()
    left, width = box.x0 * sheet.width, box.width * sheet.width
    axes = sheet.axes(left, top + _GAP, width, _TALL)
    axis.horizontal(axes, scale, "round")
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
    usual = text.digits(median(one.delivered for one in _counted(seen)))
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
        usual, most = text.brief(median(late)), text.brief(max(late))
        worst = "" if usual == most else f", {most} in the worst round"
        yield f"A sleeping process woke up {usual} late{worst}"


def _counted(seen: Sequence[Canary]) -> list[Canary]:
    return [one for one in seen if not one.replaced] or list(seen)


def _rounds(rounds: Sequence[int]) -> str:
    return f"round{'s' * (len(rounds) > 1)} {text.listed([str(n) for n in rounds])}"
