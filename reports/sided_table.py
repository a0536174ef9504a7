"""The sides of a run against the first of them, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from . import contrast_table, text
from .contrast import Compared
from .sided import Against

METHOD = "sides are paired by round; p values are Holm's over all cells"


def show(found: Sequence[Against], console: Console) -> None:
    """Print a table for each later side, within the console's width."""
    for one in found:
        titles = titled(one)
        lines = [
            contrast_table.line(row, text.printable(row.cell, console.encoding))
            for row in map(short, one.found)
        ]
        console.print()
        _say(console, said(one), "bold")
        if lines:
            widths = contrast_table.widths(titles, lines, console.width)
            printable = [text.printable(title, console.encoding) for title in titles]
            console.print(contrast_table.table(printable, lines, widths))
        for meaning in contrast_table.meanings(one.found):
            _say(console, f"  {meaning}")
    if found:
        _say(console, f"  {METHOD}")


def titled(one: Against) -> tuple[str, ...]:
    """The headings of its table."""
    return ("cell", one.first.name, one.other.name, "ratio", "")


def said(one: Against) -> str:
    """`working tree against git:main (1a2b3c4): 1 slower, 17 no difference`."""
    counts = contrast_table.counts(one.found)
    return f"{one.title}: {counts or 'nothing was measured on either'}"


def short(row: Compared) -> Compared:
    """The same with a word that leaves it to the dash to say which side is missing."""
    if not row.word.startswith("missing"):
        return row
    return replace(row, word=row.word.partition("(")[2].rstrip(")") or "missing")


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(text.printable(said, console.encoding), style=style))
