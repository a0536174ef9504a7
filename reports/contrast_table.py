"""A table of what came out of a comparison, on a terminal, and how often what did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from . import text
from .contrast import MATTERS, Compared

LEFT = (0, 4)
_GAP = 2
_LEAST = 8  # a name folds to no less than this
_HEADING = 16  # and a heading to no less than this
_WORDS = ("slower", "faster", "no difference", "unclear", "other work", "missing")
_MEANING = {
    "unclear": f"the interval reaches beyond {text.percent(MATTERS, ' ')}, so that much may hide "
    "in it: measure more rounds",
    "other work": "the answers differ, so the times are not of the same work",
}

Line = tuple[str, ...]


def line(row: Compared, name: str) -> Line:
    """Name, both times, ratio and word."""
    ratio = row.ratio
    return (
        name,
        text.duration(row.first_seconds),
        text.duration(row.other_seconds),
        text.interval(ratio.estimate, ratio.low, ratio.high) if ratio else text.NONE,
        row.word,
    )


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


def counts(rows: Sequence[Compared]) -> str:
    """`1 slower, 17 no difference`."""
    told = _told(rows)
    return ", ".join(f"{told[word]} {word}" for word in _WORDS if told[word])


def meanings(rows: Sequence[Compared]) -> Iterator[str]:
    """A line for each word among them that needs one."""
    told = _told(rows)
    return (f"{word}: {meaning}" for word, meaning in _MEANING.items() if told[word])


def _told(rows: Sequence[Compared]) -> Counter[str]:
    return Counter("missing" if row.word.startswith("missing") else row.word for row in rows)
