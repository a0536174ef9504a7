"""The verdict on a block at a glance; the sentence below it says the same in full.

Workloads against strategies: speed-up as text, the share of the limit as shade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

from .. import numbers
from ..analysis import names, verdict
from ..analysis.cells import Row
from ..analysis.verdict import Conclusion

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
    found = verdict.decide(rows, names)
    tone, tag, headline = _headline(found)
    if found.outcome == "unmeasured":
        return Card(tone, tag, headline)
    figure, beside = _figure(found)
    sharing = found.leaders if found.decided and len(found.first) > 1 else []
    low, high = found.share or (None, None)
    return Card(
        tone,
        tag,
        headline,
        firsts=tuple(sharing[:_FEW]),
        more=max(0, len(sharing) - _FEW),
        figure=figure,
        beside=beside,
        share_low=_bar(low),
        share=_bar(high),
        share_said=found.of_limit,
        script=_script([row for row in rows if row.batch_seconds is not None], names),
    )


def _headline(found: Conclusion) -> tuple[str, str, str]:
    """Tone, tag and headline."""
    match found.outcome:
        case "first":
            return "clear", "clear first place", found.leaders[0]
        case "shared" if len(found.first) == 2:
            return "tie", "no difference found", " or ".join(found.leaders)
        case "shared":
            return "tie", "no difference found", f"{len(found.first):,} share first place"
        case "reference":
            return "even", "no gain found", f"Nothing beats {found.rival}"
        case "only":
            return "even", "nothing to compare", f"Only {found.leaders[0]}"
        case "impossible":
            return "none", "no verdict", "An error of measuring"
        case "undecided":
            return "none", "no verdict", "Too little to tell"
        case _:
            return "none", "no verdict", "Nothing was measured"


def _figure(found: Conclusion) -> tuple[str, str]:
    """The large number, and what it is of."""
    if found.outcome in ("undecided", "impossible"):
        return "", found.doubt
    doubt = f": {found.doubt}" if found.doubt else ""
    if found.reference and found.reference in found.first:
        return numbers.duration(found.reference.batch_seconds), f"a batch, {found.rival}{doubt}"
    if not found.speedup:  # nothing to be faster than
        return found.batch, f"a batch{doubt}"
    beside = f"as fast as {found.rival}"
    figure, _, bounds = found.speedup.partition(" [")
    bounds = bounds.removesuffix("]").replace(", ", " to ")
    return figure, f"{beside}; 95 % interval {bounds}" if bounds else beside


def _bar(share: float | None) -> float | None:
    return None if share is None else round(min(1.0, max(0.0, share)), 4)


def _script(measured: Sequence[Row], names: Mapping[int, str]) -> str:
    timed = [(row.one_shot_seconds or nan, row.id) for row in measured]
    timed = [one for one in timed if isfinite(one[0])]  # a foreign file has none
    if len(timed) < 2:
        return ""
    seconds, least = min(timed)
    return f"{names[least]}, {numbers.duration(seconds)}"


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
    return Square(shown, f"{numbers.percent(row.of_limit)} of limit", _bar(row.of_limit))
