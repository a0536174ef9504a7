"""What a strategy costs beside its batch time: CPU and memory, and the start-up of a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import median

from .. import numbers
from ..analysis import cells
from ..analysis.cells import Row
from ..analysis.verdict import span
from ..run.notes import OPENED_TOGETHER
from ..stats import ranks
from . import scales, style
from .chart import LeftOut, NamedBlock
from .sheet import Sheet, Strip, bar_key, draw_strips, strips
from .style import EDGE, INK, TEXT, Axes, Look, line_height, point

_LEFT, _TOP, _TALL, _BELOW, _NAMES = 0.7, 0.08, 3.4, 0.5, 2.2


@dataclass(frozen=True)
class CellCost:
    """What a cell's batch costs; `memory` is the peak in bytes, None where it was not measured."""

    name: str
    strategy: str
    seconds: float
    cpu: float
    memory: float | None

    @property
    def label(self) -> str:
        """Its name, and its memory where that is known."""
        return self.name if self.memory is None else f"{self.name} {numbers.size(self.memory)}"


def draw_cost(block: NamedBlock) -> tuple[Sheet, str]:
    """A point for each cell, its size the memory, and the Pareto front; and the same in words."""
    costs = [
        CellCost(name, row.strategy, row.batch_seconds or 0.0, row.cpu_seconds, row.peak_bytes)
        for row in block.measured
        if row.cpu_seconds and (name := block.names[row.id])
    ]
    if not costs:
        raise LeftOut("no CPU seconds are known")
    labels = [style.fold(one.label, _NAMES, TEXT) for one in costs]
    heights = [len(label) * line_height(TEXT) + 0.06 for label in labels]
    tall = max(_TALL, sum(heights))
    about = "Batch time against CPU seconds; nothing is better in both than what the line joins"
    if any(one.memory for one in costs):
        about += "; the area of a point is its peak memory"
    best = front(costs)
    leaders = numbers.few([one.name for one in best])
    title = f"Cost: as measured, nothing beats {leaders} in both time and CPU"
    sheet = Sheet(title, about, _TOP + tall + _BELOW, subject=block.name)
    right = EDGE + style.widest((line for label in labels for line in label), TEXT) + 0.45
    axes = sheet.axes(EDGE + _LEFT, _TOP, sheet.width - EDGE - _LEFT - right, tall)
    # Large points at the ends need room.
    scales.seconds(axes.xaxis, [one.cpu for one in costs], "CPU time of a batch", room=0.06)
    scales.seconds(axes.yaxis, [one.seconds for one in costs], "batch time", room=0.06)
    cpu, seconds = [one.cpu for one in best], [one.seconds for one in best]
    axes.plot(cpu, seconds, color=INK, lw=1, alpha=0.6, ls=(0, (4, 2)), drawstyle="steps-post")
    most = max(one.memory or 0.0 for one in costs)
    for one in costs:
        share = one.memory / most if one.memory and most else 0.25
        look = point(one.strategy, max(4.0, 16 * sqrt(share)))
        axes.plot([one.cpu], [one.seconds], alpha=0.85, **look)
    top, left = _TOP, sheet.width - right
    for one, label, height in zip(costs, labels, heights, strict=True):
        middle = top + height / 2
        sheet.stroke([left + 0.25], [middle], **point(one.strategy, 7))
        sheet.lines(left + 0.4, middle, label)
        top += height
    time = numbers.duration
    each = [f"{one.label}: {time(one.seconds)}, CPU {time(one.cpu)}" for one in costs]
    return sheet, f"{about}. {'; '.join(each)}."


def front(costs: Sequence[CellCost]) -> list[CellCost]:
    """Those that none beats in time and CPU both, by rising CPU."""
    best: list[CellCost] = []
    for one in sorted(costs, key=lambda one: (one.cpu, one.seconds)):
        if not best or one.seconds < best[-1].seconds:
            best.append(one)
    return best


_STRIP = 0.46
_PARTS = {"start-up": "//////", "first batch": "", "close": "xxxxxx"}
"""What a one-shot run consists of, with the hatch of each."""
_FAINT = 0.45


