"""The evidence for one metric of one cell, of two kinds, and what the looks at it say.

`PairedRounds`: both sides ran in the same rounds, back to back and in random order, and the ratio
of their times is what counts.  `TwoSamples`: a run against a stored one; nothing pairs the rounds,
so Welch's test on trimmed means takes their place (`concbench.reports.stats.robust`).  What the machine did
between two such runs looks like the code, and is in no interval.

When to look.  Looking after every round and stopping when it pleases makes an interval of 95 %
cover less.  So there are looks at planned rounds only, each with a part of the error, and the parts
add up to no more than all of it (a union bound, Bonferroni; the intervals are Jennison and
Turnbull's of 1989, "Interim analyses: the repeated confidence interval approach", which hold
together at every look, however one stops).  The looks of reports/stats/stopping.py double; a round
of both sides is dearer than one of a cell, so these are closer.  At 8, ranks first reach such a
part; first looks at 7 to 10, growth by 1.25 to 1.5 and 0.6 to 0.85 left over came to checks that
take as long within a tenth.

What they say.  A pure function of the rounds in their order, so that going on after an
interruption, or asking twice, gives the same.  Two phases, and a threshold that is a promise in
both directions:

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
do is limited by the p value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import ClassVar, TypeAlias

from ..stats import robust
from ..stats.intervals import Interval

FIRST = 8
GROWTH = 1.25
REST = 0.75
"""Of the error that is left, a look leaves this share to those after it."""


def planned() -> Iterator[int]:
    """The rounds at which to look: 8, 10, 13, 17, 22 ... without end."""
    rounds = FIRST
    while True:
        yield rounds
        rounds = math.ceil(rounds * GROWTH)


@lru_cache(maxsize=4096)
def looks(rounds: int) -> tuple[int, ...]:
    """The looks that so many rounds hold."""
    return tuple(takewhile(lambda look: look <= rounds, planned()))


def last(rounds: int) -> int:
    """The last of them; 0 before the first."""
    return max(looks(rounds), default=0)


def following(rounds: int) -> int:
    """The first look at so many rounds or later."""
    return next(look for look in planned() if look >= rounds)


def share(number: int) -> float:
    """The part of the error that this look may spend, the first being 0."""
    return (1 - REST) * REST**number


def share_at(rounds: int) -> float:
    """The part for what is shown after so many rounds, at a look or not.

    Who ends on a budget between two looks may spend what is left; before the first, no more than
    what is left for later ones, as so few rounds promise a little less than they say.
    """
    before = looks(rounds)
    if rounds in before:
        return share(len(before) - 1)
    return float(REST ** max(1, len(before)))


MISSES = 0.025
"""That the truth is beyond one bound, at any look; and beyond either: 5 %."""
FEWEST = 5
"""Rounds from which there is an interval."""
NEVER = 10**6
"""More rounds than anybody waits for."""
POWER = 0.95
"""How often a slow-down is noticed that is said to be resolved."""

Logarithms: TypeAlias = tuple[float, ...]
Bounds: TypeAlias = tuple[float, float]
NO_BOUNDS: Bounds = (-math.inf, math.inf)


@dataclass(frozen=True)
class PairedRounds:
    """One metric of a cell that both sides measured in the same rounds, and what is asked.

    `logarithms` are those of the second side over the first, finite, in the order of the rounds;
    `threshold` 0.05 asks for slow-downs of 5 %.  `seconds` is what a further round of the cell
    costs, all its metrics together.
    """

    cell: int
    metric: str
    threshold: float
    logarithms: Logarithms
    seconds: float
    other_work: bool = False
    """Whether the sides gave different answers, which is neither slower nor not."""

    SUSPECTS: ClassVar[float] = MISSES
    """How many of identical sides become suspects at most: the p value of those confirmed."""

    @property
    def rounds(self) -> int:
        return len(self.logarithms)

    @property
    def begun(self) -> bool:
        """Whether there is a round of both sides."""
        return bool(self.logarithms)

    @property
    def comparable(self) -> bool:
        """Whether rounds can decide it at all."""
        return True

    def centre(self, rounds: int) -> float:
        """The logarithm of the ratio, by the first of the rounds."""
        return robust.mean(self.logarithms[:rounds])

    def bounds(self, rounds: int) -> Bounds:
        """The interval to show and to decide by; without ends below FEWEST rounds."""
        if rounds < FEWEST:
            return NO_BOUNDS
        return robust.bounds(self.logarithms[:rounds], MISSES * share_at(rounds))

    def p(self, first: int, end: int) -> float:
        """How likely identical sides are so much slower in the rounds from `first` on."""
        return robust.p_value(self.logarithms[first:end])

    def searching(self, margin: float) -> int:
        """Rounds that make half an interval as small as a margin: it shrinks with their root."""
        look = last(self.rounds)
        low, high = self.bounds(look)
        if margin <= 0:
            return NEVER
        return math.ceil(min(NEVER, look * ((high - low) / 2 / margin) ** 2))

    def confirming(self, margin: float, _: float) -> int:
        """Rounds of its own that a suspect needs."""
        return following(self.searching(margin))

    def resolved(self, _: float) -> float | None:
        """Not said of pairs: see `concbench.reports.gate.decision.resolved`."""
        return None


@dataclass(frozen=True)
class TwoSamples:
    """One metric of a cell, `now` and `before`: logarithms, one for each process, finite.

    The other fields are those of PairedRounds; its rounds are those of now.
    """

    cell: int
    metric: str
    threshold: float
    now: Logarithms
    before: Logarithms
    seconds: float
    other_work: bool = False

    SUSPECTS: ClassVar[float] = 1.0

    @property
    def rounds(self) -> int:
        return len(self.now)

    @property
    def begun(self) -> bool:
        """Whether there is a round of both."""
        return bool(self.now and self.before)

    @property
    def comparable(self) -> bool:
        """Whether there are enough stored rounds for an interval."""
        return len(self.before) >= FEWEST

    def centre(self, rounds: int) -> float:
        """The logarithm of the ratio, by the first of the rounds."""
        return robust.mean(self.now[:rounds]) - robust.mean(self.before)

    def bounds(self, rounds: int) -> Bounds:
        """The interval, of the noise within the two runs; without ends below FEWEST of either."""
        if rounds < FEWEST or not self.comparable:
            return NO_BOUNDS
        contrast = robust.contrast(self.now[:rounds], self.before)
        half = contrast.half(MISSES * share_at(rounds))
        return contrast.centre - half, contrast.centre + half

    def p(self, first: int, end: int) -> float:
        """How likely identical code is so much slower in the rounds from `first` on."""
        return robust.contrast(self.now[first:end], self.before).p if self.comparable else 1.0

    def searching(self, margin: float) -> int:
        """Rounds now that make half an interval as small as a margin."""
        return self.confirming(margin, MISSES)

    def confirming(self, margin: float, certain: float) -> int:
        """Rounds of its own that a suspect needs, `certain` being the error it may make."""
        look = last(self.rounds)
        contrast = robust.contrast(self.now[:look], self.before)
        if margin <= 0:
            return NEVER
        if not contrast.error:
            return look
        quantile = robust.quantile(contrast.freedom, certain * share_at(look))
        left = (margin / quantile) ** 2 - contrast.of_before**2  # which no round now makes smaller
        own = contrast.error**2 - contrast.of_before**2
        return math.ceil(min(NEVER, look * own / left)) if left > 0 else NEVER

    def resolved(self, certain: float) -> float | None:
        """The least slow-down, 0.08 is 8 %, that as many rounds again show in 95 of 100 checks.

        The power of a t test, whose error is estimated too: a noncentral t.  None where it is not
        known.
        """
        look = last(self.rounds)
        if not look or not self.comparable:
            return None
        contrast = robust.contrast(self.now[:look], self.before)
        return math.expm1(contrast.needed(min(certain, MISSES) * share_at(look), POWER))


Evidence: TypeAlias = PairedRounds | TwoSamples


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
    limit = math.log1p(evidence.threshold)
    suspect: int | None = None
    for look in looks(evidence.rounds):
        low, high = evidence.bounds(look)
        if high < limit:
            # A look of the fresh rounds at the same time comes too late.
            return Trail(look, suspect, _confirmed(evidence, suspect, look - 1), 0)
        if suspect is None and low > 0:
            suspect = look
    p = _confirmed(evidence, suspect, evidence.rounds)
    return Trail(None, suspect, p, _missing(evidence, suspect, certain))


def _confirmed(evidence: Evidence, suspect: int | None, end: int) -> float:
    if suspect is None:
        return 1.0
    fresh = (
        evidence.p(suspect, suspect + look) / share(number)
        for number, look in enumerate(looks(end - suspect))
    )
    return min(1.0, evidence.SUSPECTS * min(fresh, default=math.inf))


def _missing(evidence: Evidence, suspect: int | None, certain: float) -> int:
    """Rounds to the look that should decide; NEVER where none does."""
    rounds = evidence.rounds
    look = last(rounds)
    if not evidence.comparable:
        return NEVER
    if not look:
        return FIRST - rounds
    centre = evidence.centre(look)
    passing = following(
        max(rounds + 1, evidence.searching(math.log1p(evidence.threshold) - centre))
    )
    confirming = evidence.confirming(centre, certain)
    if suspect is None:
        slower = following(max(rounds + 1, evidence.searching(centre))) + confirming
    else:
        slower = suspect + following(max(rounds - suspect + 1, confirming))
    return min(NEVER, min(passing, slower) - rounds)


def ratio(evidence: Evidence) -> Interval | None:
    """The ratio with its interval: of 95 % however the rounds were stopped; None without one."""
    if not evidence.begun:
        return None
    middle = math.exp(evidence.centre(evidence.rounds))
    low, high = evidence.bounds(evidence.rounds)
    return Interval(middle) if math.isinf(low) else Interval(middle, math.exp(low), math.exp(high))
