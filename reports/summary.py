"""The answer on a terminal: header, a table and a verdict per block, notes explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from rich.console import Console
from rich.text import Text

from . import cells, header, names, notes, table, text, verdict
from .cells import Row
from .stored import Stored
from .table import Layout, Line


def show(stored: Stored, console: Console) -> None:
    """Print the run; never measures, and needs nothing but what is stored."""
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    for said in header.lines(stored, tables):
        _say(console, said)
    lines = [_lines(rows, console) for rows in tables]
    layout = table.fit(
        [line for block in lines for line in block if _measured(line)], console.width
    )
    for name, rows, block in zip(names.blocks(tables), tables, lines, strict=True):
        console.print()
        _block(console, name, rows, block, layout)
    if layout.hidden:
        console.print()
        hidden = ", ".join(layout.hidden)
        _say(console, f"hidden at this width: {hidden} (wider shows all; cells.csv has them)")


def _block(
    console: Console, name: str, rows: Sequence[Row], lines: Sequence[Line], layout: Layout
) -> None:
    _say(console, ", ".join(_title(name, rows)), style="bold")
    measured = [line for line in lines if _measured(line)]
    if measured:
        console.print(table.ranked(measured, layout))
    if len(measured) < len(lines):
        left = [line for line in lines if not _measured(line)]
        console.print(table.unmeasured(left, layout))
    _say(console, verdict.sentence(name, rows, names.strategies(rows)), style="bold")
    for note in notes.explained(rows):
        said = f"{note.note}: {note.sentence}" if note.sentence else note.note
        _say(console, f"  {note.mark}  {said}")


def _lines(rows: Sequence[Row], console: Console) -> list[Line]:
    known = names.strategies(rows)
    explained = notes.explained(rows)
    printable = partial(text.printable, encoding=console.encoding)
    return [
        Line(
            row,
            printable(known[row.id]),
            notes.marks(row, explained),
            printable(f"{row.status}: {row.reason}" if row.reason else row.status),
        )
        for row in rows
    ]


def _title(name: str, rows: Sequence[Row]) -> Iterator[str]:
    reference = next((row for row in rows if row.reference), None)
    each = ""
    if reference and reference.batch_seconds and reference.workers == 1:
        each = f" x {text.duration(reference.batch_seconds / reference.tasks)}"
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
        return f"limit {text.duration(low)}"
    return f"limit {text.duration(low)} to {text.duration(high)}"


def _measured(line: Line) -> bool:
    return line.row.batch_seconds is not None


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(text.printable(said, console.encoding), style=style))
