"""Runs compared, on a terminal: what differs around them, a table per workload, how often what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import names, text
from .compare import MATTERS, Compared
from .stored import Stored

TITLES = ("strategy", "first", "other", "other / first", "")
LEFT = (0, 4)
_GAP = 2
_LEAST = 8  # a name folds to no less than this
_WORDS = ("slower", "faster", "no difference", "unclear", "other work", "missing")
_MEANING = {
    "unclear": f"the interval reaches beyond {text.percent(MATTERS, ' ')}, so that much may hide "
    "in it: measure more rounds",
    "other work": "the answers differ, so the times are not of the same work",
}
_METHOD = "rounds of two runs are not paired, p values are Holm's over all cells"

Line = tuple[str, ...]


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
    known = names.called(runs)
    lines = [[_line(row, known[row.cell][1], console) for row in rows] for rows in found]
    widths = _widths([line for rows in lines for line in rows], console.width)
    for other, rows, said in zip(others, found, lines, strict=True):
        console.print()
        _say(console, f"run {other.run.id}{_when(other)}", "bold")
        blocks: dict[str, list[Line]] = {}
        for row, line in zip(rows, said, strict=True):
            blocks.setdefault(known[row.cell][0], []).append(line)
        for block, block_lines in blocks.items():
            console.print()
            _say(console, block, "bold")
            console.print(_table(block_lines, widths))
        _summary(console, rows)


def _when(stored: Stored) -> str:
    return f" of {stored.run.started}" if stored.run.started else ""


def _line(row: Compared, name: str, console: Console) -> Line:
    ratio = row.ratio
    return (
        text.printable(name, console.encoding),
        text.duration(row.first_seconds),
        text.duration(row.other_seconds),
        text.interval(ratio.estimate, ratio.low, ratio.high) if ratio else text.NONE,
        row.word,
    )


def _widths(lines: Sequence[Line], width: int) -> list[int]:
    """Of the columns: numbers and words are never cut, names have what is left."""
    found = [max(map(cell_len, column)) for column in zip(TITLES, *lines, strict=True)]
    room = width - sum(found[1:]) - _GAP * (len(found) - 1)
    return [max(_LEAST, min(found[0], room)), *found[1:]]


def _table(lines: Sequence[Line], widths: Sequence[int]) -> Table:
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for place, (title, width) in enumerate(zip(TITLES, widths, strict=True)):
        table.add_column(
            Text(title),
            width=width,
            justify="left" if place in LEFT else "right",
            overflow="fold",
        )
    for line in lines:
        table.add_row(*map(Text, line))
    return table


def _summary(console: Console, rows: Sequence[Compared]) -> None:
    told = Counter("missing" if row.word.startswith("missing") else row.word for row in rows)
    counts = [f"{told[word]} {word}" for word in _WORDS if told[word]]
    console.print()
    _say(console, ", ".join(counts) or "nothing was measured in either", "bold")
    for word, meaning in _MEANING.items():
        if told[word]:
            _say(console, f"  {word}: {meaning}")


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(text.printable(said, console.encoding), style=style))
