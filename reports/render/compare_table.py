"""Runs compared, on a terminal: what differs around them, a table per workload, how often what."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from .. import numbers
from ..analysis import comparison, names
from ..analysis.comparison import Compared
from ..run.stored import Stored
from . import contrast_table
from .contrast_table import Line

TITLES = ("strategy", "first", "other", "other / first", "")
_METHOD = "rounds of two runs are not paired, p values are Holm's over all cells"


def show(
    runs: Sequence[Stored],
    found: Sequence[Sequence[Compared]],
    warnings: Sequence[str],
    console: Console,
) -> None:
    """Print the comparison of each run with the first; `found` has a list for each."""
    first, *others = runs
    _say(console, f"compared with run {first.run.id}{_when(first)}; {_METHOD}")
    for warning in warnings:
        _say(console, f"warning: {warning}")
    known = names.of_runs(runs)
    lines = [
        [
            (numbers.printable(known[row.cell][1], console.encoding), *comparison.fields(row)[1:])
            for row in rows
        ]
        for rows in found
    ]
    every = [line for rows in lines for line in rows]
    widths = contrast_table.widths(TITLES, every, console.width)
    for other, rows, said in zip(others, found, lines, strict=True):
        console.print()
        _say(console, f"run {other.run.id}{_when(other)}", "bold")
        blocks: dict[str, list[Line]] = {}
        for row, line in zip(rows, said, strict=True):
            blocks.setdefault(known[row.cell][0], []).append(line)
        for block, block_lines in blocks.items():
            console.print()
            _say(console, block, "bold")
            console.print(contrast_table.table(TITLES, block_lines, widths))
        console.print()
        _say(console, comparison.counts(rows) or "nothing was measured in either", "bold")
        for meaning in comparison.meanings(rows):
            _say(console, f"  {meaning}")


def _when(stored: Stored) -> str:
    return f" of {stored.run.started}" if stored.run.started else ""


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(numbers.printable(said, console.encoding), style=style))
