"""Speed-up: the grid of every workload under every strategy, and the bars of one workload.

A cell of the grid has the colour of the share of its limit that it reached; a bar has its interval
and a mark at its limit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import numbers
from ..analysis.cells import Row
from . import scales, style
from .chart import LeftOut, NamedBlock, clean, overview
from .sheet import Sheet, Strip, draw_strips, key, strips
from .style import EDGE, INK, MUTED, SMALL, TEXT, WIDTH, Axes, Look, line_height

_STRIP = 0.3
_FAR = 60.0  # times apart, from which on bars from 0 would hide the shortest


def draw_bars(block: NamedBlock) -> tuple[Sheet, str]:
    """Horizontal bars with intervals, and a mark at each limit; and the same in words.

    The axis is linear from 0, or logarithmic with bars from 1 where one would hide another.
    """
    reference = block.reference
    if reference is None:
        raise LeftOut("there is no reference that was measured, so no speed-up")
    rows = [row for row in block.measured if row.speedup is not None]
    if len(rows) < 2:
        raise LeftOut("only the reference was measured")
    stack = strips(block, rows, _STRIP)
    # The speed-up of a cell that takes no longer than it must.
    usual = reference.batch_seconds or 0.0
    limits = {row.id: usual / row.limit_seconds for row in rows if row.limit_seconds}
    about = f"Times as fast as {block.names[reference.id]}, with 95 % intervals"
    sheet, axes = draw_strips(
        f"Speed-up: {finding(block)}",
        about,
        stack,
        lambda one: _interval(one.row),
        subject=block.name,
    )
    _scale(axes, rows, list(limits.values()))
    axes.axvline(1, color=INK, linewidth=0.8, alpha=MUTED, linestyle=(0, (2, 2)))
    for strip in stack:
        _draw_bar(axes, strip)
        if limit := limits.get(strip.row.id):
            half = min(0.38 * strip.height, 0.2)
            axes.vlines(limit, strip.middle - half, strip.middle + half, color=INK, linewidth=2.2)
    keys = {"95 % interval": key(lw=1.1, marker="|", ms=5)}
    if limits:
        limit_mark = key(marker="|", ms=10, mew=2.2, ls="")
        keys["limit: as fast as any strategy could be here"] = limit_mark
    sheet.legend(keys)
    each = [f"{block.names[row.id]} {_interval(row)}" for row in rows]
    return sheet, f"{about}: {'; '.join(each)}."


def finding(block: NamedBlock) -> str:
    """The verdict in a few words, with few names."""
    found = block.verdict
    names = numbers.few(found.leaders)
    match found.outcome:
        case "fastest":
            return f"{names} fastest, {found.speedup}"
        case "as good":
            return f"{names} equal within {found.margin}, {found.speedup}"
        case "reference":
            return found.headline
        case "open":
            others = numbers.few(found.leaders[1:], "or")
            return f"{found.headline}, {found.speedup}; {others} could be as fast"
    return f"no ranking, {found.doubt}" if found.doubt else found.sentence


def _interval(row: Row) -> str:
    return numbers.interval(row.speedup, row.speedup_low, row.speedup_high)


def _scale(axes: Axes, rows: Sequence[Row], limits: Sequence[float]) -> None:
    known = [row.speedup for row in rows if row.speedup is not None]
    most = max(*known, *limits, 1.0)
    # An interval of two rounds may reach to the stars: the axis follows it half as far again.
    reach = [min(row.speedup_high or 0.0, 1.5 * most) for row in rows]
    label = "speed-up, times as fast"
    if max(known) > _FAR * min(known):
        scales.numbers(axes.xaxis, [*known, *limits, *reach, 1.0], label, "x", log=True)
    else:
        scales.numbers(axes.xaxis, [most, *reach], label, "x", zero=True)


def _draw_bar(axes: Axes, strip: Strip) -> None:
    """The bar and its interval; an arrow head where that goes on beyond the axis."""
    start = 1.0 if axes.get_xscale() == "log" else 0.0
    look: Look = {"height": min(0.62 * strip.height, 0.3), "color": strip.colour, "lw": 0.5}
    axes.barh(strip.middle, (strip.row.speedup or 0.0) - start, left=start, ec=INK, **look)
    low, high = strip.row.speedup_low, strip.row.speedup_high
    if low is None or high is None or low == high:
        return
    left, right = axes.get_xlim()
    inner = max(low, left), min(high, right)
    axes.plot(inner, [strip.middle] * 2, color=INK, linewidth=1.1, solid_capstyle="butt")
    for end, inside, arrow in ((low, inner[0], "<"), (high, inner[1], ">")):
        mark = "|" if end == inside else arrow
        axes.plot([inside], [strip.middle], mark, color=INK, markersize=5, clip_on=False)


Box = tuple[float, float, float, float]
"""Left, top, width and height in inches."""
_COLOURS = "viridis"  # in grey it goes from dark to light, also to colour-blind eyes
_DARK, _LIGHT = "#101418", "#fdfdfd"
_WIDE, _HIGH, _GAP, _TOP = 1.3, 0.52, 0.1, 0.42
_NAMES = 2.3
_TINY = 7.5
_ABSENT = {"failed": "failed", "unavailable": "n/a", "pending": "not run", "measured": "no time"}


@dataclass(frozen=True)
class _Grid:
    """What stands where: `cells` by place, a row and a column; `picks` which of several it is."""

    rows: list[str]
    columns: list[str]
    cells: dict[tuple[int, int], Row]
    picks: Mapping[int, str]

    @cached_property
    def notes(self) -> dict[str, str]:
        """The reasons too long for a cell, with their numbers."""
        rows = [self.cells[at] for at in sorted(self.cells)]
        absent = [_reason(row) for row in rows if row.batch_seconds is None]
        long = dict.fromkeys(reason for reason in absent if _fit(reason) is None)
        return {reason: str(place) for place, reason in enumerate(long, 1)}


def draw_grid(blocks: Sequence[NamedBlock]) -> tuple[Sheet, str]:
    """A cell for each workload and strategy, its speed-up in it; and the same in words.

    Of a sweep it is the best of each strategy.
    """
    if not blocks:
        raise LeftOut("the run has no cells")
    grid = _grid(blocks)
    notes = grid.notes
    names = [style.fold(name, _NAMES, TEXT) for name in grid.rows]
    heads = [style.fold(name, _WIDE - 0.08, SMALL) for name in grid.columns]
    least = _HIGH + 0.1 * bool(grid.picks)
    heights = [max(least, len(name) * line_height(TEXT) + 0.06) for name in names]
    left = EDGE + style.widest((line for name in names for line in name), TEXT) + _GAP
    top = _TOP + max(map(len, heads)) * line_height(SMALL) + 0.08
    width = max(WIDTH, left + _WIDE * len(grid.columns) + EDGE)
    marked = [f"({mark}) {reason}" for reason, mark in notes.items()]
    below = [line for note in marked for line in style.fold(note, width - 2 * EDGE, SMALL)]
    end = top + sum(heights)
    about = "Speed-up, and the share of the limit that was reached"
    about += "; of cells that differ in a number alone, the fastest" if grid.picks else ""
    more = len(below) * line_height(SMALL) + 0.12 if below else 0.0
    sheet = Sheet(f"At a glance: {overview(blocks)}", about, end + more, width)
    wide = min(2 * _WIDE, (width - left - EDGE) / len(grid.columns))
    axes = _canvas(sheet)
    tops = [top + sum(heights[:place]) for place in range(len(heights))]
    first = {row.id for block in blocks for row in block.verdict.first}
    for (row, column), cell in grid.cells.items():
        box = (left + column * wide, tops[row], wide, heights[row])
        _draw_cell(sheet, axes, cell, box, grid, cell.id in first)
    for place, lines in enumerate(names):
        sheet.lines(left - _GAP, tops[place] + heights[place] / 2, lines, ha="right")
    for place, lines in enumerate(heads):
        middle = top - 0.05 - len(lines) * line_height(SMALL) / 2
        sheet.lines(left + (place + 0.5) * wide, middle, lines, size=SMALL, ha="center")
    sheet.lines(EDGE, end + 0.12, below, size=SMALL, va="top")
    framed = any(one.id in first for one in grid.cells.values())
    _draw_key(sheet, grid.cells.values(), framed)
    each = [
        f"{block.name}: "
        + ", ".join(f"{block.best[row.id]} {_short(row)}" for row in block.best_rows)
        for block in blocks
    ]
    return sheet, f"{about}. {'. '.join(each)}."


def _grid(blocks: Sequence[NamedBlock]) -> _Grid:
    """Strategies downward, where their names need no folding, unless there are more workloads."""
    picks = {
        row.id: pick
        for block in blocks
        for row in block.best_rows
        if (pick := block.names[row.id].removeprefix(block.best[row.id]).strip("[]"))
    }
    order = [sorted(block.best.items()) for block in blocks]
    strategies = list(dict.fromkeys(name for names in order for _, name in names))
    workloads = [block.name for block in blocks]
    cells = {
        (strategies.index(block.best[row.id]), place): row
        for place, block in enumerate(blocks)
        for row in block.best_rows
    }
    if len(workloads) <= len(strategies):
        return _Grid(strategies, workloads, cells, picks)
    turned = {(workload, strategy): row for (strategy, workload), row in cells.items()}
    return _Grid(workloads, strategies, turned, picks)


def _reason(row: Row) -> str:
    status = _ABSENT[row.status]
    return f"{status}: {clean(row.reason)}" if row.reason else status


def _fit(reason: str) -> list[str] | None:
    """The reason folded, when a cell can hold it."""
    lines = style.fold(reason, _WIDE - 0.12, _TINY)
    return lines if len(lines) * line_height(_TINY) <= _HIGH - 0.06 else None


def _canvas(sheet: Sheet) -> Axes:
    """Axes of which nothing shows, where places are those of the sheet."""
    tall = sheet.height - sheet.top
    axes = sheet.axes(0.0, 0.0, sheet.width, tall)
    axes.set(xlim=(0, sheet.width), ylim=(tall, 0))
    axes.set_axis_off()
    return axes


def _rectangle(axes: Axes, *box: float, **look: Any) -> None:
    from matplotlib.patches import Rectangle

    left, top, width, height = box
    axes.add_patch(Rectangle((left, top), width, height, **look))


def shade(share: float) -> str:
    """The colour of a share of the limit; of 1 beyond it."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return to_hex(colormaps[_COLOURS](min(1.0, max(0.0, share))))


