"""The ranked table of a block, fitted to a width.

All tables of a run have the same columns.  Where they do not fit, whole columns go, the least
needed first; numbers are never cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from . import text
from .cells import Row

# Of these the first goes first: it follows from others, or says less about which strategy to use.
HIDDEN_FIRST = ("tasks/s", "start-up", "+-95%", "one-shot", "of limit")

_NAME = 24  # a longer name folds before a column is hidden for it
_LEAST = 8  # and folds to no less than this


@dataclass(frozen=True)
class Line:
    """A cell as the table shows it: its name among its like, its notes' letters, or a reason."""

    row: Row
    name: str
    marks: str
    reason: str


@dataclass(frozen=True)
class Column:
    """A heading, and how to say its value."""

    title: str
    said: Callable[[Line], str]
    left: bool = False


@dataclass(frozen=True)
class Layout:
    """What fits: columns with their widths and headings, and those that had to go."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    gap: int
    hidden: tuple[str, ...]

    @property
    def width(self) -> int:
        """Of the whole table."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1)


def _half_width(line: Line) -> str:
    low, high = line.row.batch_low, line.row.batch_high
    return text.NONE if low is None or high is None else text.percent(sqrt(high / low) - 1)


def _speedup(line: Line) -> str:
    return text.interval(line.row.speedup, line.row.speedup_low, line.row.speedup_high)


def _rate(line: Line) -> str:
    seconds = line.row.batch_seconds
    return text.NONE if seconds is None else text.count(line.row.tasks / seconds)


COLUMNS = (
    Column("rank", lambda line: str(line.row.rank or text.NONE)),
    Column("strategy", lambda line: line.name, left=True),
    Column("batch", lambda line: text.duration(line.row.batch_seconds)),
    Column("+-95%", _half_width),
    Column("speed-up", _speedup),
    Column("tasks/s", _rate),
    Column("of limit", lambda line: text.percent(line.row.of_limit)),
    Column("start-up", lambda line: text.duration(line.row.startup_seconds)),
    Column("one-shot", lambda line: text.duration(line.row.one_shot_seconds)),
    Column("notes", lambda line: line.marks, left=True),
)


def fit(lines: Sequence[Line], width: int) -> Layout:
    """The columns, for all lines of all tables, that fit this width."""
    columns = [column for column in COLUMNS if column.title != "notes" or any(map(_noted, lines))]
    layouts = _layouts(columns, lines)
    found = next((layout for layout in layouts if layout.width <= width), None)
    if found is None:
        *_, found = _layouts(columns, lines)
    return _widened(found, lines, width)


def ranked(lines: Sequence[Line], layout: Layout) -> Table:
    """The cells that were measured, a line each."""
    table = Table(box=None, padding=(0, layout.gap, 0, 0), pad_edge=False, header_style="bold")
    for column, width in zip(layout.columns, layout.widths, strict=True):
        table.add_column(
            Text(column.title),
            width=width,
            justify="left" if column.left else "right",
            overflow="fold",
        )
    for line in lines:
        table.add_row(*(Text(column.said(line)) for column in layout.columns))
    return table


def unmeasured(lines: Sequence[Line], layout: Layout) -> Table:
    """The cells that were not, each with its reason, below the others' names."""
    rank, name, *_ = layout.widths
    table = Table.grid(padding=(0, layout.gap, 0, 0))
    table.add_column(width=rank, justify="right")
    table.add_column(width=name, overflow="fold")
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(Text(text.NONE), Text(line.name), Text(line.reason))
    return table


def _noted(line: Line) -> bool:
    return bool(line.marks)


def _layouts(columns: Sequence[Column], lines: Sequence[Line]) -> Iterator[Layout]:
    for count in range(len(HIDDEN_FIRST) + 1):
        hidden = HIDDEN_FIRST[:count]
        shown = tuple(column for column in columns if column.title not in hidden)
        for gap, folded in ((2, False), (1, False), (1, True)):
            widths = tuple(_width(column, lines, folded) for column in shown)
            yield Layout(shown, widths, gap, hidden)


def _width(column: Column, lines: Sequence[Line], folded: bool) -> int:
    words = column.title.split() if folded else [column.title]
    widest = max(map(cell_len, [*words, *(column.said(line) for line in lines)]))
    return min(widest, _NAME) if column.title == "strategy" else widest


def _widened(layout: Layout, lines: Sequence[Line], width: int) -> Layout:
    """The same with the room that is left given to names, or what is short taken from them."""
    longest = max((cell_len(line.name) for line in lines), default=0)
    widths = list(layout.widths)
    room = max(_LEAST, widths[1] + width - layout.width)
    widths[1] = min(max(widths[1], longest), room)
    return Layout(layout.columns, tuple(widths), layout.gap, layout.hidden)
