"""The gate against a stored run: nothing pairs the rounds, so it resolves less, and says how much.

Two samples of one number per process, on logarithms, and Welch's test (reports/gate/two_samples).
As with pairs there is a search and a confirmation, looks at planned rounds only, and Holm over all
that is asked.  The stored rounds are the same in both phases, so a suspect proves little: the p
value is that of its fresh rounds alone, and is multiplied with nothing.  It is one however the
search went: given the stored rounds, the fresh ones know nothing of it.

What is not in any interval: what the machine did between the two runs looks like the code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..stats import intervals, robust
from ..stats.intervals import Interval
from ..stats.robust import Contrast, contrast, quantile
from . import decision
from .decision import ALPHA, FEWEST, MISSES, NEVER, Logarithms, Word

SHOWN = 0.95
"""How often a slow-down is shown that is said to be resolved."""


@dataclass(frozen=True)
class Stored:
    """One metric of a cell, `now` and `before`: logarithms, one for each process, finite.

    `threshold` 0.05 asks for slow-downs of 5 %; `seconds` is what a further round costs.
    """

    cell: int
    metric: str
    threshold: float
    now: Logarithms
    before: Logarithms
    seconds: float
    other_work: bool = False


@dataclass(frozen=True)
class Judged:
    """What it says together with all the others; the fields are those of a paired verdict.

    `resolves` is the least slow-down, 0.08 is 8 %, that so many rounds show in 95 of 100 checks;
    None where that is not known.
    """

    evidence: Stored
    word: Word
    p: float
    suspect: bool
    more: int
    resolves: float | None

    @property
    def decided(self) -> bool:
        """Whether further rounds are of no use."""
        return self.word != "inconclusive"

    @property
    def rounds(self) -> int:
        return len(self.evidence.now)

    @property
    def ratio(self) -> Interval | None:
        """Now over before: 95 % however one stopped, of the noise within the two runs."""
        return ratio(self.evidence.now, self.evidence.before)


def judged(evidence: Sequence[Stored], alpha: float = ALPHA) -> list[Judged]:
    """A verdict for each, in the order given; all that are asked must be given at once."""
    certain = alpha / max(1, len(evidence))
    trails = [_trail(one.now, one.before, one.threshold) for one in evidence]
    tested = [1.0 if one.other_work else p for one, (_, _, p) in zip(evidence, trails, strict=True)]
    return [
        _judged(one, passed, suspect, p, alpha, certain)
        for one, (passed, suspect, _), p in zip(
            evidence, trails, intervals.holm(tested), strict=True
        )
    ]


def _judged(
    one: Stored, passed: bool, suspect: int | None, p: float, alpha: float, certain: float
) -> Judged:
    word: Word = "not slower" if passed else "inconclusive"
    if one.other_work:
        word = "other work"
    elif p <= alpha:
        word = "slower"
    more = _more(one, suspect, certain) if word == "inconclusive" else 0
    doubtful = suspect is not None and word == "inconclusive"
    return Judged(one, word, p, doubtful, more, resolved(one.now, one.before, certain))


@lru_cache(maxsize=4096)
def _trail(now: Logarithms, before: Logarithms, threshold: float) -> tuple[bool, int | None, float]:
    """Whether a look found it not slower, after which it was a suspect, and the fresh p value."""
    suspect: int | None = None
    for look in decision.past(len(now)) if len(before) >= FEWEST else ():
        seen = contrast(now[:look], before)
        half = seen.half(MISSES * decision.share_at(look))
        if seen.centre + half < math.log1p(threshold):
            # A look of the fresh rounds at the same time comes too late.
            return True, suspect, _confirmed(now[suspect : look - 1] if suspect else (), before)
        if suspect is None and seen.centre - half > 0:
            suspect = look
    return False, suspect, _confirmed(now[suspect:] if suspect else (), before)


def _confirmed(fresh: Logarithms, before: Logarithms) -> float:
    found = (
        contrast(fresh[:look], before).p / decision.share_at(look)
        for look in decision.past(len(fresh))
    )
    return min(1.0, min(found, default=1.0))


def _more(one: Stored, suspect: int | None, certain: float) -> int:
    """Rounds to the look that should decide; NEVER where the stored rounds are too noisy."""
    rounds, seen = len(one.now), decision.last(len(one.now))
    if len(one.before) < FEWEST:
        return NEVER
    if not seen:
        return decision.FIRST - rounds
    found = contrast(one.now[:seen], one.before)
    limit = math.log1p(one.threshold)
    share = decision.share_at(seen)
    passing = _after(rounds, _rounds(seen, found, limit - found.centre, MISSES * share))
    fresh = _rounds(seen, found, found.centre, certain * share)
    if suspect is None:
        slower = _after(rounds, _rounds(seen, found, found.centre, MISSES * share)) + fresh
    else:
        slower = suspect + _after(rounds - suspect, fresh)
    return max(1, min(NEVER, min(passing, slower) - rounds))


def _after(rounds: int, needed: int) -> int:
    return decision.following(max(rounds + 1, needed))


def _rounds(seen: int, found: Contrast, margin: float, misses: float) -> int:
    """How many rounds now make a half width as small as a margin."""
    if margin <= 0:
        return NEVER
    if not found.error:
        return seen
    left = (margin / quantile(found.freedom, misses)) ** 2 - found.of_before**2
    own = found.error**2 - found.of_before**2
    return math.ceil(min(NEVER, seen * own / left)) if left > 0 else NEVER


def resolved(now: Logarithms, before: Logarithms, certain: float) -> float | None:
    """The least slow-down that is shown in 95 of 100 checks, by these rounds and as many again.

    The power of a t test, whose error is estimated too: a noncentral t.
    """
    seen = decision.last(len(now))
    if not seen or len(before) < FEWEST:
        return None
    found = contrast(now[:seen], before)
    return math.expm1(found.needed(min(certain, MISSES) * decision.share_at(seen), SHOWN))


def ratio(now: Logarithms, before: Logarithms) -> Interval | None:
    """Now over before with its interval; without bounds below a few rounds on either side."""
    if not now or not before:
        return None
    centre = robust.mean(now) - robust.mean(before)
    if min(len(now), len(before)) < FEWEST:
        return Interval(math.exp(centre))
    half = contrast(now, before).half(MISSES * decision.share_at(len(now)))
    return Interval(math.exp(centre), math.exp(centre - half), math.exp(centre + half))
