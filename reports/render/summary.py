"""The answer on a terminal: header, a table and a verdict per block, notes, sides compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from rich.console import Console
from rich.text import Text

from .. import numbers
from ..analysis import comparison, groups, header, verdict
from ..analysis.cells import Row
from ..analysis.columns import USUAL, Line, View
from ..analysis.groups import Group
from ..run.stored import Stored
from . import sided_table, table
from .table import Layout


def show(stored: Stored, console: Console, view: View = USUAL) -> None:
    """Print the run; never measures, and needs nothing but what is stored."""
    blocks = groups.blocks(stored)
    for said in header.lines(stored, [block.rows for block in blocks]):
        _say(console, said)
    show_tables(blocks, console, view)
    sided_table.show(comparison.sided(stored), console)


def show_tables(blocks: Sequence[Group], console: Console, view: View = USUAL) -> None:
    """Print the tables alone, each with its verdict and its notes."""
    tables = groups.grouped(blocks, view.group_by)
    view = groups.comparable(view, tables)
    printable = partial(numbers.printable, encoding=console.encoding)
    lines = [group.lines(view, printable) for group in tables]
    measured = [line for those in lines for line in those if _measured(line)]
    layout = table.fit(measured, console.width, view, groups.naming(tables))
    for group, those in zip(tables, lines, strict=True):
        console.print()
        _group(console, group, those, layout)
    for said in _missing(view, measured, layout):
        console.print()
        _say(console, said)


def _group(console: Console, group: Group, lines: Sequence[Line], layout: Layout) -> None:
    title = ", ".join(_title(group.name, group.rows)) if group.block else group.name
    _say(console, title, style="bold")
    measured = [line for line in lines if _measured(line)]
    if measured:
        console.print(table.ranked(measured, layout))
    if len(measured) < len(lines):
        left = [line for line in lines if not _measured(line)]
        console.print(table.unmeasured(left, layout))
    if group.block:
        _say(console, verdict.sentence(group.name, group.rows, group.names), style="bold")
    for note in groups.explained(lines):
        _say(console, f"  {note.mark}  {note.full}")


def _missing(view: View, lines: Sequence[Line], layout: Layout) -> Iterator[str]:
    if layout.hidden:
        hidden = ", ".join(layout.hidden)
        yield f"hidden at this width: {hidden} (wider shows all; cells.csv has them)"
    empty = [one.title for one in view.columns if not any(map(one.known, lines))]
    if view.asked and (said := ", ".join(title for title in empty if title != "notes")):
        yield f"not shown, for no cell has a value: {said}"


def _title(name: str, rows: Sequence[Row]) -> Iterator[str]:
    reference = next((row for row in rows if row.reference), None)
    each = ""
    if reference and reference.batch_seconds and reference.workers == 1:
        each = f" x {numbers.duration(reference.batch_seconds / reference.tasks)}"
    yield f"{name}: {rows[0].tasks:,} tasks{each}"
    workers = sorted({row.workers for row in rows if not row.reference} or {1})
    span = f"{workers[0]:,}" if len(workers) == 1 else f"{workers[0]:,} to {workers[-1]:,}"
    yield f"{span} in flight"
    yield _limit([row.limit_seconds for row in rows if row.limit_seconds is not None])


def _limit(limits: Sequence[float]) -> str:
    if not limits:
        return "no limit known (it takes a reference with one task at a time)"
    low, high = min(limits), max(limits)
    if high < 1.01 * low:
        return f"limit {numbers.duration(low)}"
    return f"limit {numbers.duration(low)} to {numbers.duration(high)}"


def _measured(line: Line) -> bool:
    return line.row.batch_seconds is not None


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(numbers.printable(said, console.encoding), style=style))
