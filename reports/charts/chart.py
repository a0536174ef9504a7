"""What a chart is, and what goes into one.  No matplotlib: the page asks for these first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import cells, names, text, verdict
from ..cells import Row
from ..stored import Stored


@dataclass(frozen=True)
class Chart:
    """A chart as text, ready to stand inside HTML, or the reason why there is none.

    `block` is the number of the block it shows, None for several.  `title` is its verdict, and what
    a screen reader says.  `svg` is transparent, its text and lines are in `currentColor`; its ids
    are its own.  It is "" where `reason` says why the chart was left out.
    """

    key: str
    block: int | None
    title: str
    svg: str
    reason: str


class LeftOut(Exception):
    """There is nothing to draw: says why."""


@dataclass(frozen=True)
class Block:
    """One table of a run: its rows, the names of its cells by id, and its verdict."""

    number: int
    name: str
    rows: Sequence[Row]
    names: Mapping[int, str]
    title: str
    stored: Stored

    @property
    def measured(self) -> list[Row]:
        """The rows that have times; raises LeftOut when none has."""
        found = [row for row in self.rows if row.batch_seconds is not None]
        if not found:
            raise LeftOut("nothing was measured")
        return found

    @property
    def reference(self) -> Row | None:
        """The row that speed-ups refer to, where it was measured."""
        return next((row for row in self.rows if row.reference and row.batch_seconds), None)


def blocks(stored: Stored) -> Iterator[Block]:
    """The blocks of a run; names are of one line and hold nothing unprintable."""
    numbered = {number: cells.block(stored, plan) for number, plan in stored.blocks().items()}
    called = names.blocks(list(numbered.values()))
    for name, (number, rows) in zip(called, numbered.items(), strict=True):
        known = {key: clean(value) for key, value in names.strategies(rows).items()}
        said = clean(verdict.sentence(name, rows, known))
        yield Block(number, clean(name), rows, known, said, stored)


def clean(said: str) -> str:
    """The text on one line, with what XML cannot hold escaped."""
    return text.printable(said, "utf-8")
