"""Timeline: which task ran where and when, one panel for each strategy on one axis of time.

What a chart of means cannot show: that threads wait side by side, that a loop does the same in one
lane, and that a computation holds all of them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import TYPE_CHECKING

from .. import text
from . import axis, panels, probing, scales, words
from .chart import Block, LeftOut
from .panels import Panel
from .sheet import Sheet
from .style import EDGE, INK, MUTED, SMALL, TEXT, line_height

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from ..cells import Row
    from ..probed import Timeline

_TOP, _BELOW, _GAP = 0.3, 0.42, 0.1
_INSTANT = 1e-9  # where a clock saw nothing pass
_FAR, _BEYOND = 6.0, 1.9
"""An axis of more than so many times what is usual would show that as a smear: it is cut there."""


def drawn(block: Block) -> tuple[Sheet, str]:
    """A bar for each task, in a row of its lane; and the same in words."""
    stack = panels.stacked(block, _timelines(block))
    tall = stack[-1].top + stack[-1].height
    about = f"One pass apart from the timed ones{_tasks(stack)}"
    about += probing.without(block, "timeline")
    sheet = Sheet(_title(block, stack), about, _TOP + tall + _BELOW)
    names = [line for panel in stack for line in panel.name]
    left = EDGE + max(words.widest(names, TEXT), words.widest(map(_lanes, stack), SMALL)) + 0.2
    scale = scales.seconds([0.0, _reach(stack)], zero=True)
    right = (
        EDGE
        + max(words.widest(map(_took, stack), TEXT), words.widest(_beside(stack), SMALL))
        + _GAP
    )
    wide = sheet.width - left - right
    axes = sheet.axes(left, _TOP, wide, tall)
    axes.set_ylim(tall, 0)
    axis.horizontal(axes, scale, "time since the first task was submitted")
    for panel in stack:
        panels.draw(axes, panel, wide, scale.high)
        _rule(axes, panel)
        _say(sheet, panel, left - 0.2, sheet.width - right + _GAP, scale.high)
    sheet.legend(*_marks(stack), 0.0)
    return sheet, _described(block, stack, about)


def _timelines(block: Block) -> list[tuple[Row, Timeline]]:
    """The cells that were traced, the reference first: the others are read against it."""
    known = [
        (row, found.timeline)
        for row, found in probing.seen(block)
        if found.timeline and found.timeline.tasks
    ]
    if not known:
        raise LeftOut(probing.missing(block, "timeline", "latency", "no tasks were traced"))
    return sorted(known, key=lambda one: not one[0].reference)


def _reach(stack: Sequence[Panel]) -> float:
    """Where the axis ends: at the last task, or where those that are far slower are cut off."""
    each = [max(_INSTANT, panel.end) for panel in stack]
    usual, last = median_low(each), max(each)
    if last <= _FAR * usual:
        return last
    return _BEYOND * max(end for end in each if end <= _FAR * usual)


def _title(block: Block, stack: Sequence[Panel]) -> str:
    mean = {block.names[panel.row.id]: _in_flight(panel) for panel in stack}
    least, most = min(mean, key=mean.__getitem__), max(mean, key=mean.__getitem__)
    if mean[most] < 1.05 * mean[least]:
        return f"{block.name}: {_few(mean[most])} in flight under each strategy, on average"
    return (
        f"{block.name}: {_few(mean[least])} in flight under {least}, {_few(mean[most])} under "
        f"{most}, on average"
    )


def _few(count: float) -> str:
    rounded = float(f"{count:.2g}")
    return f"{rounded:,g} {'task' if rounded == 1 else 'tasks'}"


def _in_flight(panel: Panel) -> float:
    """Tasks running at the same time, on average over the pass."""
    running = sum(ended - started for _, _, _, started, ended in panel.timeline.tasks)
    return running / panel.end if panel.end else 0.0


def _tasks(stack: Sequence[Panel]) -> str:
    traced = {len(panel.timeline.tasks) for panel in stack}
    if len(traced) > 1:
        return ""
    count = traced.pop()
    return f", {text.count(count)} {'task' if count == 1 else 'tasks'} of each strategy"


def _lanes(panel: Panel) -> str:
    lanes = f"{text.count(panel.lanes)} {'lane' if panel.lanes == 1 else 'lanes'}"
    rows = f", {text.count(panel.rows)} at once" if panel.rows > panel.lanes else ""
    some = f", {len(panel.tracks)} shown" if len(panel.tracks) < panel.rows else ""
    return f"{lanes}{rows}{some}"


def _took(panel: Panel) -> str:
    return text.duration(panel.end)


def _lag(panel: Panel) -> str:
    most = max((lag for _, lag in panel.timeline.beats), default=None)
    return "" if most is None else f"lag up to {text.duration(most)}"


def _rest(panel: Panel, high: float) -> str:
    """What of the batch is not drawn."""
    drawn = len(panel.timeline.tasks)
    if panel.end > high:
        beyond = panel.left + sum(ended > high for *_, ended in panel.timeline.tasks)
        return f"{text.count(beyond)} {'task' if beyond == 1 else 'tasks'} beyond"
    return f"{text.count(drawn)} of {text.count(panel.row.tasks)} tasks" if panel.left else ""


def _beside(stack: Sequence[Panel]) -> list[str]:
    return [*map(_lag, stack), *(_rest(panel, _reach(stack)) for panel in stack)]


def _rule(axes: Axes, panel: Panel) -> None:
    axes.axhline(panel.top + panel.height - 0.06, color=INK, alpha=0.12, linewidth=0.6)


def _say(sheet: Sheet, panel: Panel, left: float, right: float, high: float) -> None:
    """Its name and lanes at the left; at the right how long it took, and how late beats came."""
    middle = _TOP + panel.top + panel.bars / 2
    middle = max(middle, _TOP + panel.top + (len(panel.name) + 1) * line_height(TEXT) / 2)
    step = line_height(TEXT)
    sheet.lines(left, middle - step / 2, panel.name, ha="right")
    below = middle + (len(panel.name) - 1) * step / 2 + line_height(SMALL) / 2
    sheet.lines(left, below, [_lanes(panel)], ha="right", size=SMALL, alpha=MUTED)
    said = [line for line in (_rest(panel, high), _lag(panel)) if line]
    sheet.lines(right, middle - len(said) * step / 2, [_took(panel)])
    sheet.lines(right, middle + step / 2, said, size=SMALL, alpha=MUTED)


def _marks(stack: Sequence[Panel]) -> tuple[list[Line2D], list[str]]:
    from matplotlib.lines import Line2D

    known = {
        "a task runs": Line2D([], [], color=INK, linewidth=6, solid_capstyle="butt"),
        "it waits": Line2D([], [], color=INK, linewidth=1),
        "a lane": Line2D([], [], color=INK, marker="|", ms=9, mew=1.8, ls="", alpha=MUTED),
    }
    if any(panel.timeline.beats for panel in stack):
        beat = Line2D([], [], color=INK, marker="|", ms=6, mew=0.8, ls="", alpha=MUTED)
        known["the loop's heartbeat, a bar as long as it is late"] = beat
    return list(known.values()), list(known)


def _described(block: Block, stack: Sequence[Panel], about: str) -> str:
    each = [
        f"{block.names[panel.row.id]} {_took(panel)}, {_lanes(panel)}"
        + (f", {_lag(panel)}" if _lag(panel) else "")
        for panel in stack
    ]
    return f"{about}: {'; '.join(each)}."
