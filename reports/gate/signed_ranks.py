"""Wilcoxon's signed ranks: a test whose level is exact whatever the noise.

A pair of identical sides is measured in random order, so the logarithm of its ratio is as likely
to be x as -x: skewed, in two modes, with processes disturbed.  That symmetry is all that is needed
(Wilcoxon 1945, "Individual comparisons by ranking methods"), so what confirms a suspect is exact at
any number of rounds.  The bounds that belong to it are Walsh averages (Hollander, Wolfe and Chicken
2014, "Nonparametric Statistical Methods", 3.3).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from statistics import NormalDist

EXACT = 150
"""Rounds up to which the distribution is counted, in 50 ms and once; beyond, its normal limit is
near, and in the tails on the safe side."""


@lru_cache(maxsize=1024)
def averages(logarithms: tuple[float, ...]) -> tuple[float, ...]:
    """Of every two, each with itself too, in ascending order (Walsh 1949)."""
    pairs = enumerate(logarithms)
    return tuple(sorted((one + other) / 2 for i, one in pairs for other in logarithms[i:]))


def bounds(logarithms: Sequence[float], misses: float) -> tuple[float, float] | None:
    """Between these lies the centre; each misses it with at most this probability.

    None where so few rounds cannot promise that.
    """
    place = _place(len(logarithms), misses)
    if place < 0:
        return None
    found = averages(tuple(logarithms))
    return found[place], found[-1 - place]


def p_value(logarithms: Sequence[float]) -> float:
    """How likely, were the centre 0 or less, ranks at least this high are: one-sided."""
    return _at_most(len(logarithms), bisect_right(averages(tuple(logarithms)), 0.0))


def _at_most(rounds: int, count: int) -> float:
    """The probability that at most so many of the averages lie on one side of the centre."""
    if rounds <= EXACT:
        return _counted(rounds)[count]
    mean, deviation = _moments(rounds)
    return NormalDist(mean, deviation).cdf(count + 0.5)


@lru_cache(maxsize=1024)
def _place(rounds: int, misses: float) -> int:
    """The last average, from below, that is a bound; negative where none is."""
    if rounds <= EXACT:
        return bisect_right(_counted(rounds), misses) - 1
    mean, deviation = _moments(rounds)
    return math.floor(NormalDist(mean, deviation).inv_cdf(misses) - 0.5)


@lru_cache(maxsize=EXACT + 1)
def _counted(rounds: int) -> tuple[float, ...]:
    """The distribution function of the rank sum: each rank is in it or not, by a coin."""
    chances = [1.0]
    for rank in range(1, rounds + 1):
        without, within = [*chances, *[0.0] * rank], [*[0.0] * rank, *chances]
        chances = [(one + other) / 2 for one, other in zip(without, within, strict=True)]
    return tuple(accumulate(chances))


def _moments(rounds: int) -> tuple[float, float]:
    mean = rounds * (rounds + 1) / 4
    return mean, math.sqrt(mean * (2 * rounds + 1) / 6)
