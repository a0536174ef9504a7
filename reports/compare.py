"""Stored runs against the first of them, cell by cell; never measures.

Nothing pairs the rounds of two runs, so a ratio here carries all that the machine did between
them: its interval is Welch's, wider than one from sides measured in the same rounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import statistics, text
from .stored import Process, Stored

MATTERS = 0.05
"""An interval within so much of 1 says that there is no difference; a wider one is unclear."""
MISSES = 0.05
FACTS = {
    "cpu_model": "CPU",
    "cpus": "CPUs",
    "hostname": "host",
    "platform": "system",
    "implementation": "interpreter",
    "python": "Python",
    "gil": "GIL",
    "start_method": "start method",
}


@dataclass(frozen=True)
class Compared:
    """One cell in two runs; seconds are of a batch, `ratio` the other's over the first's.

    `word` is slower, faster, no difference, unclear, other work, or missing on one side.
    """

    run: str
    cell: str
    first_seconds: float | None
    other_seconds: float | None
    ratio: statistics.Interval | None
    p: float | None
    word: str


def compared(runs: Sequence[Stored]) -> list[Compared]:
    """Every cell of every later run against the first run; p values after Holm over all."""
    first, *others = runs
    found = [one for other in others for one in _pairs(first, other)]
    known = iter(statistics.holm([one.p for one in found if one.p is not None]))
    adjusted = [one if one.p is None else replace(one, p=next(known)) for one in found]
    return [replace(one, word=one.word or _word(one)) for one in adjusted]


def _pairs(first: Stored, other: Stored) -> Iterator[Compared]:
    here, there = (_processes(stored) for stored in (first, other))
    for cell in {**here, **there}:
        yield _compared(other.run.id, cell, here.get(cell, ()), there.get(cell, ()))


def _processes(stored: Stored) -> dict[str, tuple[Process, ...]]:
    cells = (cell for cell in stored.run.cells if cell.status == "measured")
    return {cell.name: stored.of(cell.id) for cell in cells if stored.of(cell.id)}


def _compared(run: str, cell: str, first: Sequence[Process], other: Sequence[Process]) -> Compared:
    here, there = ([one.seconds for one in side] for side in (first, other))
    means = [statistics.mean(side).estimate if side else None for side in (here, there)]
    row = Compared(run, cell, means[0], means[1], None, None, "")
    if not here or not there:
        return replace(row, word=f"missing in the {'other' if here else 'first'}")
    if {one.answer for one in first} != {one.answer for one in other}:
        return replace(row, word="other work")
    ratio, p = statistics.welch(there, here)
    return replace(row, ratio=ratio, p=p)


def _word(one: Compared) -> str:
    ratio = one.ratio
    if ratio is None or ratio.low is None or ratio.high is None or one.p is None:
        return "unclear"
    if one.p <= MISSES:
        return "slower" if ratio.estimate > 1 else "faster"
    within = ratio.low >= 1 / (1 + MATTERS) and ratio.high <= 1 + MATTERS
    return "no difference" if within else "unclear"


def warnings(runs: Sequence[Stored]) -> list[str]:
    """What differs between the first run and each other, a line each."""
    first, *others = runs
    return [
        f"{other.run.id}: {what} {there}, in {first.run.id} {here}"
        for other in others
        for what, here, there in _differing(_facts(first), _facts(other))
    ]


def _facts(stored: Stored) -> dict[str, Any]:
    about = stored.run.environment
    versions = {f"{name}": version for name, version in about.get("packages", {}).items()}
    own = {"concbench": stored.run.concbench} if stored.run.concbench else {}
    return {**{said: about.get(key) for key, said in FACTS.items()}, **own, **versions}


def _differing(here: dict[str, Any], there: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for what in {**here, **there}:
        sides = here.get(what), there.get(what)
        # What one of them did not record is no difference.
        if None not in sides and sides[0] != sides[1]:
            yield what, *sides


def show(runs: Sequence[Stored], console: Console) -> None:
    """Print what differs around them, then a table for each run, within the console's width."""
    first, *others = runs
    _say(console, f"compared with {first.run.id} ({first.run.started}), not paired")
    for warning in warnings(runs):
        _say(console, f"warning: {warning}")
    rows = compared(runs)
    for other in others:
        console.print()
        _say(console, other.run.id, "bold")
        _tables(console, [row for row in rows if row.run == other.run.id])
    _say(console, f"unclear: no difference shown, and none of {MATTERS:.0%} excluded")


def _tables(console: Console, rows: Sequence[Compared]) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("cell", overflow="fold", ratio=1)
    for title in ("first", "other", "other / first"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        ratio = row.ratio or statistics.Interval(float("nan"))
        fields = (
            text.printable(row.cell, console.encoding),
            text.duration(row.first_seconds),
            text.duration(row.other_seconds),
            text.interval(ratio.estimate, ratio.low, ratio.high),
            row.word,
        )
        table.add_row(*map(Text, fields))
    console.print(table)


def _say(console: Console, said: str, style: str = "") -> None:
    console.print(Text(text.printable(said, console.encoding), style=style), soft_wrap=False)
