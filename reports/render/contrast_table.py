"""A table of what came out of a comparison, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

LEFT = (0, 4)
_GAP = 2
_LEAST = 8  # a name folds to no less than this
_HEADING = 16  # and a heading to no less than this

Line = tuple[str, ...]


def widths(titles: Sequence[str], lines: Sequence[Line], width: int) -> list[int]:
    """Of the columns: numbers and words are never cut, names have what is left."""
    heads = [min(cell_len(title), _HEADING) for title in titles]
    values = [max(map(cell_len, column), default=0) for column in zip(*lines, strict=True)]
    found = [max(pair) for pair in zip(heads, values or heads, strict=True)]
    room = width - sum(found[1:]) - _GAP * (len(found) - 1)
    return [max(_LEAST, min(found[0], room)), *found[1:]]


def table(titles: Sequence[str], lines: Sequence[Line], widths: Sequence[int]) -> Table:
    made = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for place, (title, width) in enumerate(zip(titles, widths, strict=True)):
        made.add_column(
            Text(title),
            width=width,
            justify="left" if place in LEFT else "right",
            overflow="fold",
        )
    for one in lines:
        made.add_row(*map(Text, one))
    return made
