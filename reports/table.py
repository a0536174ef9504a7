"""One table of text, whatever it is about: a terminal, Markdown and HTML render the same value.

Here are the value and its Markdown, which load nothing; `terminal` needs Rich.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from . import numbers

Value = float | str | None


@dataclass(frozen=True)
class Heading:
    """The heading of a column, and which side its texts stand on.

    Where a table is too wide, the column with the highest `dispensable` is left out first; one
    with 0 always stays.
    """

    text: str
    left: bool = False
    dispensable: int = 0


def headings(titles: Iterable[str], left: Container[int] = ()) -> tuple[Heading, ...]:
    """Headings that all stay; the texts below those at the places in `left` are words."""
    return tuple(Heading(title, at in left) for at, title in enumerate(titles))


@dataclass(frozen=True)
class Table:
    """Rows of text below their headings, with what stands above and below them.

    The column at `folding` holds names: they fold where there is too little room, and no other
    text is cut.  `conclusion` is one sentence on all rows.  `absent` has names that have no row,
    each with its reason; `notes` have a letter or a name, or "", and what that means, whose
    sentences may be lines.  `values` are what the texts of a row stand for, to sort by, where that
    is not the text.
    """

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    folding: int = 0
    conclusion: str = ""
    absent: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[Value, ...], ...] = ()

    @property
    def empty(self) -> frozenset[int]:
        """The places of columns that say nothing in any row."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.headings)
        return frozenset(
            place for place, column in enumerate(columns) if not {*column} - {"", numbers.NONE}
        )

    def without(self, places: Iterable[int]) -> Table:
        """The same without these columns; the folding one stays."""
        left_out = {*places} - {self.folding}
        stay = [place for place in range(len(self.headings)) if place not in left_out]
        return replace(
            self,
            headings=tuple(self.headings[place] for place in stay),
            rows=tuple(tuple(row[place] for place in stay) for row in self.rows),
            folding=stay.index(self.folding),
            values=tuple(tuple(row[place] for place in stay) for row in self.values),
        )

    def mapped(self, change: Callable[[str], str]) -> Table:
        """The same with every text changed."""

        def pairs(those: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
            return tuple((change(name), _by_line(change, text)) for name, text in those)

        return replace(
            self,
            title=change(self.title),
            headings=tuple(replace(one, text=change(one.text)) for one in self.headings),
            rows=tuple(tuple(map(change, row)) for row in self.rows),
            conclusion=change(self.conclusion),
            absent=pairs(self.absent),
            notes=pairs(self.notes),
        )


def _by_line(change: Callable[[str], str], text: str) -> str:
    return "\n".join(map(change, text.split("\n")))


def without_empty(tables: Sequence[Table]) -> list[Table]:
    """The tables without the columns that say nothing in any row of any of them."""
    empty = frozenset.intersection(*(table.empty for table in tables)) if tables else frozenset()
    return [table.without(empty) for table in tables]


def markdown(table: Table) -> str:
    """The table as GitHub and GitLab read it; nothing in a text is taken for markup."""
    return "\n".join(_lines(table.mapped(escaped))) + "\n"


def grid(table: Table) -> list[str]:
    """The headings, the line below them and the rows of `markdown` alone."""
    return list(_grid(table.mapped(escaped)))


def _lines(table: Table) -> Iterator[str]:
    if heading := table.conclusion or table.title:
        yield f"**{heading}**"
        yield ""
    if table.rows:
        yield from _grid(table)
    if table.rows and (table.absent or table.notes):
        yield ""
    for name, reason in table.absent:
        yield f"- {name} {reason}"
    if table.absent and table.notes:
        yield ""
    for mark, meaning in table.notes:
        first, *more = meaning.split("\n")
        text = " ".join([first, *(f"{sentence}." for sentence in more)])
        name = mark if len(mark) < 2 else f"*{mark}*"
        yield f"- {name}: {text}" if mark else f"- {text}"


def _grid(table: Table) -> Iterator[str]:
    yield _row([one.text for one in table.headings])
    yield _row(["---" if one.left else "---:" for one in table.headings])
    yield from map(_row, table.rows)


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def escaped(text: str) -> str:
    """The text with all that Markdown, HTML or GitHub would take for its own made plain.

    No link, no picture, no mention that sends somebody a message.
    """
    line = numbers.printable(text, "utf-8").replace("&", "&amp;").replace("<", "&lt;")
    line = re.sub(r"([\\`*_{}\[\]|~#>$!])", r"\\\1", line)
    # What a list or a heading would begin with.
    line = re.sub(r"^(\s*\d+(?=[.)](?:\s|$))|\s*(?=[-+=]))", r"\1\\", line)
    # A backslash does not keep these from being looked for in the finished page: no width does.
    return re.sub(r"(?i)(@|:(?=//)|\bwww(?=\.))", r"\1&#8203;", line)
