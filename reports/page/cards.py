"""The verdict on a block at a glance; the sentence below it says the same in full.

Workloads against strategies: speed-up as text, the share of the limit as shade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from .. import numbers
from ..analysis import names
from ..analysis.cells import Row

_FEW = 8


@dataclass(frozen=True)
class Card:
    """What a card says.

    `tone` is clear, tie, even or none; `tag` says it in words; `firsts` are the names that share
    first place, `more` how many are left out there; `figure` is the large number, `beside` what it
    is of.  `share` of the limit is that of the best of them, `share_low` of the least; None where
    there is no limit.
    """

    tone: str
    tag: str
    headline: str
    firsts: tuple[str, ...] = ()
    more: int = 0
    figure: str = ""
    beside: str = ""
    share_low: float | None = None
    share: float | None = None
    share_said: str = ""
    script: str = ""


def card(rows: Sequence[Row], names: Mapping[int, str]) -> Card:
    """The card of a block's rows, in the order of the table."""
    measured = [row for row in rows if row.batch_seconds is not None]
    first = [row for row in measured if row.rank == 1]
    if not measured:
        return Card("none", "no verdict", "Nothing was measured")
    if not first:
        rounds = max(row.rounds for row in measured)
        why = "one round gives no interval" if rounds == 1 else "too few rounds in common"
        return Card("none", "no verdict", "Too little to tell", beside=why)
    reference = next((row for row in rows if row.reference and row in measured), None)
    tone, tag, headline = _told(first, measured, reference, names)
    figure, beside = _figure(first, reference, names)
    sharing = [names[row.id] for row in first] if len(first) > 1 else []
    shares = [row.of_limit for row in first if row.of_limit is not None]
    return Card(
        tone,
        tag,
        headline,
        firsts=tuple(sharing[:_FEW]),
        more=max(0, len(sharing) - _FEW),
        figure=figure,
        beside=beside,
        share_low=_bar(min(shares)) if shares else None,
        share=_bar(max(shares)) if shares else None,
        share_said=f"{_percents(shares)} of the limit" if shares else "",
        script=_script(measured, names),
    )


def _told(
    first: Sequence[Row], measured: Sequence[Row], reference: Row | None, names: Mapping[int, str]
) -> tuple[str, str, str]:
    if len(measured) == 1:
        return "even", "nothing to compare", f"Only {names[first[0].id]}"
    if reference in first and reference:
        return "even", "no gain found", f"Nothing beats {names[reference.id]}"
    if len(first) == 1:
        return "clear", "clear first place", names[first[0].id]
    if len(first) == 2:
        return "tie", "no difference found", " or ".join(names[row.id] for row in first)
    return "tie", "no difference found", f"{len(first):,} share first place"


def _figure(
    first: Sequence[Row], reference: Row | None, names: Mapping[int, str]
) -> tuple[str, str]:
    known = [row.speedup for row in first if row.speedup is not None]
    if reference is not None and reference in first:
        return numbers.duration(reference.batch_seconds), f"a batch, {names[reference.id]}"
    if reference is None or not known:  # nothing to be faster than
        seconds = [row.batch_seconds for row in first if row.batch_seconds is not None]
        return span(numbers.duration(min(seconds)), numbers.duration(max(seconds))), "a batch"
    beside = f"as fast as {names[reference.id]}"
    if len(first) > 1:
        return span(numbers.ratio(min(known)), numbers.ratio(max(known))), beside
    only = first[0]
    said = numbers.interval(only.speedup, only.speedup_low, only.speedup_high)
    figure, _, interval = said.partition(" ")
    bounds = interval.strip("[]").replace(", ", " to ")
    return figure, f"{beside}; 95 % interval {bounds}" if bounds else beside


def _bar(share: float) -> float:
    return round(min(1.0, max(0.0, share)), 4)


def _percents(shares: Sequence[float]) -> str:
    return span(numbers.percent(min(shares), " "), numbers.percent(max(shares), " "))


def _script(measured: Sequence[Row], names: Mapping[int, str]) -> str:
    timed = [(row.one_shot_seconds or nan, row.id) for row in measured]
    timed = [one for one in timed if isfinite(one[0])]  # a foreign file has none
    if len(timed) < 2:
        return ""
    seconds, least = min(timed)
    return f"{names[least]}, {numbers.duration(seconds)}"


def span(low: str, high: str) -> str:
    """`10 ms to 20 ms`, or once what is the same."""
    return low if low == high else f"{low} to {high}"


@dataclass(frozen=True)
class Square:
    """One cell of the grid, shaded by its `share` of the limit; `why` is the reason of no time."""

    text: str
    said: str
    share: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Grid:
    """A row of squares for each workload, under the names of strategies; None where no cell is."""

    strategies: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Square | None, ...]], ...]


def grid(titles: Sequence[str], tables: Sequence[Sequence[Row]]) -> Grid:
    """The grid of a run, strategies in the order of its plan."""
    known = [names.strategies(rows) for rows in tables]
    planned = [sorted(rows, key=lambda row: row.id) for rows in tables]
    columns = tuple(
        dict.fromkeys(
            name[row.id] for name, rows in zip(known, planned, strict=True) for row in rows
        )
    )
    found = []
    for title, name, rows in zip(titles, known, planned, strict=True):
        squares = {name[row.id]: _square(row) for row in rows}
        found.append((title, tuple(squares.get(column) for column in columns)))
    return Grid(columns, tuple(found))


def _square(row: Row) -> Square:
    if row.batch_seconds is None:
        return Square("n/a", "", why=f"{row.status}: {row.reason}" if row.reason else row.status)
    shown = numbers.ratio(row.speedup) if row.speedup else numbers.duration(row.batch_seconds)
    if row.of_limit is None:
        return Square(shown, "")
    share = round(min(1.0, max(0.0, row.of_limit)), 4)
    return Square(shown, f"{numbers.percent(row.of_limit)} of limit", share)
