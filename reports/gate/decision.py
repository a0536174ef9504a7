"""The answer of the gate: slower, not slower, inconclusive or other work, for every metric.

Both sides of a pair run in the same round, back to back and in random order, and the ratio of
their times is what counts.  reports/gate/trail.py says when one metric of one pair is decided;
here they are judged together: Holm (1979) over all metrics of all pairs, so that identical sides
are called slower anywhere with at most ALPHA.  What a budget does not decide is inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .. import statistics
from ..statistics import Interval
from . import trimmed
from .trail import Logarithms, Trail, bounds, trail

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
    adjusted = statistics.holm(tested)
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
    middle = math.exp(trimmed.mean(logarithms))
    low, high = bounds(logarithms)
    if math.isinf(low):
        return Interval(middle)
    return Interval(middle, math.exp(low), math.exp(high))
