"""Who is fastest in a block, who is as good, or why that cannot be told: decided once.

The sentence below each table is made here.  The cards of the page, the titles of charts and the
exports make their words from the same `Conclusion`, so none of them can praise what another doubts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from .. import numbers
from ..run import keys
from ..run.stored import Stored
from ..stats import ranks
from . import explanations, once
from .cells import Row

Outcome = Literal[
    "fastest", "as good", "reference", "open", "only", "impossible", "undecided", "unmeasured"
]

ERROR = "more than 3 % beyond the limit, a measurement error"


@dataclass(frozen=True)
class Terms:
    """What a verdict needs to know of the run.

    Strategies that differ by less than `margin` for certain are as good; a round of the whole run
    takes `round_seconds`, None where that is not known.
    """

    margin: float = keys.MARGIN
    round_seconds: float | None = None


@dataclass(frozen=True)
class Conclusion:
    """The decision on a block; `names` are those of all its cells, by id.

    `outcome` is
      `fastest`      one cell is faster than every other;
      `as good`      several, which differ by less than the margin for certain, are faster than the
                     others;
      `reference`    nothing beats the reference: no other is surely faster, and none can be by as
                     much as the margin;
      `open`         who is fastest cannot be told yet;
      `only`         nothing else was measured, so there is nothing to compare;
      `impossible`   what would be first is beyond the limit, so something was measured wrongly;
      `undecided`    too few rounds for an interval;
      `unmeasured`   no cell has times.

    `first` are the rows that are, or of `open` may be, the fastest, in the order of the table; the
    reference of `reference`, the single row of `only`, none of the last two.  `reference` may be a
    row without times.  `doubt` says why there is no verdict, or what is wrong with the only cell,
    and is "" otherwise.  `beside` are the rows within the margin of a fastest for certain, or those
    that may be as fast as an unbeaten reference.  `no_gain` are those that surely do not beat the
    reference by the margin, where it may be the fastest.  `more_rounds` would probably decide it.
    """

    outcome: Outcome
    first: tuple[Row, ...]
    reference: Row | None
    names: Mapping[int, str]
    doubt: str = ""
    terms: Terms = field(default_factory=Terms)
    beside: tuple[Row, ...] = ()
    no_gain: tuple[Row, ...] = ()
    more_rounds: int = 0

    @property
    def decided(self) -> bool:
        """Whether it is known who is fastest."""
        return self.outcome in ("fastest", "as good", "reference")

    @property
    def margin(self) -> str:
        """`5 %`."""
        return f"{100 * self.terms.margin:.3g} %"

    @property
    def more(self) -> str:
        """`about 6 more rounds (40 s) would probably tell`; "" where nothing is open."""
        return _more(self) if self.more_rounds else ""

    @property
    def headline(self) -> str:
        """The verdict in a few words; "" where there is none."""
        return _headline(self)

    @property
    def sentence(self) -> str:
        """The verdict in words, without the name of the block."""
        return _sentence(self)

    @property
    def rounds_needed(self) -> int:
        """Those of a run that would probably decide it; 0 where nothing is open, or too many."""
        done = max((row.rounds for row in self.first), default=1)
        return done + self.more_rounds if 0 < self.more_rounds <= _MANY else 0

    @property
    def leaders(self) -> list[str]:
        """The names of those that are, or may be, the fastest."""
        return [self.names[row.id] for row in self.first]

    @property
    def rival(self) -> str:
        """The name of the reference; "" where there is none."""
        return self.names[self.reference.id] if self.reference else ""

    @property
    def speedup(self) -> str:
        """`15.5x [15.1, 15.8]` of one, `15.3x to 15.5x` of several, "" without a reference.

        Of those that only may be the fastest, that of the one that looks so.
        """
        several = self.first[:1] if self.outcome == "open" else self.first
        known = [row.speedup for row in several if row.speedup is not None]
        if self.reference is None or not known:
            return ""
        if len(several) > 1:
            return span(numbers.ratio(min(known)), numbers.ratio(max(known)))
        only = several[0]
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
        if not known or self.doubt or self.outcome == "open":
            return None
        return min(known), max(known)

    @property
    def of_limit(self) -> str:
        """`96 % of the limit`, or "" where no limit is known or it is plainly wrong."""
        if self.share is None:
            return ""
        return f"{span(*(numbers.percent(share, ' ') for share in self.share))} of the limit"


def _sentence(found: Conclusion) -> str:
    who = numbers.listed(found.leaders)
    match found.outcome:
        case "only":
            words = f"only {who} was measured, {found.batch} a batch"
        case "fastest":
            words = f"{who} is fastest{_gain(found, ', ')}"
            if found.beside:
                names = numbers.listed([found.names[row.id] for row in found.beside])
                words += f", and {names} within {found.margin} of it"
        case "as good":
            words = f"{who}, equal within {found.margin}{_gain(found, ': ')}"
        case "reference":
            words = f"{found.headline}, {found.batch} a batch"
        case "open":
            return f"cannot tell: {_open(found)}"
        case "unmeasured":
            return found.doubt
        case _:
            return f"no ranking: {'; '.join(filter(None, (found.doubt, found.more)))}"
    return ", ".join(filter(None, (words, found.doubt or found.of_limit or _unknown_limit(found))))


def _headline(found: Conclusion) -> str:
    who = numbers.listed(found.leaders)
    match found.outcome:
        case "fastest":
            return who
        case "as good":
            several = f"{len(found.first):,} are as good"
            return " or ".join(found.leaders) if len(found.first) == 2 else several
        case "reference" if found.beside:
            return f"nothing beats {found.rival} by {found.margin} or more"
        case "reference":
            return f"{found.rival} is fastest"
        case "open":
            return f"{found.leaders[0]} looks fastest"
        case "only":
            return f"only {who}"
    return ""


def _gain(found: Conclusion, sign: str) -> str:
    if found.speedup:
        return f"{sign}{found.speedup} {found.rival}"
    missing = "there is no reference"
    if found.reference:
        missing = f"{found.rival} {_ABSENT.get(found.reference.status, 'shares no round')}"
        if any(note.code == "sample-unlike" for note in found.reference.notes):
            missing = f"{found.rival} ran a sample unlike the rest"
    return f"{sign}{found.batch} a batch; {missing}, so no speed-up"


def _open(found: Conclusion) -> str:
    """Who looks fastest, who else could be, what would tell, and who at least is not."""
    looks, *others = found.leaders
    figure = found.speedup
    if not figure or found.first[0] == found.reference:
        figure = f"{numbers.duration(found.first[0].batch_seconds)} a batch"
    shown = others if len(others) <= _FEW + 1 else [*others[:_FEW], f"{len(others) - _FEW} more"]
    words = f"{looks} looks fastest ({figure}); {numbers.listed(shown)} could be as fast"
    if found.more:
        words += f": {found.more}"
    if found.no_gain:
        names = numbers.listed([found.names[row.id] for row in found.no_gain])
        words += f"; not {found.margin} faster than {found.rival}: {names}"
    return words


def _more(found: Conclusion) -> str:
    if found.more_rounds > _MANY:
        return f"more than {_MANY:,} more rounds would be needed to tell"
    one = found.terms.round_seconds
    took = f" ({_long(found.more_rounds * one)})" if one else ""
    plural = "s" * (found.more_rounds > 1)
    if found.outcome == "undecided":
        return f"{found.more_rounds} more round{plural}{took} would begin to tell"
    return f"about {found.more_rounds:,} more round{plural}{took} would probably tell"


def _unknown_limit(found: Conclusion) -> str:
    why = next((row.limit_doubt for row in found.first if row.limit_doubt), "")
    return f"limit unknown ({why})" if why else ""


def _long(seconds: float) -> str:
    """`40 s`, `9.1 min`, `2.8 h`."""
    return numbers.brief(seconds) if seconds < 7200 else f"{numbers.digits(seconds / 3600, 2)} h"


_MANY = 1000
_FEW = 2
_ABSENT = {"failed": "failed", "unavailable": "cannot run here", "pending": "has not run"}


def terms(stored: Stored) -> Terms:
    """What verdicts on the blocks of a run rest on."""
    return Terms(stored.run.margin, stored.run.round_seconds)


def decide(rows: Sequence[Row], names: Mapping[int, str], terms: Terms | None = None) -> Conclusion:
    """The verdict on a block; `rows` are in the order of its table."""
    terms = terms or Terms()
    measured = [row for row in rows if row.batch_seconds is not None]
    reference = next((row for row in rows if row.reference), None)
    if not measured:
        return Conclusion("unmeasured", (), reference, names, _unmeasured(rows), terms)
    if len(measured) == 1:
        doubt = ERROR if explanations.beyond(measured[0]) else ""
        return Conclusion("only", (measured[0],), reference, names, doubt, terms)
    if doubt := once.doubt(measured):
        return Conclusion("undecided", (), reference, names, doubt, terms)
    ranked = [row for row in measured if row.standing is not None]
    first = tuple(row for row in ranked if row.rank_low == 1)
    if not first:
        return _undecided(measured, reference, names, terms)
    if wrong := [names[row.id] for row in first if explanations.beyond(row)]:
        are = "is first but" if len(wrong) == 1 else "are first but"
        doubt = f"{numbers.listed(wrong)} {are} {ERROR}"
        return Conclusion("impossible", first, reference, names, doubt, terms)
    alone = first == (reference,)
    if reference is not None and (alone or _unbeaten(reference, ranked, terms.margin)):
        beside = tuple(row for row in first if row != reference)
        return Conclusion("reference", (reference,), reference, names, "", terms, beside)
    if len(first) == 1:
        beside = tuple(row for row in ranked if _equal(row, first[0]))
        return Conclusion("fastest", first, reference, names, "", terms, beside)
    if all(_equal(one, other) for one, other in combinations(first, 2)):
        return Conclusion("as good", first, reference, names, "", terms)
    no_gain: tuple[Row, ...] = ()
    if reference in first:
        no_gain = tuple(row for row in ranked if row != reference and _below(row, terms.margin))
    more = max(row.standing.more_rounds for row in first if row.standing)
    return Conclusion("open", first, reference, names, "", terms, (), no_gain, more)


def _undecided(
    measured: Sequence[Row], reference: Row | None, names: Mapping[int, str], terms: Terms
) -> Conclusion:
    doubt, more = "one round gives no interval", ranks.fewest_rounds(len(measured)) - 1
    return Conclusion("undecided", (), reference, names, doubt, terms, more_rounds=more)


def _equal(one: Row, other: Row) -> bool:
    """Whether they differ by less than the margin for certain."""
    return one.standing is not None and other.id in one.standing.equal


def _unbeaten(reference: Row, ranked: Sequence[Row], margin: float) -> bool:
    """Whether no other cell is surely faster, or can be by as much as the margin."""
    if reference.standing is None or reference.standing.low > 1:
        return False
    return all(_below(row, margin) for row in ranked if row != reference)


def _below(row: Row, margin: float) -> bool:
    """Whether the whole interval of its speed-up is below what counts as a gain."""
    return (row.speedup_high or math.inf) < 1 + margin


def sentence(
    name: str, rows: Sequence[Row], names: Mapping[int, str], terms: Terms | None = None
) -> str:
    """The verdict in words: `io_sleep: asyncio is fastest, 15.5x [15.1, 15.8] sequential, ...`."""
    return f"{name}: {decide(rows, names, terms).sentence}"


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
