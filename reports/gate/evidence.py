"""The evidence for one metric of one cell, of three kinds.

`PairedRounds`: both sides ran in the same rounds, back to back and in random order, and the ratio
of their times is what counts.  `TwoSamples`: a run against a stored one; nothing pairs the rounds,
so Welch's test on trimmed means takes their place (`concbench.reports.stats.robust`).  What the
machine did between two such runs looks like the code, and is in no interval.  `OneSample`: what one
side has, against a bound that it must stay below; Student's test on a trimmed mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar, TypeAlias

from ..stats import robust
from .looks import CONFIRMATION, SEARCH, share

MISSES = 0.025
"""That the truth is beyond one bound, at any look; and beyond either: 5 %."""
FEWEST = SEARCH.first
"""Rounds from which there is an interval."""
STORED = 5
"""Rounds of a stored run from which anything is compared with it."""
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
    FRESH: ClassVar[bool] = True
    """Whether only rounds after the suspicion confirm it."""
    comparable: ClassVar[bool] = True
    """Whether rounds can decide it at all."""

    @property
    def rounds(self) -> int:
        return len(self.logarithms)

    @property
    def limit(self) -> float:
        """Below this, with its upper bound, it passes."""
        return math.log1p(self.threshold)

    def ratio(self, centre: float) -> float:
        """What a centre, or a bound of one, stands for."""
        return math.exp(centre)

    @property
    def begun(self) -> bool:
        """Whether there is a round of both sides."""
        return bool(self.logarithms)

    def centre(self, rounds: int) -> float:
        """The logarithm of the ratio, by the first of the rounds."""
        return robust.mean(self.logarithms[:rounds])

    def bounds(self, rounds: int) -> Bounds:
        """The interval to show and to decide by; without ends below FEWEST rounds."""
        if rounds < FEWEST:
            return NO_BOUNDS
        return robust.bounds(self.logarithms[:rounds], MISSES * SEARCH.share_at(rounds))

    def p(self, first: int, end: int) -> float:
        """How likely identical sides are so much slower in the rounds from `first` on."""
        return robust.p_value(self.logarithms[first:end])

    def searching(self, margin: float) -> int:
        """Rounds that make half an interval as small as a margin: it shrinks with their root."""
        look = SEARCH.last(self.rounds)
        low, high = self.bounds(look)
        if margin <= 0:
            return NEVER
        return math.ceil(min(NEVER, look * ((high - low) / 2 / margin) ** 2))

    def confirming(self, margin: float, certain: float) -> int:
        """Rounds of its own that a suspect needs: as `_confirmed` asks, if they are like these.

        Ranks of so many reach no less than 2**-rounds, whatever the margin; beyond that their p
        value is about that of Student's t.
        """
        if margin <= 0:
            return NEVER
        error = robust.expected_error(
            self.logarithms[: SEARCH.last(self.rounds)] or self.logarithms
        )
        for look, misses in _paying(certain / self.SUSPECTS):
            reached = 2.0**-look <= misses
            if reached and _half(error(look), look - 1, misses) <= margin:
                return look
        return NEVER


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
    FRESH: ClassVar[bool] = True

    @property
    def rounds(self) -> int:
        return len(self.now)

    @property
    def limit(self) -> float:
        """As that of PairedRounds."""
        return math.log1p(self.threshold)

    def ratio(self, centre: float) -> float:
        """What a centre, or a bound of one, stands for."""
        return math.exp(centre)

    @property
    def begun(self) -> bool:
        """Whether there is a round of both."""
        return bool(self.now and self.before)

    @property
    def comparable(self) -> bool:
        """Whether there are enough stored rounds for an interval."""
        return len(self.before) >= STORED

    def centre(self, rounds: int) -> float:
        """The logarithm of the ratio, by the first of the rounds."""
        return robust.mean(self.now[:rounds]) - robust.mean(self.before)

    def bounds(self, rounds: int) -> Bounds:
        """The interval, of the noise within the two runs; without ends where either is too few."""
        if rounds < FEWEST or not self.comparable:
            return NO_BOUNDS
        contrast = robust.contrast(self.now[:rounds], self.before)
        half = contrast.half(MISSES * SEARCH.share_at(rounds))
        return contrast.centre - half, contrast.centre + half

    def p(self, first: int, end: int) -> float:
        """How likely identical code is so much slower in the rounds from `first` on."""
        return robust.contrast(self.now[first:end], self.before).p if self.comparable else 1.0

    def searching(self, margin: float) -> int:
        """Rounds now that make half an interval as small as a margin."""
        look = SEARCH.last(self.rounds)
        contrast = robust.contrast(self.now[:look], self.before)
        if margin <= 0:
            return NEVER
        if not contrast.error:
            return look
        quantile = robust.quantile(contrast.freedom, MISSES * SEARCH.share_at(look))
        left = (margin / quantile) ** 2 - contrast.of_before**2  # which no round now makes smaller
        own = contrast.error**2 - contrast.of_before**2
        return math.ceil(min(NEVER, look * own / left)) if left > 0 else NEVER

    def confirming(self, margin: float, certain: float) -> int:
        """Rounds of its own that a suspect needs, `certain` being the error it may make."""
        if margin <= 0:
            return NEVER
        seen = self.now[: SEARCH.last(self.rounds)] or self.now
        own, contrast = robust.expected_error(seen), robust.contrast(seen, self.before)
        for look, misses in _paying(certain):
            error = math.hypot(own(look), contrast.of_before)  # which no round now makes smaller
            if _half(error, contrast.freedom, misses) <= margin:
                return look
        return NEVER

    def resolved(self, certain: float) -> float | None:
        """The least slow-down, 0.08 is 8 %, that as many rounds again show in 95 of 100 checks.

        The power of a t test, whose error is estimated too: a noncentral t.  None where it is not
        known.
        """
        look = SEARCH.last(self.rounds)
        if not look or not self.comparable:
            return None
        contrast = robust.contrast(self.now[:look], self.before)
        return math.expm1(contrast.needed(min(certain, MISSES) * SEARCH.share_at(look), POWER))


@dataclass(frozen=True)
class OneSample:
    """One metric of a cell, and a bound that it must stay below.

    `values` are one for each process, finite, as parts of the bound: 1.2 is 20 % above it.  They
    may be 0, so these are no logarithms.  The other fields are those of PairedRounds.
    """

    cell: int
    metric: str
    bound: float
    values: tuple[float, ...]
    seconds: float
    other_work: ClassVar[bool] = False
    """Whatever the sides answer, this is of one of them."""

    SUSPECTS: ClassVar[float] = 1.0
    FRESH: ClassVar[bool] = False
    comparable: ClassVar[bool] = True
    limit: ClassVar[float] = 0.0

    @property
    def rounds(self) -> int:
        return len(self.values)

    @property
    def begun(self) -> bool:
        """Whether there is a round of it."""
        return bool(self.values)

    def ratio(self, centre: float) -> float:
        """What a centre, or a bound of one, is to the bound."""
        return 1.0 + centre

    def centre(self, rounds: int) -> float:
        """The trimmed mean over its bound, by the first of the rounds, less 1."""
        return robust.mean(self.values[:rounds]) - 1.0

    def bounds(self, rounds: int) -> Bounds:
        """The interval to show and to decide by; no end is below 0 where no value is."""
        if rounds < FEWEST:
            return NO_BOUNDS
        low, high = robust.bounds(self.values[:rounds], MISSES * SEARCH.share_at(rounds))
        return (max(low, 0.0) if min(self.values[:rounds]) >= 0 else low) - 1.0, high - 1.0

    def p(self, first: int, end: int) -> float:
        """How likely one that is at its bound is so far above it in these rounds."""
        return robust.student(self.values[first:end], 1.0)

    def searching(self, margin: float) -> int:
        """Rounds that keep an interval of 95 % on its side of the bound."""
        return self._needed(margin, MISSES)

    def confirming(self, margin: float, certain: float) -> int:
        """Rounds, of all, after which `p` is small enough to call it above."""
        return self._needed(margin, min(certain, MISSES))

    def _needed(self, margin: float, certain: float) -> int:
        if margin <= 0:
            return NEVER
        error = robust.expected_error(self.values[: SEARCH.last(self.rounds)] or self.values)
        for look, misses in _paying(certain):
            if _half(error(look), robust.inner_count(look) - 1, misses) <= margin:
                return look
        return NEVER


def _paying(certain: float) -> Iterator[tuple[int, float]]:
    """The looks of a confirmation, up to NEVER, with the part of an error that each may spend."""
    for number, look in enumerate(takewhile(lambda look: look < NEVER, CONFIRMATION.planned())):
        yield look, min(certain, 1.0) * share(number)


def _half(error: float, freedom: float, misses: float) -> float:
    """How far above nothing a mean must be for so small a p value."""
    return robust.quantile(freedom, misses) * error if error else 0.0


Evidence: TypeAlias = PairedRounds | TwoSamples | OneSample
