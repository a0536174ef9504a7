"""Tables on a terminal, fitted to its width.

Tables that belong together have the same columns.  Where they do not fit, gaps and headings get
narrower, then whole columns go, the most dispensable first; what is not a name is never cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rich import table as rich
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.text import Text

from .. import numbers
from ..table import Table

_GAP = 2
_NAME = 24  # a longer name folds before a column is hidden for it
_LEAST = 8  # and folds to no less than this
_HEADING = 16  # a heading's word folds to no less than this


@dataclass(frozen=True)
class Layout:
    """The places of the columns that fit, their headings and widths, and titles of the others.

    `name` is which of the columns folds.
    """

    places: tuple[int, ...]
    headings: tuple[str, ...]
    widths: tuple[int, ...]
    gap: int
    name: int
    hidden: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Of the whole table."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1)


def fit(tables: Sequence[Table], console: Console) -> Layout:
    """The widest layout for all these tables, which have the same headings, that fits."""
    if not tables:
        return Layout((), (), (), _GAP, 0)
    tables = [_printable(table, console) for table in tables]
    layouts = list(_layouts(tables))
    layout = next((one for one in layouts if one.width <= console.width), layouts[-1])
    # Names get the room that is left, or give what is short.
    names = [row[tables[0].folding] for table in tables for row in table.rows]
    widths = list(layout.widths)
    room = max(_LEAST, widths[layout.name] + console.width - layout.width)
    widths[layout.name] = min(max(widths[layout.name], *map(cell_len, names), 0), room)
    return replace(layout, widths=tuple(widths))


def show(tables: Sequence[Table], console: Console, option: str = "") -> None:
    """Print tables in one layout, and which columns had no room; `option` chooses columns.

    Blank lines are between them.
    """
    layout = fit(tables, console)
    for place, table in enumerate(tables):
        if place:
            console.print()
        show_one(table, console, layout)
    if layout.hidden:
        console.print()
        way_out = f"widen the terminal{f' or use {option}' if option else ''}"
        say(console, f"no room for {', '.join(layout.hidden)}: {way_out}")


def show_one(table: Table, console: Console, layout: Layout) -> None:
    """Print a table: title, rows, names without a row, conclusion, notes."""
    table = _printable(table, console)
    if table.title:
        say(console, table.title, "bold")
    if table.rows:
        console.print(_rows(table, layout))
    if table.absent:
        console.print(_absent(table, layout))
    if table.conclusion:
        say(console, table.conclusion, "bold")
    if table.notes:
        console.print(_notes(table))


def say(console: Console, text: str, style: str = "") -> None:
    """Print a line.  As Text: names of the user's are never taken for markup."""
    console.print(Text(numbers.printable(text, console.encoding), style=style))


def _printable(table: Table, console: Console) -> Table:
    return table.mapped(partial(numbers.printable, encoding=console.encoding))


def _layouts(tables: Sequence[Table]) -> Iterator[Layout]:
    headings, folding = tables[0].headings, tables[0].folding
    rows = [row for table in tables for row in table.rows]
    values = [
        max((cell_len(row[place]) for row in rows), default=0) for place in range(len(headings))
    ]
    leaving = [place for place, heading in enumerate(headings) if heading.dispensable]
    leaving.sort(key=lambda place: -headings[place].dispensable)
    for count in range(len(leaving) + 1):
        hidden = leaving[:count]
        places = tuple(place for place in range(len(headings)) if place not in hidden)
        for gap, narrow in ((_GAP, False), (1, False), (1, True)):
            texts = [
                _folded(headings[n].text, values[n]) if narrow else headings[n].text for n in places
            ]
            widths = [
                max(values[place], _heading_width(text, narrow))
                for place, text in zip(places, texts, strict=True)
            ]
            name = places.index(folding)
            widths[name] = min(widths[name], _NAME)
            titles = tuple(headings[place].text for place in hidden)
            yield Layout(places, tuple(texts), tuple(widths), gap, name, titles)


def _heading_width(text: str, narrow: bool) -> int:
    width = max(map(cell_len, text.split("\n")))
    return min(width, _HEADING) if narrow else width


def _folded(heading: str, width: int) -> str:
    """The heading over several lines, as wide as the values where its words allow that."""
    lines = [""]
    for word in re.split(r"(?<=[ /-])(?=\w)", heading):
        if cell_len((lines[-1] + word).rstrip()) > width and lines[-1].strip("+- "):
            lines.append("")
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _rows(table: Table, layout: Layout) -> rich.Table:
    grid = rich.Table(box=None, padding=(0, layout.gap, 0, 0), pad_edge=False, header_style="bold")
    for place, text, width in zip(layout.places, layout.headings, layout.widths, strict=True):
        side: JustifyMethod = "left" if table.headings[place].left else "right"
        grid.add_column(Text(text), width=width, justify=side, overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(row[place]) for place in layout.places))
    return grid


def _absent(table: Table, layout: Layout) -> rich.Table:
    """Names without a row, each with its reason, below the others' names."""
    before = layout.widths[: layout.name]
    grid = rich.Table.grid(padding=(0, layout.gap, 0, 0))
    for width in before:
        grid.add_column(width=width, justify="right")
    grid.add_column(width=layout.widths[layout.name], overflow="fold")
    grid.add_column(overflow="fold")
    for name, reason in table.absent:
        grid.add_row(*(Text(numbers.NONE) for _ in before), Text(name), Text(reason))
    return grid


def _notes(table: Table) -> Padding:
    grid = rich.Table.grid(padding=(0, _GAP, 0, 0))
    marked = any(mark for mark, _ in table.notes)
    for _ in range(1 + marked):
        grid.add_column(overflow="fold")
    for mark, meaning in table.notes:
        grid.add_row(*([Text(mark)] if marked else []), Text(meaning))
    return Padding(grid, (0, 0, 0, 2))
