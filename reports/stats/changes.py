"""Where a series of runs changed its level, and stayed there.

Who finds and who judges are two parts.  The finder is optimal partitioning (Jackson et al. 2005,
"An algorithm for optimal partitioning of data on an interval") of the logarithms by squared error,
with a penalty for each change as in BIC (Yao 1988), the noise taken from neighbours.  A test holds
that ruptures' exact `Dynp` gives the same places, and its `Pelt` (Killick, Fearnhead and Eckley
2012), which with a least length now and then prunes too early, never better ones.

What a finder offers is only a candidate: with this penalty ruptures' own had false alarms in 28 %
of series of 40 runs of noise, and no penalty is right for all noise.  So each is judged by
Student's t between the levels on its two sides, the least convincing first, until all that are left
convince; where one is dropped its neighbours become one level.

Why not ruptures itself (1.1.10): it has no such judge, takes 6 MB and a second to import for what
numpy does here in a few lines, and refuses Python 3.14, where concbench runs.  Why not E-divisive
(Matteson and James 2014), or ranks: whatever permutes runs takes them for exchangeable, and needs
five after a change.  On runs that resemble their neighbours (an autocorrelation of 0.3, as of a
machine that has good and bad hours) maximal ranks gave 5 to 15 % false alarms at a nominal 1 %,
this 0 to 1.3 %.  At 0.5 it gives up to 3 %, at 0.7 4 to 23 %: a machine that is slow for many runs
has a new level, and nothing in times alone tells whose it is; in ratios to a reference it is less.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Series: TypeAlias = "NDArray[np.float64]"

LEAST = 3
"""Runs that a level lasts: two may share a bad hour."""
FEWEST = 2 * LEAST
"""Runs without which nothing can be told."""

# Found by simulation, 500 to 1,500 series each of normal, Student (3 degrees), exponential, 6 %
# disturbed and two-mode noise of 6 to 200 runs: false alarms in 0.6 % of series at most, 1.8 % for
# disturbed noise from 200 runs on.  A machine with two modes, 30 % of the runs in the slower, is
# why few runs must say more: three in one mode, then three in the other, look like a change.
CLEAR, CLEAR_FROM = 6.0, 12
CLEAR_OF_FEW = 18.0
PENALTY = 3.0

MATTERS = 0.02
"""A smaller change is not shown: a run itself aims no lower (see `stats.stopping`)."""
FINEST = 0.001
"""Noise is never taken for less than this: clocks and rounding are not better."""


def changes(logarithms: Sequence[float]) -> list[int]:
    """The places, in order, where a new level begins; logarithms are one for each run."""
    series = np.asarray(logarithms, dtype=np.float64)
    if len(series) < FEWEST:
        return []
    series = series - series.mean()  # or sums of squares cancel
    return convincing(series, partition(series, PENALTY * _noise(series) ** 2 * log(len(series))))


def partition(series: Series, penalty: float) -> list[int]:
    """The partition into levels of LEAST runs or more with the least squared error and penalty."""
    count = len(series)
    sums = np.concatenate([[0.0], np.cumsum(series)])
    squares = np.concatenate([[0.0], np.cumsum(series**2)])
    best = np.full(count + 1, np.inf)
    best[0] = -penalty
    before = np.zeros(count + 1, dtype=np.intp)
    for end in range(LEAST, count + 1):
        starts = np.arange(end - LEAST + 1)
        errors = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / (end - starts)
        whole = best[starts] + errors + penalty
        before[end] = int(whole.argmin())
        best[end] = whole[before[end]]
    places, end = [], int(before[count])
    while end > 0:
        places.append(end)
        end = int(before[end])
    return places[::-1]


def convincing(series: Series, candidates: Sequence[int]) -> list[int]:
    """Those that are left when the least convincing is dropped until all convince."""
    places = list(candidates)
    while places:
        edges = [0, *places, len(series)]
        parts = [series[low:high] for low, high in pairwise(edges)]
        marks = [_mark(one, other) for one, other in pairwise(parts)]
        if min(marks) >= 1:
            break
        del places[marks.index(min(marks))]
    return places


def _mark(one: Series, other: Series) -> float:
    """How convincing a change between these is; from 1 on it is."""
    count = len(one) + len(other)
    # Of means alone one run far out would make a level; of medians alone three modes would.
    by_mean = abs(float(one.mean() - other.mean()))
    change = min(by_mean, abs(float(np.median(one) - np.median(other))))
    if change < log(1 + MATTERS):
        return 0.0
    squares = sum(float(((part - part.mean()) ** 2).sum()) for part in (one, other))
    deviation = max(FINEST, sqrt(squares / (count - 2)))
    t = change / (deviation * sqrt(1 / len(one) + 1 / len(other)))
    return t / (CLEAR if count >= CLEAR_FROM else CLEAR_OF_FEW)


def _noise(series: Series) -> float:
    """The standard deviation of runs, from neighbours: a change of level is in one pair of all.

    0.6745 is the upper quartile of the normal distribution.
    """
    return max(FINEST, float(np.median(np.abs(np.diff(series)))) / (0.6745 * sqrt(2)))
