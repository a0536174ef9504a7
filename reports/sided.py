"""The sides of one run, each against the first: the same cells in the same rounds, paired.

What a machine does to a round it does to all its sides, so that nothing of it is in a ratio here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import cells, contrast, differences, names
from .contrast import Compared, Seen
from .facts import Planned, Side
from .stored import Stored

METHOD = "sides are paired by round; p values are Holm's over all cells"


@dataclass(frozen=True)
class Pair:
    """A cell of the first side and the same of another, and what came out."""

    first: Planned
    other: Planned
    found: Compared


@dataclass(frozen=True)
class Against:
    """Another side against the first, its pairs in the order of the plan."""

    first: Side
    other: Side
    pairs: tuple[Pair, ...]

    @property
    def title(self) -> str:
        """`working tree against git:main (1a2b3c4)`."""
        return f"{self.other.title} against {self.first.title}"

    @property
    def said(self) -> str:
        """`working tree against git:main (1a2b3c4): 1 slower, 17 no difference`."""
        return f"{self.title}: {contrast.counts(self.found) or 'nothing was measured on either'}"

    @property
    def headings(self) -> tuple[str, str, str, str, str]:
        """Of a table of the pairs: their name, both times, ratio and word."""
        return ("cell", self.first.name, self.other.name, "ratio", "")

    @property
    def found(self) -> list[Compared]:
        """What came out of each pair."""
        return [pair.found for pair in self.pairs]


def sided(stored: Stored) -> list[Against]:
    """Each later side against the first; p values after Holm over all cells of all of them.

    A pair of which neither was measured is left out; without sides there is nothing.
    """
    if not stored.run.sides:
        return []
    first, *others = stored.run.sides
    called, seen = names_of_pairs(stored), _seen(stored)
    pairs = [list(_pairs(first, other, called, seen)) for other in others]
    judged = contrast.judged([[pair.found for pair in those] for those in pairs])
    return [
        Against(
            first,
            other,
            tuple(replace(pair, found=row) for pair, row in zip(those, rows, strict=True)),
        )
        for other, those, rows in zip(others, pairs, judged, strict=True)
    ]


def _pairs(
    first: Side, other: Side, called: Mapping[int, str], seen: Mapping[tuple[str, int], Seen]
) -> Iterator[Pair]:
    for pair, name in called.items():
        here, there = seen.get((first.title, pair)), seen.get((other.title, pair))
        if here and there and (here.processes or there.processes):
            found = contrast.contrasted(other.title, name, here, there, paired=True)
            yield Pair(here.planned, there.planned, found)


def _seen(stored: Stored) -> dict[tuple[str, int], Seen]:
    found = {}
    for planned in stored.blocks().values():
        confidence = differences.level(stored, planned)
        for cell in planned:
            if cell.pair is not None:
                times = stored.of(cell.id) if cell.status == "measured" else ()
                found[cell.side, cell.pair] = Seen(cell, times, confidence)
    return found


def names_of_pairs(stored: Stored) -> dict[int, str]:
    """What the cells of a pair are called, by its number: `io_sleep / asyncio`.

    Without the strategy where the sides are a choice of that.
    """
    paired: dict[int, list[Planned]] = {}
    for cell in stored.run.cells:
        if cell.pair is not None:
            paired.setdefault(cell.pair, []).append(cell)
    same = all(len(_strategies(those)) == 1 for those in paired.values())
    rows = [replace(cells.planned(those[0], ()), side="") for those in paired.values()]
    called = names.grouped(rows, "cell" if same else "workload")
    return {pair: called[those[0].id] for pair, those in paired.items()}


def _strategies(cells: Sequence[Planned]) -> set[str]:
    return {cell.strategy.name for cell in cells}