def draw_startup(block: NamedBlock) -> tuple[Sheet, str]:
    """Two bars for each cell, one-shot above batch; and the same in words."""
    parts = {row.id: _parts(block, row.id) for row in block.measured}
    rows = [row for row in block.measured if all(map(isfinite, parts[row.id]))]
    if not rows:
        raise LeftOut("no start-up was recorded")
    stack = strips(block, rows, _STRIP)
    about = "One-shot time, which a script pays, above the batch time, which a service pays"
    sheet, axes = draw_strips(_finding(block, rows), about, stack, _both, subject=block.name)
    longest = [max(sum(parts[row.id]), row.batch_seconds or 0.0) for row in rows]
    scales.seconds(axes.xaxis, longest, "time", zero=True)
    for strip in stack:
        _draw_bars(axes, strip, parts[strip.row.id])
    keys = {name: bar_key(hatch=hatch) for name, hatch in _PARTS.items()}
    sheet.legend({**keys, "batch, once all is up": bar_key(alpha=_FAINT)})
    each = []
    for strip in stack:
        known = zip(_PARTS, parts[strip.row.id], strict=True)
        inside = ", ".join(f"{part} {numbers.duration(seconds)}" for part, seconds in known)
        each.append(f"{block.names[strip.row.id]} {_both(strip)}, of it {inside}")
    return sheet, f"{about}: {'; '.join(each)}."


def _finding(block: NamedBlock, rows: Sequence[Row]) -> str:
    """Who has the shortest one-shot time, or may have: paired by round, as ranks are."""
    planned = block.stored.blocks()[block.number]
    misses = 1 - cells.level(block.stored, planned)
    known = {
        row.id: {one.round: one.one_shot_seconds for one in block.stored.of(row.id)} for row in rows
    }
    usual = {cell: median(times.values()) for cell, times in known.items()}
    timed = {cell: times for cell, times in known.items() if min(times.values()) > 0}
    standings = ranks.standings(timed, misses, block.stored.run.margin)
    first = [cell for cell, one in standings.items() if one.low == 1]
    times = span(*(numbers.duration(end) for end in (min(usual.values()), max(usual.values()))))
    if any(one.code == OPENED_TOGETHER for row in rows for one in row.notes):
        return f"Start-up: {times}, of workers that opened at the same time"
    if not first:
        return f"Start-up: {times}, in too few rounds to say who is shortest"
    first.sort(key=usual.__getitem__)
    if len(first) == len(known) > 1:
        ends = (numbers.duration(usual[cell]) for cell in (first[0], first[-1]))
        return f"Start-up: {span(*ends)}, too noisy to say who is shortest"
    times = span(numbers.duration(usual[first[0]]), numbers.duration(usual[first[-1]]))
    names = [block.names[cell] for cell in first]
    return f"Start-up: {numbers.few(names, 'or')} shortest, {times}"


def _parts(block: NamedBlock, cell: int) -> tuple[float, ...]:
    """How long each of the parts takes, as a median."""
    processes = block.stored.of(cell)
    each = [(one.startup_seconds, one.first_batch_seconds, one.close_seconds) for one in processes]
    return tuple(map(median, zip(*each, strict=True)))


def _draw_bars(axes: Axes, strip: Strip, parts: Sequence[float]) -> None:
    half = min(0.4 * strip.height, 0.2)
    look: Look = {"height": half, "color": strip.colour, "edgecolor": INK, "lw": 0.4}
    start = 0.0
    for seconds, hatch in zip(parts, _PARTS.values(), strict=True):
        axes.barh(strip.middle - half / 2, seconds, left=start, hatch=hatch, **look)
        start += seconds
    axes.barh(strip.middle + half / 2, strip.row.batch_seconds or 0.0, alpha=_FAINT, **look)


def _both(strip: Strip) -> str:
    """Its one-shot time and its batch time."""
    row = strip.row
    return f"{numbers.duration(row.one_shot_seconds)} / {numbers.duration(row.batch_seconds)}"
