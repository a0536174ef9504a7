"""What the looks at one metric of one pair said, one after the other.

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
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from . import looks, signed_ranks, trimmed

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
    for look in looks.past(len(logarithms)):
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
    return trimmed.bounds(logarithms, MISSES * looks.share_at(len(logarithms)))


def _confirmed(fresh: Logarithms) -> float:
    found = (
        signed_ranks.p_value(fresh[:look]) / looks.share(number)
        for number, look in enumerate(looks.past(len(fresh)))
    )
    return min(1.0, MISSES * min(found, default=1 / MISSES))


def _more(logarithms: Logarithms, limit: float, suspect: int | None) -> int:
    """Rounds to the look that should decide, as widths shrink with the root of their number."""
    rounds = len(logarithms)
    seen = looks.last(rounds)
    if not seen:
        return looks.FIRST - rounds
    low, high = bounds(logarithms[:seen])
    middle, half = trimmed.mean(logarithms[:seen]), (high - low) / 2
    passing = looks.following(max(rounds + 1, _rounds(seen, half, limit - middle)))
    confirming = _rounds(seen, half, middle)
    if suspect is None:
        slower = looks.following(max(rounds + 1, confirming)) + looks.following(confirming)
    else:
        slower = suspect + looks.following(max(rounds - suspect + 1, confirming))
    return min(passing, slower) - rounds


def _rounds(seen: int, half: float, margin: float) -> int:
    """How many rounds make a half width as small as a margin."""
    return math.ceil(min(NEVER, seen * (half / margin) ** 2)) if margin > 0 else NEVER
