"""What a chart is, and what goes into one.  No matplotlib: the page asks for these first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import numbers
from ..analysis import cells, names, verdict
from ..analysis.cells import Row
from ..analysis.verdict import Conclusion
from ..run.stored import Stored


@dataclass(frozen=True)
class Chart:
    """A chart as text, ready to stand inside HTML, or the reason why there is none.

    `block` is the number of the block it shows, None for several.  `title` is what it shows in a
    sentence, the verdict or another, and what a screen reader says.  `svg` is transparent, its text
    and lines are in `currentColor`; its ids are its own.  It is "" where `reason` says why the
    chart was left out.
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
    verdict: Conclusion
    stored: Stored

    @property
    def title(self) -> str:
        """The verdict in a sentence."""
        return clean(f"{self.name}: {self.verdict.sentence}")

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
        yield Block(number, clean(name), rows, known, verdict.decide(rows, known), stored)


def clean(said: str) -> str:
    """The text on one line, with what XML cannot hold escaped."""
    return numbers.printable(said, "utf-8")


def overview(known: Sequence[Block]) -> str:
    """One sentence for several blocks: the verdict of one, who is first in each of a few."""
    if not known:
        return "the run has no cells"
    if len(known) == 1:
        return known[0].title
    if len(known) <= _FEW:
        return "; ".join(f"{block.name}: {_first(block)}" for block in known)
    decided = [block.verdict for block in known if block.verdict.decided]
    counts = Counter(name for one in decided for name in one.leaders)
    if not counts:
        return f"{len(known)} tables, none with a verdict on who is first"
    most = ", ".join(f"{name} in {count}" for name, count in counts.most_common(_FEW))
    return f"first, or not found slower than the first, of {len(known)} tables: {most}"


_FEW = 5


def _first(block: Block) -> str:
    found = block.verdict
    if not found.decided and found.outcome != "only":
        return "nothing was measured" if found.outcome == "unmeasured" else "no verdict"
    if found.outcome == "only":
        return f"only {found.leaders[0]} was measured"
    if found.outcome == "reference":
        return f"nothing beats {found.rival}"
    best = found.first[0].speedup
    said = f"{found.leaders[0]} {numbers.ratio(best)}" if best else found.leaders[0]
    others = len(found.first) - 1
    return f"{said} and {others} not found slower" if others else said
