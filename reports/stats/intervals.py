"""Intervals and tests on one number per worker process.  Pure Python until one is computed.

The process is the unit: values inside one are not independent.  All arithmetic is on logarithms,
so an interval is of a geometric mean, a difference is a ratio, and both are never negative.
Formulas: Student (1908), one-sample and paired t; Holm (1979), "A simple sequentially rejective
multiple test procedure".  Ranks and verdicts rest on them: reports.stats.ranks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and its bounds; without bounds (None) where one value is all there is."""

    estimate: float
    low: float | None = None
    high: float | None = None

    @property
    def half_width(self) -> float | None:
        """The relative half width: 0.02 is plus or minus 2 %."""
        if self.low is None or self.high is None:
            return None
        return math.sqrt(self.high / self.low) - 1

    def around(self, estimate: float) -> Interval:
        """As wide, relatively, around another estimate."""
        if self.low is None or self.high is None:
            return Interval(estimate)
        low, high = (estimate * end / self.estimate for end in (self.low, self.high))
        return Interval(estimate, low, high)


def mean(seconds: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The geometric mean of one number per process, none of them 0, with Student's interval."""
    return _interval([math.log(value) for value in seconds], confidence)


def ratio(
    above: Mapping[int, float], below: Mapping[int, float], confidence: float = CONFIDENCE
) -> Interval | None:
    """The geometric mean of `above` / `below`, paired by round; None without a common round."""
    differences = log_ratios(above, below)
    return _interval(differences, confidence) if differences else None


def p_value(first: Mapping[int, float], second: Mapping[int, float]) -> float | None:
    """How likely, were they equal, a difference at least this large is: two-sided, paired t.

    None below two common rounds.
    """
    differences = log_ratios(first, second)
    if len(differences) < 2:
        return None
    centre, error = fmean(differences), standard_error(differences)
    if error == 0:
        return 1.0 if centre == 0 else 0.0
    from scipy.special import stdtr  # late: the driver imports this module

    return float(2 * stdtr(len(differences) - 1, -abs(centre / error)))


def welch(
    above: Sequence[float], below: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[Interval, float | None]:
    """The ratio of the geometric means of two runs, and its p: two samples, Welch (1947).

    Nothing pairs them, so what a machine did to one of them counts.  Without bounds and p where
    one of them has a single value.
    """
    first, second = ([math.log(value) for value in values] for values in (above, below))
    centre = fmean(first) - fmean(second)
    if min(len(first), len(second)) < 2:
        return Interval(math.exp(centre)), None
    shares = [standard_error(one) ** 2 for one in (first, second)]
    error = math.sqrt(sum(shares))
    if error == 0:
        return _around(centre, 0.0), 1.0 if centre == 0 else 0.0
    from scipy.special import stdtr, stdtrit  # late: as above

    parts = (share**2 / (len(one) - 1) for share, one in zip(shares, (first, second), strict=True))
    freedom = sum(shares) ** 2 / sum(parts)
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    return _around(centre, half), float(2 * stdtr(freedom, -abs(centre / error)))


def contrast(
    above: Mapping[int, float], below: Mapping[int, float], confidence: float, *, paired: bool
) -> tuple[Interval | None, float | None]:
    """The ratio of two cells by round, and its p: paired by round, or of two samples."""
    if paired:
        return ratio(above, below, confidence), p_value(above, below)
    if not above or not below:
        return None, None
    return welch(list(above.values()), list(below.values()), confidence)


def round_means(cells: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """The geometric mean of these cells in each round that has them all."""
    rounds = set.intersection(*map(set, cells))
    return {
        number: math.exp(fmean(math.log(cell[number]) for cell in cells))
        for number in sorted(rounds)
    }


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values adjusted for testing them all, in the order given (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for done, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, (len(p_values) - done) * p_values[index])
        adjusted[index] = min(1.0, running)
    return adjusted


def log_ratios(above: Mapping[int, float], below: Mapping[int, float]) -> list[float]:
    """One number for each round that two cells have in common: how a pair is compared anywhere."""
    common = sorted(above.keys() & below.keys())
    return [math.log(above[index]) - math.log(below[index]) for index in common]


def _interval(logarithms: Sequence[float], confidence: float) -> Interval:
    centre = fmean(logarithms)
    if len(logarithms) < 2:
        return Interval(math.exp(centre))
    from scipy.special import stdtrit  # late: as above

    quantile = float(stdtrit(len(logarithms) - 1, (1 + confidence) / 2))
    return _around(centre, quantile * standard_error(logarithms))


def _around(centre: float, half: float) -> Interval:
    return Interval(math.exp(centre), _exp(centre - half), _exp(centre + half))


def standard_error(logarithms: Sequence[float]) -> float:
    """Of their mean; from two on."""
    if min(logarithms) == max(logarithms):
        return 0.0  # exactly, which a mean that was rounded does not give
    # Two passes over floats: statistics.stdev is exact, and takes ten times as long.
    centre, count = fmean(logarithms), len(logarithms)
    squares = math.fsum((one - centre) ** 2 for one in logarithms)
    return math.sqrt(squares / (count - 1) / count)


def _exp(logarithm: float) -> float:
    # Two rounds far apart give bounds beyond what a float holds.
    return math.exp(max(-700.0, min(700.0, logarithm)))
