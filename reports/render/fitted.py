"""A table of columns, fitted to a width.

All tables of a run have the same columns.  Where they do not fit, whole columns go, the least
needed first; numbers are never cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from .. import numbers
from ..analysis import columns
from ..analysis.columns import Column, Line, View

_NAME = 24  # a longer name folds before a column is hidden for it
_LEAST = 8  # and folds to no less than this


@dataclass(frozen=True)
class Layout:
    """What fits: columns with their widths and headings, and those that had to go."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    headings: tuple[str, ...]
    gap: int
    hidden: tuple[str, ...]

    @property
    def width(self) -> int:
        """Of the whole table."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1)

    @property
    def name(self) -> int:
        """The place of the column of names."""
        return next(place for place, column in enumerate(self.columns) if column.left)


@dataclass(frozen=True)
class _Sized:
    """A column with the width of its values, its heading on one line and on several."""

    column: Column
    width: int
    headings: tuple[str, str]

    def room(self, heading: str) -> int:
        widest = max(self.width, *map(cell_len, heading.split("\n")))
        return min(widest, _NAME) if self.column.left and self.column.title != "notes" else widest


def fit(lines: Sequence[Line], width: int, view: View, naming: str = "strategy") -> Layout:
    """The columns, for all lines of all tables, that fit this width.

    `naming` is what the names are names of.
    """
    shown = [
        replace(column, title=naming) if column == columns.NAME else column
        for column in view.columns
        if column == columns.NAME or any(map(column.known, lines))
    ]
    sized = [_sized(column, lines) for column in shown]
    layouts = list(_layouts(sized, view.goes_first))
    found = next((layout for layout in layouts if layout.width <= width), layouts[-1])
    return _widened(found, lines, width)


def ranked(lines: Sequence[Line], layout: Layout) -> Table:
    """The cells that were measured, a line each."""
    table = Table(box=None, padding=(0, layout.gap, 0, 0), pad_edge=False, header_style="bold")
    for column, heading, width in zip(layout.columns, layout.headings, layout.widths, strict=True):
        table.add_column(
            Text(heading),
            width=width,
            justify="left" if column.left else "right",
            overflow="fold",
        )
    for line in lines:
        table.add_row(*(Text(column.said(line)) for column in layout.columns))
    return table


def unmeasured(lines: Sequence[Line], layout: Layout) -> Table:
    """The cells that were not, each with its reason, below the others' names."""
    before = layout.widths[: layout.name]
    table = Table.grid(padding=(0, layout.gap, 0, 0))
    for width in before:
        table.add_column(width=width, justify="right")
    table.add_column(width=layout.widths[layout.name], overflow="fold")
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(*(Text(numbers.NONE) for _ in before), Text(line.name), Text(line.reason))
    return table


def _sized(column: Column, lines: Sequence[Line]) -> _Sized:
    width = max((cell_len(column.said(line)) for line in lines), default=0)
    return _Sized(column, width, (column.title, _folded(column.title, width)))


def _folded(title: str, width: int) -> str:
    """The heading over several lines, as wide as the values where its words allow that."""
    lines = [""]
    for word in re.split(r"(?<=[ /-])(?=\w)", title):
        if len((lines[-1] + word).rstrip()) > width and lines[-1].strip("+- "):
            lines.append("")
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _layouts(sized: Sequence[_Sized], goes_first: Sequence[str]) -> Iterator[Layout]:
    titles = [one.column.title for one in sized]
    going = [title for title in goes_first if title in titles]
    for count in range(len(going) + 1):
        hidden = tuple(going[:count])
        shown = [one for one in sized if one.column.title not in hidden]
        for gap, folded in ((2, False), (1, False), (1, True)):
            headings = tuple(one.headings[folded] for one in shown)
            widths = tuple(one.room(said) for one, said in zip(shown, headings, strict=True))
            yield Layout(tuple(one.column for one in shown), widths, headings, gap, hidden)


def _widened(layout: Layout, lines: Sequence[Line], width: int) -> Layout:
    """The same with the room that is left given to names, or what is short taken from them."""
    longest = max((cell_len(line.name) for line in lines), default=0)
    widths = list(layout.widths)
    room = max(_LEAST, widths[layout.name] + width - layout.width)
    widths[layout.name] = min(max(widths[layout.name], longest), room)
    return replace(layout, widths=tuple(widths))
