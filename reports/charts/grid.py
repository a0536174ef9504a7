"""The colours of the grid: how near a cell came to its limit.

Grid: every workload under every strategy; colour is the share of the limit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import numbers
from . import words
from .chart import Block, LeftOut, clean, overview
from .sheet import Sheet
from .style import EDGE, INK, MUTED, SMALL, TEXT, WIDTH, line_height, luminance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..analysis.cells import Row


_COLOURS = "viridis"  # in grey it goes from dark to light, also to colour-blind eyes
_DARK, _LIGHT = "#101418", "#fdfdfd"


def shade(share: float) -> str:
    """The colour of a share of the limit; of 1 beyond it."""
    import matplotlib
    from matplotlib.colors import to_hex

    return to_hex(matplotlib.colormaps[_COLOURS](min(1.0, max(0.0, share))))


def tint(row: Row) -> tuple[str | None, str]:
    """The colour of a cell, none without a limit, and of text that is read on it."""
    if row.of_limit is None:
        return None, INK
    found = shade(row.of_limit)
    # Where black and white are read equally well (WCAG 2.2).
    return found, _DARK if luminance(found) > 0.18 else _LIGHT


_WIDE, _HIGH, _GAP, _TOP = 1.3, 0.52, 0.1, 0.42
_NAMES = 2.3
_TINY = 7.5
_ABSENT = {"failed": "failed", "unavailable": "n/a", "pending": "not run", "measured": "no time"}


@dataclass(frozen=True)
class _Table:
    """What stands where: `cells` by place, a row and a column."""

    rows: list[str]
    columns: list[str]
    cells: dict[tuple[int, int], Row]


def drawn(blocks: Sequence[Block]) -> tuple[Sheet, str]:
    """A cell for each workload and strategy, its speed-up in it; and the same in words."""
    if not blocks:
        raise LeftOut("the run has no cells")
    table = _table(blocks)
    notes = _notes(table)
    names = [words.folded(name, _NAMES, TEXT) for name in table.rows]
    heads = [words.folded(name, _WIDE - 0.08, SMALL) for name in table.columns]
    heights = [max(_HIGH, len(name) * line_height(TEXT) + 0.06) for name in names]
    left = EDGE + words.widest((line for name in names for line in name), TEXT) + _GAP
    head = max(map(len, heads)) * line_height(SMALL) + 0.08
    width = max(WIDTH, left + _WIDE * len(table.columns) + EDGE)
    told = [
        words.folded(f"({mark}) {reason}", width - 2 * EDGE, SMALL)
        for reason, mark in notes.items()
    ]
    below = sum(map(len, told)) * line_height(SMALL) + (0.12 if told else 0)
    about = "Speed-up, and the share of the limit that was reached"
    sheet = Sheet(overview(blocks), about, _TOP + head + sum(heights) + below, width)
    wide = min(2 * _WIDE, (width - left - EDGE) / len(table.columns))
    tops = [sum(heights[:place]) for place in range(len(heights))]
    axes = _axes(sheet, left, _TOP + head, wide * len(table.columns), sum(heights))
    for (row, column), cell in table.cells.items():
        box = (column * wide, tops[row], wide, heights[row])
        _cell(sheet, axes, cell, box, (left, _TOP + head), notes)
    for place, lines in enumerate(names):
        sheet.lines(left - _GAP, _TOP + head + tops[place] + heights[place] / 2, lines, ha="right")
    for place, lines in enumerate(heads):
        middle = _TOP + head - 0.05 - len(lines) * line_height(SMALL) / 2
        sheet.lines(left + (place + 0.5) * wide, middle, lines, size=SMALL, ha="center")
    end = _TOP + head + sum(heights) + 0.12
    sheet.lines(EDGE, end, [line for note in told for line in note], size=SMALL, va="top")
    _key(sheet, table.cells.values())
    return sheet, _described(blocks, about)


def _table(blocks: Sequence[Block]) -> _Table:
    """Strategies downward, where their names need no folding, unless there are more workloads."""
    strategies = list(dict.fromkeys(name for block in blocks for name in _planned(block)))
    workloads = [block.name for block in blocks]
    cells = {
        (strategies.index(block.names[row.id]), place): row
        for place, block in enumerate(blocks)
        for row in block.rows
    }
    if len(workloads) <= len(strategies):
        return _Table(strategies, workloads, cells)
    return _Table(workloads, strategies, {(w, s): row for (s, w), row in cells.items()})


def _planned(block: Block) -> list[str]:
    return [block.names[row.id] for row in sorted(block.rows, key=lambda row: row.id)]


def _fits(reason: str) -> list[str] | None:
    """The reason folded, when a cell can hold it."""
    lines = words.folded(reason, _WIDE - 0.12, _TINY)
    return lines if len(lines) * line_height(_TINY) <= _HIGH - 0.06 else None


def _reason(row: Row) -> str:
    said = _ABSENT[row.status]
    return f"{said}: {clean(row.reason)}" if row.reason else said


def _notes(table: _Table) -> dict[str, str]:
    """The reasons too long for a cell, with their numbers."""
    left = [row for _, row in sorted(table.cells.items()) if row.batch_seconds is None]
    long = dict.fromkeys(_reason(row) for row in left if _fits(_reason(row)) is None)
    return {reason: str(place) for place, reason in enumerate(long, 1)}


def _axes(sheet: Sheet, left: float, top: float, width: float, height: float) -> Axes:
    axes = sheet.axes(left, top, width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return axes


def _cell(
    sheet: Sheet,
    axes: Axes,
    row: Row,
    box: tuple[float, float, float, float],
    corner: tuple[float, float],
    notes: dict[str, str],
) -> None:
    from matplotlib.patches import Rectangle

    x, y, width, height = box
    place = (corner[0] + x + width / 2, corner[1] + y + height / 2)
    fill, ink = tint(row)
    first = row.rank == 1
    inset = 0.035 if first else 0.015
    axes.add_patch(
        Rectangle(
            (x + inset, y + inset),
            width - 2 * inset,
            height - 2 * inset,
            facecolor=fill or "none",
            edgecolor=INK,
            linewidth=2.4 if first else 0.4,
            linestyle="-" if row.batch_seconds is not None else (0, (3, 3)),
        )
    )
    if row.batch_seconds is None:
        reason = _reason(row)
        lines = _fits(reason) or [f"{_ABSENT[row.status]} ({notes[reason]})"]
        sheet.lines(*place, lines, size=_TINY, ha="center", alpha=MUTED)
        return
    said = (
        numbers.duration(row.batch_seconds) if row.speedup is None else numbers.ratio(row.speedup)
    )
    share = [] if row.of_limit is None else [_share(row.of_limit)]
    look = {"ha": "center", "color": ink}
    shift = 0.085 if share else 0.0
    sheet.lines(place[0], place[1] - shift, [said], weight="bold", **look)
    sheet.lines(place[0], place[1] + 0.1, share, size=_TINY, **look)


def _share(of_limit: float) -> str:
    said = f"{numbers.percent(of_limit, ' ')} of limit"
    return said if words.width(said, _TINY) < _WIDE else "beyond the limit"


def _key(sheet: Sheet, cells: Collection[Row]) -> None:
    """What colour and frame mean."""
    from matplotlib.patches import Rectangle

    steps, left, wide = 25, EDGE + 0.5, 1.5
    axes = _axes(sheet, EDGE, 0.02, sheet.width - 2 * EDGE, 0.2)
    limited = any(cell.of_limit is not None for cell in cells)
    if limited:
        for step in range(steps):
            start = left - EDGE + wide * step / steps
            colour = shade(step / (steps - 1))
            axes.add_patch(
                Rectangle((start, 0.02), 1.1 * wide / steps, 0.16, facecolor=colour, lw=0)
            )
        sheet.lines(left - 0.06, 0.12, ["0 %"], size=SMALL, ha="right")
        sheet.lines(left + wide + 0.06, 0.12, ["100 % of the limit"], size=SMALL)
    if all(cell.rank != 1 for cell in cells):
        return
    at = left + wide + 1.5 if limited else EDGE
    box = Rectangle((at - EDGE, 0.03), 0.26, 0.14, facecolor="none", edgecolor=INK, lw=2)
    axes.add_patch(box)
    sheet.lines(at + 0.34, 0.12, ["rank 1"], size=SMALL)


def _described(blocks: Sequence[Block], about: str) -> str:
    each = [
        f"{block.name}: " + ", ".join(f"{block.names[row.id]} {_short(row)}" for row in block.rows)
        for block in blocks
    ]
    return f"{about}. {'. '.join(each)}."


def _short(row: Row) -> str:
    if row.batch_seconds is None:
        return _reason(row)
    if row.speedup is None:
        return numbers.duration(row.batch_seconds)
    share = "" if row.of_limit is None else f" ({numbers.percent(row.of_limit, ' ')} of the limit)"
    return f"{numbers.ratio(row.speedup)}{share}"
