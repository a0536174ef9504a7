"""Centres that a few bad processes hardly move: trimmed means, signed ranks, and two samples.

Trimmed means leave out a fifth at either end. Yuen (1974), "The two-sample trimmed t for unequal
population variances", for one sample, after Tukey and McLaughlin (1963), "Less vulnerable
confidence and significance procedures for location based on a single sample:
trimming/winsorization"; a fifth is Wilcox's advice ("Introduction to Robust Estimation and
Hypothesis Testing", 4.3). Compared with Student, Huber's M-estimate and signed ranks by `nox -s
gate_quality`: its level holds under all noises tried, and where 6 % of the processes are disturbed
it needs far fewer rounds than ranks or Student.

Wilcoxon's signed ranks give a test whose level is exact whatever the noise.  A pair of identical
sides is measured in random order, so the logarithm of its ratio is as likely to be x as -x, also
where it is skewed, has two modes or disturbed processes.  That symmetry is all it needs (Wilcoxon
1945, "Individual comparisons by ranking methods"), so what confirms a suspect is exact at any
number of rounds.  Its bounds are Walsh averages (Hollander, Wolfe and Chicken 2014, "Nonparametric
Statistical Methods", 3.3).

Two samples without pairs are compared by Welch (1947), "The generalization of 'Student's' problem
when several different population variances are involved", on trimmed means and the variances that
belong to them (Yuen, as above).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations_with_replacement
from statistics import NormalDist, fmean

from . import intervals

FIFTH = 0.2


def mean(logarithms: Sequence[float]) -> float:
    """The mean of the inner three fifths."""
    cut = int(FIFTH * len(logarithms))
    return fmean(sorted(logarithms)[cut : len(logarithms) - cut])


def bounds(logarithms: Sequence[float], misses: float) -> tuple[float, float]:
    """Between these it lies; each misses it with this probability.  From three rounds on."""
    middle = mean(logarithms)
    half = quantile(inner(logarithms) - 1, misses) * standard_error(logarithms)
    return middle - half, middle + half


def standard_error(logarithms: Sequence[float]) -> float:
    """Of the mean; the outer values are pulled in to the inner ones, and not left out."""
    ranked, rounds = sorted(logarithms), len(logarithms)
    cut = int(FIFTH * rounds)
    low, high = ranked[cut], ranked[-1 - cut]
    pulled = [min(max(one, low), high) for one in ranked]
    left = inner(logarithms)
    return intervals.standard_error(pulled) * math.sqrt(rounds * (rounds - 1) / left / (left - 1))


def student(values: Sequence[float], level: float) -> float:
    """How likely, were the trimmed mean this level or less, it is so much above: one-sided."""
    error, above = standard_error(values), mean(values) - level
    if not error:
        return 0.0 if above > 0 else 1.0
    from scipy.special import stdtr  # late: the driver imports this module

    return float(stdtr(inner(values) - 1, -above / error))


def expected_error(seen: Sequence[float]) -> Callable[[int], float]:
    """From a number of rounds to their standard error, if they are like those that were seen."""

    def of(rounds: int) -> float:  # that of deviation 1, by the formula of `standard_error`
        left = inner_count(rounds)
        return math.sqrt((rounds - 1) / left / (left - 1))

    deviation = standard_error(seen) / of(len(seen))
    return lambda rounds: deviation * of(rounds)


def inner(logarithms: Sequence[float]) -> int:
    """How many values the mean is of."""
    return inner_count(len(logarithms))


def inner_count(rounds: int) -> int:
    """How many of so many values it is of."""
    return rounds - 2 * int(FIFTH * rounds)


EXACT = 150
"""Rounds up to which the distribution is counted, once and in 50 ms.  Beyond, its normal limit is
near it, and on the safe side in the tails."""


@lru_cache(maxsize=1024)
def averages(logarithms: tuple[float, ...]) -> tuple[float, ...]:
    """Of every two, each with itself too, in ascending order (Walsh 1949)."""
    pairs = combinations_with_replacement(logarithms, 2)
    return tuple(sorted((one + other) / 2 for one, other in pairs))


def signed_rank_bounds(logarithms: Sequence[float], misses: float) -> tuple[float, float] | None:
    """Between these lies the centre; each misses it with at most this probability.

    None where so few rounds cannot promise that.
    """
    place = _place(len(logarithms), misses)
    if place < 0:
        return None
    walsh = averages(tuple(logarithms))
    return walsh[place], walsh[-1 - place]


def p_value(logarithms: Sequence[float]) -> float:
    """How likely, were the centre 0 or less, ranks at least this high are: one-sided."""
    rounds, below = len(logarithms), bisect_right(averages(tuple(logarithms)), 0.0)
    return _counted(rounds)[below] if rounds <= EXACT else _normal(rounds).cdf(below + 0.5)


@lru_cache(maxsize=1024)
def _place(rounds: int, misses: float) -> int:
    """The last average, from below, that is a bound; negative where none is."""
    if rounds <= EXACT:
        return bisect_right(_counted(rounds), misses) - 1
    return math.floor(_normal(rounds).inv_cdf(misses) - 0.5)


@lru_cache(maxsize=EXACT + 1)
def _counted(rounds: int) -> tuple[float, ...]:
    """The distribution function of the rank sum: each rank is in it or not, by a coin."""
    chances = [1.0]
    for rank in range(1, rounds + 1):
        without, within = [*chances, *[0.0] * rank], [*[0.0] * rank, *chances]
        chances = [(one + other) / 2 for one, other in zip(without, within, strict=True)]
    return tuple(accumulate(chances))


def _normal(rounds: int) -> NormalDist:
    """The limit of that distribution."""
    mean = rounds * (rounds + 1) / 4
    return NormalDist(mean, math.sqrt(mean * (2 * rounds + 1) / 6))


@dataclass(frozen=True)
class Contrast:
    """The difference of two trimmed means, its standard error and Welch's degrees of freedom."""

    centre: float
    error: float
    freedom: float
    of_before: float
    """The part of the error that no further round makes smaller."""

    def half(self, misses: float) -> float:
        """Half the width of an interval that is missed on either side with this probability."""
        return quantile(self.freedom, misses) * self.error if self.error else 0.0

    def needed(self, misses: float, power: float) -> float:
        """How far apart the truth must be for the lower end of such an interval to be above 0.

        With the probability `shown`, in another such pair of samples.
        """
        if not self.error:
            return 0.0
        from scipy.special import chdtri, nctdtrinc  # late: the driver imports this module

        # The error may be larger than it looks: its upper quartile keeps the promise.
        error = self.error * math.sqrt(self.freedom / float(chdtri(self.freedom, 0.75)))
        return error * float(nctdtrinc(self.freedom, 1 - power, quantile(self.freedom, misses)))

    @property
    def p(self) -> float:
        """How likely, were there no difference, one so much above 0 is: one-sided."""
        if not self.error:
            return 0.0 if self.centre > 0 else 1.0
        from scipy.special import stdtr  # late: as above

        return float(stdtr(self.freedom, -self.centre / self.error))


@lru_cache(maxsize=4096)
def contrast(now: tuple[float, ...], before: tuple[float, ...]) -> Contrast:
    """Yuen's two samples, from three of each on."""
    errors = [standard_error(one) for one in (now, before)]
    centre = mean(now) - mean(before)
    error = math.hypot(*errors)
    if not error:
        return Contrast(centre, 0.0, math.inf, 0.0)
    parts = (
        (own / error) ** 4 / (inner(one) - 1)
        for own, one in zip(errors, (now, before), strict=True)
    )
    return Contrast(centre, error, 1 / sum(parts), errors[1])


@lru_cache(maxsize=4096)
def above(freedom: float, value: float) -> float:
    """How likely Student's t is larger."""
    from scipy.special import stdtr  # late: the driver imports this module

    return float(stdtr(freedom, -value))


def quantile(freedom: float, misses: float) -> float:
    """Of Student's t: above it with this probability."""
    from scipy.special import stdtrit  # late: the driver imports this module

    return float(-stdtrit(freedom, misses))
