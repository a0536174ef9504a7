"""What looks at the evidence for one metric of one cell say.

It is a pure function of the rounds in their order, so that going on after an interruption, or
asking twice, gives the same.  Two phases, and a threshold that is a promise in both directions:

- search: at each look an interval, of 95 % over all looks together.  Below the threshold with its
  upper bound: not slower (a test of equivalence, Schuirmann 1987: only a slow-down proven smaller
  than what matters passes).  Else, above nothing with its lower bound: a suspect.
- confirmation: only rounds after that look count, at looks of their own.  Identical sides become a
  suspect with at most MISSES, and then these rounds, which know nothing of the search, have a p
  value of their own; so with pairs MISSES times that is a p value too.  The stored rounds of two
  samples are the same in both phases, so there a suspect proves little, and the p value of the
  fresh rounds stands alone.  Asking twice needs no extreme quantile, which few rounds would not
  have, and the second time costs rounds of suspects alone.

So a slow-down as large as the threshold passes with at most MISSES, 2.5 %, and what identical sides
do is limited by the p value.  A level has one phase: its p value is of all its rounds, and it is
above its bound where that, after Holm, is small enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from ..stats.intervals import Interval
from .evidence import MISSES, NEVER, NO_BOUNDS, Evidence
from .looks import CONFIRMATION, SEARCH, share


@dataclass(frozen=True)
class Trail:
    """Where a piece of evidence stands.

    `passed` is the look that showed it not slower, `suspect` the one after which only fresh rounds
    count, `p` the p value over all their looks (1 without one), and `more` about how many rounds
    are missing for a decision.
    """

    passed: int | None
    suspect: int | None
    p: float
    more: int


@lru_cache(maxsize=4096)
def trail(evidence: Evidence, certain: float = MISSES) -> Trail:
    """Look at the planned rounds, up to the one that shows it not slower.

    `certain` is the error that calling it slower may make: it decides how many rounds are missing.
    """
    suspect: int | None = None
    for look in SEARCH.until(evidence.rounds):
        low, high = evidence.bounds(look)
        if high < evidence.limit:
            # A look of the fresh rounds at the same time comes too late.
            return Trail(look, suspect, _confirmed(evidence, suspect, look - 1), 0)
        if suspect is None and low > 0:
            suspect = look
    p = _confirmed(evidence, suspect, evidence.rounds)
    return Trail(None, suspect, p, _missing(evidence, suspect, certain))


def _confirmed(evidence: Evidence, suspect: int | None, end: int) -> float:
    if suspect is None:
        return 1.0
    begin = suspect if evidence.FRESH else 0
    fresh = (
        evidence.p(begin, begin + look) / share(number)
        for number, look in enumerate(CONFIRMATION.until(end - begin))
    )
    return min(1.0, evidence.SUSPECTS * min(fresh, default=math.inf))


def _missing(evidence: Evidence, suspect: int | None, certain: float) -> int:
    """Rounds to the look that should decide; NEVER where none does."""
    rounds = evidence.rounds
    look = SEARCH.last(rounds)
    if not evidence.comparable:
        return NEVER
    if not look:
        return SEARCH.first - rounds
    centre = evidence.centre(look)
    passing = SEARCH.following(max(rounds + 1, evidence.searching(evidence.limit - centre)))
    confirming = evidence.confirming(centre, certain)
    if not evidence.FRESH:
        slower = CONFIRMATION.following(max(rounds + 1, confirming))
    elif suspect is None:
        slower = SEARCH.following(max(rounds + 1, evidence.searching(centre))) + confirming
    else:
        slower = suspect + CONFIRMATION.following(max(rounds - suspect + 1, confirming))
    return min(NEVER, min(passing, slower) - rounds)


def ratio(evidence: Evidence) -> Interval | None:
    """The ratio with its interval: of 95 % however the rounds were stopped; None without one.

    Of a level it is the ratio to its bound.
    """
    if not evidence.begun:
        return None
    middle, bounds = evidence.centre(evidence.rounds), evidence.bounds(evidence.rounds)
    known = [middle, *bounds] if bounds != NO_BOUNDS else [middle]
    return Interval(*map(evidence.ratio, known))
