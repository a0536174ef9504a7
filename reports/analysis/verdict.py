"""Who is first in a block, how sure that is, or why nobody is: decided once, worded by many.

The sentence below each table is made here.  The cards of the page and the titles of charts make
their words from the same `Conclusion`, so none of them can praise what another doubts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .. import numbers
from . import explanations, once
from .cells import Row

Outcome = Literal["first", "shared", "reference", "only", "impossible", "undecided", "unmeasured"]

ERROR = "more than 3 % beyond the limit: an error of measuring"


@dataclass(frozen=True)
class Conclusion:
    """The decision on a block; `names` are those of all its cells, by id.

    `outcome` is
      `first` or `shared`  one cell, or several without a difference, faster than the reference;
      `reference`          the reference has the first place, or shares it;
      `only`               nothing else was measured, so there is nothing to compare;
      `impossible`         a first cell is beyond the limit, so something was measured wrongly;
      `undecided`          too few rounds for an interval;
      `unmeasured`         no cell has times.

    `first` are the rows at the first place in the order of the table: the single row of `only`,
    none of the last two.  `reference` may be a row without times.  `doubt` says why there is no
    verdict, or what is wrong with the only cell, and is "" otherwise.
    """

    outcome: Outcome
    first: tuple[Row, ...]
    reference: Row | None
    names: Mapping[int, str]
    doubt: str = ""

    @property
    def decided(self) -> bool:
        """Whether somebody has the first place."""
        return self.outcome in ("first", "shared", "reference")

    @property
    def leaders(self) -> list[str]:
        """The names of those that have the first place."""
        return [self.names[row.id] for row in self.first]

    @property
    def rival(self) -> str:
        """The name of the reference; "" where there is none."""
        return self.names[self.reference.id] if self.reference else ""

    @property
    def speedup(self) -> str:
        """`15.5x [15.1, 15.8]` of one, `15.3x to 15.5x` of several, "" without a reference."""
        known = [row.speedup for row in self.first if row.speedup is not None]
        if self.reference is None or not known:
            return ""
        if len(self.first) > 1:
            return span(numbers.ratio(min(known)), numbers.ratio(max(known)))
        only = self.first[0]
        return numbers.interval(only.speedup, only.speedup_low, only.speedup_high)

    @property
    def batch(self) -> str:
        """`41.7 ms`, or `41.7 ms to 42.1 ms` of several; "" where nothing was measured."""
        known = [row.batch_seconds for row in self.first if row.batch_seconds is not None]
        return span(numbers.duration(min(known)), numbers.duration(max(known))) if known else ""

    @property
    def share(self) -> tuple[float, float] | None:
        """Of the limit, the least and the most of the first; None where no limit is known."""
        known = [row.of_limit for row in self.first if row.of_limit is not None]
        return (min(known), max(known)) if known and not self.doubt else None

    @property
    def of_limit(self) -> str:
        """`96 % of the limit`, or "" where no limit is known or it is plainly wrong."""
        if self.share is None:
            return ""
        return f"{span(*(numbers.percent(share, ' ') for share in self.share))} of the limit"

    @property
    def sentence(self) -> str:
        """The verdict in words, without the name of the block."""
        who = numbers.listed(self.leaders)
        if self.outcome == "only":
            words = f"only {who} was measured, {self.batch} a batch"
        elif not self.decided:
            return f"no verdict, {self.doubt}"
        else:
            who = f"no difference found between {who}" if len(self.first) > 1 else who
            words = f"{who}{self._gain()}"
        return ", ".join(filter(None, (words, self.doubt or self.of_limit)))

    def _gain(self) -> str:
        if self.outcome == "reference":
            return f": nothing beats {self.rival} here"
        if self.speedup:
            return f", {self.speedup} {self.rival}"
        missing = "there is no reference"
        if self.reference:
            missing = f"{self.rival} {_ABSENT.get(self.reference.status, 'shares no round')}"
            if any(note.code == "sample-unlike" for note in self.reference.notes):
                missing = f"{self.rival} ran a sample unlike the rest"
        return f", {self.batch} a batch; {missing}, so no speed-up"


_ABSENT = {"failed": "failed", "unavailable": "cannot run here", "pending": "has not run"}


def decide(rows: Sequence[Row], names: Mapping[int, str]) -> Conclusion:
    """The verdict on a block; `rows` are in the order of its table."""
    measured = [row for row in rows if row.batch_seconds is not None]
    reference = next((row for row in rows if row.reference), None)
    if not measured:
        return Conclusion("unmeasured", (), reference, names, _unmeasured(rows))
    if len(measured) == 1:
        doubt = ERROR if explanations.beyond(measured[0]) else ""
        return Conclusion("only", (measured[0],), reference, names, doubt)
    if doubt := once.doubt(measured):
        return Conclusion("undecided", (), reference, names, doubt)
    first = tuple(row for row in measured if row.rank == 1)
    if not first:
        return Conclusion("undecided", (), reference, names, "one round gives no interval")
    if wrong := [names[row.id] for row in first if explanations.beyond(row)]:
        are = "is first but" if len(wrong) == 1 else "are first but"
        doubt = f"{numbers.listed(wrong)} {are} {ERROR}"
        return Conclusion("impossible", first, reference, names, doubt)
    if reference is not None and reference in first:
        return Conclusion("reference", first, reference, names)
    return Conclusion("first" if len(first) == 1 else "shared", first, reference, names)


def sentence(name: str, rows: Sequence[Row], names: Mapping[int, str]) -> str:
    """The verdict in words: `io_sleep: asyncio, 15.5x [15.1, 15.8] sequential, 96 % of ...`."""
    return f"{name}: {decide(rows, names).sentence}"


_WORDS = {
    "failed": "failed",
    "unavailable": "cannot run here",
    "pending": "not yet run",
    "measured": "without a stored time",
}


def _unmeasured(rows: Sequence[Row]) -> str:
    counts = {status: sum(row.status == status for row in rows) for status in _WORDS}
    parts = [f"{count} {_WORDS[status]}" for status, count in counts.items() if count]
    return f"nothing was measured: {numbers.listed(parts)}"


def span(low: str, high: str) -> str:
    """`10 ms to 20 ms`, or once what is the same."""
    return low if low == high else f"{low} to {high}"
