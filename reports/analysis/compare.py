"""What runs were measured on and with, where they differ: a comparison is of that, too.

Stored runs against the first of them, cell by cell; never measures.

Nothing pairs the rounds of two runs, so a ratio here carries all that the machine did between
them: its interval is Welch's, wider than one from sides measured in the same rounds.  Only what
was stored twice of one run is paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .. import numbers
from ..run import provenance
from ..run.stored import Stored
from . import comparison, limit
from .comparison import Compared, Seen

if TYPE_CHECKING:
    from rich.console import Console


DELIVERED = 0.1
"""CPUs delivered may differ by this share before a word is said."""


def warnings(runs: Sequence[Stored]) -> list[str]:
    """What differs between the first run and each other, a line each."""
    first, *others = runs
    return [
        f"{other.run.id}: {what} {there}, in {first.run.id} {here}"
        for other in others
        for what, here, there in _differing(first, other)
    ]


def _differing(first: Stored, other: Stored) -> Iterator[tuple[str, str, str]]:
    records = provenance.record(first.run), provenance.record(other.run)
    for one in provenance.differences(*records, provenance.WORTH_SAYING):
        yield one.what, one.before, one.now
    if first.run.canary and other.run.canary:
        cpus = limit.delivered(first), limit.delivered(other)
        if max(cpus) > (1 + DELIVERED) * min(cpus):
            yield "CPUs delivered", numbers.digits(cpus[0]), numbers.digits(cpus[1])


def compared(runs: Sequence[Stored]) -> list[Compared]:
    """Every cell of every later run against the first run; p values after Holm over all."""
    return [row for rows in grouped(runs) for row in rows]


def grouped(runs: Sequence[Stored]) -> list[list[Compared]]:
    """The same, a list for each later run."""
    first, *others = runs
    return comparison.judgement([list(_pairs(first, other)) for other in others])


def _pairs(first: Stored, other: Stored) -> Iterator[Compared]:
    here, there = _seen(first), _seen(other)
    paired = _same(first, other)
    for cell in {**here, **there}:
        both = here.get(cell), there.get(cell)
        if any(seen and seen.processes for seen in both):
            yield comparison.contrasted(other.run.id, cell, *both, paired=paired)


def _seen(stored: Stored) -> dict[str, Seen]:
    found = {}
    for cells in stored.blocks().values():
        confidence = comparison.level(stored, cells)
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
    from ..render.compare_table import show as tables  # loads Rich

    tables(runs, grouped(runs), warnings(runs), console)