def _draw_cell(sheet: Sheet, axes: Axes, row: Row, box: Box, grid: _Grid, first: bool) -> None:
    left, top, width, height = box
    across, down = left + width / 2, top + height / 2
    absent = row.batch_seconds is None
    fill = None if row.of_limit is None else shade(row.of_limit)
    inset, line = (0.035, 2.4) if first else (0.015, 0.4)
    inner = (left + inset, top + inset, width - 2 * inset, height - 2 * inset)
    dashes = (0, (3, 3)) if absent else "-"
    _rectangle(axes, *inner, facecolor=fill or "none", edgecolor=INK, lw=line, ls=dashes)
    if absent:
        reason = _reason(row)
        lines = _fit(reason) or [f"{_ABSENT[row.status]} ({grid.notes[reason]})"]
        sheet.lines(across, down, lines, size=_TINY, ha="center", alpha=MUTED)
        return
    below = [pick] if (pick := grid.picks.get(row.id)) and style.width(pick, _TINY) < _WIDE else []
    if row.of_limit is not None:
        within = f"{numbers.percent(row.of_limit, ' ')} of limit"
        below = [within if style.width(within, _TINY) < _WIDE else "beyond the limit", *below]
    time = numbers.duration(row.batch_seconds)
    value = time if row.speedup is None else numbers.ratio(row.speedup)
    # Where black and white are read equally well (WCAG 2.2).
    ink = INK if fill is None else _DARK if style.luminance(fill) > 0.18 else _LIGHT
    look: Look = {"ha": "center", "color": ink}
    sheet.lines(across, down - 0.075 * len(below), [value], weight="bold", **look)
    sheet.lines(across, down + 0.1, below, size=_TINY, **look)


