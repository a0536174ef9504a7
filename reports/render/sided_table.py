"""The sides of a run against the first of them, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from .. import numbers
from ..analysis import comparison
from ..analysis.comparison import METHOD, Against
from . import contrast_table


def show(found: Sequence[Against], console: Console) -> None:
    """Print a table for each later side, within the console's width."""
    for one in found:
        titles = one.headings
        lines = [
            (numbers.printable(row.cell, console.encoding), *comparison.fields(row)[1:])
            for row in map(comparison.short, one.found)
        ]
        console.print()
        _say(console, one.said, "bold")
        if lines:
            widths = contrast_table.widths(titles, lines, console.width)
            printable = [numbers.printable(title, console.encoding) for title in titles]
            console.print(contrast_table.table(printable, lines, widths))
        for meaning in comparison.meanings(one.found):
            _say(console, f"  {meaning}")
    if found:
        _say(console, f"  {METHOD}")


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(numbers.printable(said, console.encoding), style=style))
