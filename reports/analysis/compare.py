"""What runs were measured on and with, where they differ: a comparison is of that, too.

Stored runs against the first of them, cell by cell; never measures.

Nothing pairs the rounds of two runs, so a ratio here carries all that the machine did between
them: its interval is Welch's, wider than one from sides measured in the same rounds.  Only what
was stored twice of one run is paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import numbers
from ..run.stored import Stored
from . import comparison, limit
from .comparison import Compared, Seen

if TYPE_CHECKING:
    from rich.console import Console


FACTS = {
    "cpu_model": "CPU",
    "cpus": "CPUs",
    "affinity": "affinity",
    "hostname": "host",
    "platform": "system",
    "implementation": "interpreter",
    "python": "Python",
    "gil": "GIL",
    "start_method": "start method",
}
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
    here, there = _facts(first), _facts(other)
    for what in {**here, **there}:
        sides = here.get(what), there.get(what)
        # What one of them did not record is no difference.
        if None not in sides and sides[0] != sides[1]:
            yield what, str(sides[0]), str(sides[1])
    exact = {side.name: side.exact for side in first.run.sides}
    for side in other.run.sides:
        if exact.get(side.name, side.exact) != side.exact:
            yield side.name, exact[side.name], side.exact
    if first.run.canary and other.run.canary:
        cpus = limit.delivered(first), limit.delivered(other)
        if max(cpus) > (1 + DELIVERED) * min(cpus):
            yield "CPUs delivered", numbers.digits(cpus[0]), numbers.digits(cpus[1])


def _facts(stored: Stored) -> dict[str, Any]:
    about = stored.run.environment
    packages = about.get("packages")
    return {
        **{said: about.get(key) for key, said in FACTS.items()},
        "state": stored.run.state,
        "concbench": stored.run.concbench or None,
        **(packages if isinstance(packages, Mapping) else {}),
    }


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