def _draw_key(sheet: Sheet, cells: Collection[Row], framed: bool) -> None:
    """What colour and frame mean.

    No colour bar of matplotlib's: to SVG it adds an image, or axes with 256 shapes.
    """
    steps, left, wide = 25, EDGE + 0.5, 1.5
    axes = _canvas(sheet)
    limited = any(cell.of_limit is not None for cell in cells)
    if limited:
        for step in range(steps):
            start = left + wide * step / steps
            colour = shade(step / (steps - 1))
            _rectangle(axes, start, 0.04, 1.1 * wide / steps, 0.16, facecolor=colour, lw=0)
        sheet.lines(left - 0.06, 0.12, ["0 %"], size=SMALL, ha="right")
        sheet.lines(left + wide + 0.06, 0.12, ["100 % of the limit"], size=SMALL)
    if framed:
        at = left + wide + 1.5 if limited else EDGE
        _rectangle(axes, at, 0.05, 0.26, 0.14, facecolor="none", edgecolor=INK, lw=2)
        sheet.lines(at + 0.34, 0.12, ["fastest, or may be"], size=SMALL)


def _short(row: Row) -> str:
    if row.batch_seconds is None:
        return _reason(row)
    if row.speedup is None:
        return numbers.duration(row.batch_seconds)
    share = "" if row.of_limit is None else f" ({numbers.percent(row.of_limit, ' ')} of the limit)"
    return f"{numbers.ratio(row.speedup)}{share}"
