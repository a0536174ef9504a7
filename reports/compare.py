"""Stored runs against the first of them, cell by cell; never measures.

Nothing pairs the rounds of two runs, so a ratio here carries all that the machine did between
them: its interval is Welch's, wider than one from sides measured in the same rounds.  Only what
was stored twice of one run is paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from . import contrast, differences
from .circumstances import warnings
from .contrast import MATTERS, Compared, Seen
from .stored import Stored

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["MATTERS", "Compared", "compared", "grouped", "show", "warnings"]


def compared(runs: Sequence[Stored]) -> list[Compared]:
    """Every cell of every later run against the first run; p values after Holm over all."""
    return [row for rows in grouped(runs) for row in rows]


def grouped(runs: Sequence[Stored]) -> list[list[Compared]]:
    """The same, a list for each later run."""
    first, *others = runs
    return contrast.judged([list(_pairs(first, other)) for other in others])


def _pairs(first: Stored, other: Stored) -> Iterator[Compared]:
    here, there = _seen(first), _seen(other)
    paired = _same(first, other)
    for cell in {**here, **there}:
        both = here.get(cell), there.get(cell)
        if any(seen and seen.processes for seen in both):
            yield contrast.contrasted(other.run.id, cell, *both, paired=paired)


def _seen(stored: Stored) -> dict[str, Seen]:
    found = {}
    for cells in stored.blocks().values():
        confidence = differences.level(stored, cells)
        for cell in cells:
            times = stored.of(cell.id) if cell.status == "measured" else ()
            found[stored.run.called(cell)] = Seen(cell, times, confidence)
    return found


def _same(first: Stored, other: Stored) -> bool:
    """Whether both are stored from one run, such as a baseline and where it came from."""
    if not first.run.started:
        return (first.folder.resolve(), first.run.id) == (other.folder.resolve(), other.run.id)
    return (first.run.id, first.run.started, first.run.seed) == (
        other.run.id,
        other.run.started,
        other.run.seed,
    )


def show(runs: Sequence[Stored], console: Console) -> None:
    """Print what differs around them, then tables for each run, within the console's width."""
    from .compare_table import show as tables  # loads Rich

    tables(runs, grouped(runs), warnings(runs), console)
