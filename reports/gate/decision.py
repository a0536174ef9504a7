"""When to look, and how much error each look may spend: few looks, a known sum.

Looking after every round and stopping when it pleases makes an interval of 95 % cover less.  So
there are looks at planned rounds only, each with a part of the error, and the parts add up to no
more than all of it (a union bound, Bonferroni; the intervals are Jennison and Turnbull's of 1989,
"Interim analyses: the repeated confidence interval approach", which hold together at every look,
however one stops).  The looks of reports/stats/stopping.py double; a pair is dearer than a cell, so
these are closer.  At 8 ranks first reach such a part; first looks at 7 to 10, growth by 1.25 to 1.5
and 0.6 to 0.85 kept came to checks that take as long within a tenth.

What the looks at one metric of one pair said, one after the other.

A pure function of its rounds in their order, so that going on after an interruption, or asking
twice, gives the same.  Two phases, and a threshold that is a promise in both directions:

- search: at each look an interval, of 95 % over all looks together.  Below the threshold with its
  upper bound: not slower (a test of equivalence, Schuirmann 1987: only a slow-down proven smaller
  than what matters passes).  Else, above nothing with its lower bound: a suspect.
- confirmation: only rounds after that look count, at looks of their own.  Identical sides become
  a suspect with at most MISSES, and then these rounds, which know nothing of the search, have a
  p value of their own; so MISSES times that is a p value too.  Asking twice needs no extreme
  quantile, which few rounds would not have, and the second time costs rounds of suspects alone.

So a slow-down as large as the threshold passes with at most MISSES, 2.5 %, and what identical
sides do is limited by the p value.

The answer of the gate: slower, not slower, inconclusive or other work, for every metric.

Both sides of a pair run in the same round, back to back and in random order, and the ratio of
their times is what counts.  reports/gate/decision.py says when one metric of one pair is decided;
here they are judged together: Holm (1979) over all metrics of all pairs, so that identical sides
are called slower anywhere with at most ALPHA.  What a budget does not decide is inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from ..stats import intervals, robust
from ..stats.intervals import Interval

FIRST = 8
GROWTH = 1.25
KEPT = 0.75
"""Of the error that is left, a look leaves so much to those after it."""


def planned() -> Iterator[int]:
    """The rounds at which to look: 8, 10, 13, 17, 22 ... without end."""
    rounds = FIRST
    while True:
        yield rounds
        rounds = math.ceil(rounds * GROWTH)


@lru_cache(maxsize=4096)
def past(rounds: int) -> tuple[int, ...]:
    """The looks that so many rounds hold."""
    return tuple(takewhile(lambda look: look <= rounds, planned()))


def last(rounds: int) -> int:
    """The last of them; 0 before the first."""
    return max(past(rounds), default=0)


def following(rounds: int) -> int:
    """The first look at so many rounds or later."""
    return next(look for look in planned() if look >= rounds)


def share(number: int) -> float:
    """The part of the error that this look may spend, the first being 0."""
    return (1 - KEPT) * KEPT**number


def share_at(rounds: int) -> float:
    """The part for what is shown after so many rounds, at a look or not.

    Who ends on a budget between two looks may spend what is left; before the first, no more than
    what is kept for later ones, as so few rounds promise a little less than they say.
    """
    looked = past(rounds)
    if looked and looked[-1] == rounds:
        return share(len(looked) - 1)
    return float(KEPT ** max(1, len(looked)))


MISSES = 0.025
"""That the truth is beyond one bound, at any look; and beyond either: 5 %."""
FEWEST = 5
"""Rounds from which there is an interval."""

NEVER = 10**6
"""More rounds than anybody waits for."""

Logarithms = tuple[float, ...]


@dataclass(frozen=True)
class Trail:
    """Where a metric of a pair stands.

    `passed` is the look that found it not slower, `suspect` the one after which only fresh rounds
    count, `p` is MISSES times their p value over all their looks (1 without one), and `more` about
    how many rounds are missing for a decision.
    """

    passed: int | None
    suspect: int | None
    p: float
    more: int


@lru_cache(maxsize=4096)
def trail(logarithms: Logarithms, threshold: float) -> Trail:
    """Look at the planned rounds of these, up to the one that found it not slower."""
    limit = math.log1p(threshold)
    suspect: int | None = None
    for look in past(len(logarithms)):
        low, high = bounds(logarithms[:look])
        if high < limit:
            # A look of the fresh rounds at the same time comes too late.
            fresh = logarithms[suspect : look - 1] if suspect else ()
            return Trail(look, suspect, _confirmed(fresh), 0)
        if suspect is None and low > 0:
            suspect = look
    fresh = logarithms[suspect:] if suspect else ()
    return Trail(None, suspect, _confirmed(fresh), _more(logarithms, limit, suspect))


def bounds(logarithms: Logarithms) -> tuple[float, float]:
    """The interval to show and to decide by; without ends below FEWEST rounds."""
    if len(logarithms) < FEWEST:
        return -math.inf, math.inf
    return robust.bounds(logarithms, MISSES * share_at(len(logarithms)))


def _confirmed(fresh: Logarithms) -> float:
    found = (
        robust.p_value(fresh[:look]) / share(number) for number, look in enumerate(past(len(fresh)))
    )
    return min(1.0, MISSES * min(found, default=1 / MISSES))


def _more(logarithms: Logarithms, limit: float, suspect: int | None) -> int:
    """Rounds to the look that should decide, as widths shrink with the root of their number."""
    rounds = len(logarithms)
    seen = last(rounds)
    if not seen:
        return FIRST - rounds
    low, high = bounds(logarithms[:seen])
    middle, half = robust.mean(logarithms[:seen]), (high - low) / 2
    passing = following(max(rounds + 1, _rounds(seen, half, limit - middle)))
    confirming = _rounds(seen, half, middle)
    if suspect is None:
        slower = following(max(rounds + 1, confirming)) + following(confirming)
    else:
        slower = suspect + following(max(rounds - suspect + 1, confirming))
    return min(passing, slower) - rounds


def _rounds(seen: int, half: float, margin: float) -> int:
    """How many rounds make a half width as small as a margin."""
    return math.ceil(min(NEVER, seen * (half / margin) ** 2)) if margin > 0 else NEVER


ALPHA = 0.01
"""That identical sides are called slower anywhere."""

Word = Literal["slower", "not slower", "inconclusive", "other work"]


@dataclass(frozen=True)
class Evidence:
    """One metric of a pair: what was measured, and what is asked.

    `logarithms` are those of the second side over the first, finite, in the order of the rounds;
    `threshold` 0.05 asks for slow-downs of 5 %.  `seconds` is what a further round of the pair
    costs, all its metrics together.
    """

    cell: int
    metric: str
    threshold: float
    logarithms: Logarithms
    seconds: float
    other_work: bool = False
    """Whether the sides gave different answers, which is neither slower nor not."""


@dataclass(frozen=True)
class Verdict:
    """What a piece of evidence says, together with all the others.

    `p` is adjusted for all metrics of all pairs.  `suspect` wants rounds of its own before it may
    be slower.  `more` is about how many rounds would decide it, 0 when `decided`.
    """

    evidence: Evidence
    word: Word
    p: float
    suspect: bool
    more: int

    @property
    def decided(self) -> bool:
        """Whether further rounds are of no use."""
        return self.word != "inconclusive"

    @property
    def rounds(self) -> int:
        return len(self.evidence.logarithms)

    @property
    def ratio(self) -> Interval | None:
        """The second side's over the first's: 95 % however one stopped; None without a round."""
        return ratio(self.evidence.logarithms)


def judged(evidence: Sequence[Evidence], alpha: float = ALPHA) -> list[Verdict]:
    """A verdict for each, in the order given; all that are asked must be given at once."""
    trails = [trail(one.logarithms, one.threshold) for one in evidence]
    tested = [
        1.0 if one.other_work else found.p for one, found in zip(evidence, trails, strict=True)
    ]
    adjusted = intervals.holm(tested)
    return [
        _verdict(one, found, p, alpha)
        for one, found, p in zip(evidence, trails, adjusted, strict=True)
    ]


def _verdict(one: Evidence, found: Trail, p: float, alpha: float) -> Verdict:
    word = _word(one, found, p <= alpha)
    if word != "inconclusive":
        return Verdict(one, word, p, False, 0)
    return Verdict(one, word, p, found.suspect is not None, found.more)


def _word(one: Evidence, found: Trail, confirmed: bool) -> Word:
    if one.other_work:
        return "other work"
    if confirmed:
        return "slower"
    return "inconclusive" if found.passed is None else "not slower"


def ratio(logarithms: Logarithms) -> Interval | None:
    """The ratio with its interval: of 95 % however the rounds were stopped; None without one."""
    if not logarithms:
        return None
    middle = math.exp(robust.mean(logarithms))
    low, high = bounds(logarithms)
    if math.isinf(low):
        return Interval(middle)
    return Interval(middle, math.exp(low), math.exp(high))
