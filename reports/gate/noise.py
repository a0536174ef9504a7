"""What a machine can resolve: the noise of a pair, and the slow-down it would still show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from statistics import NormalDist

from . import looks, signed_ranks
from .decision import ALPHA
from .trail import FEWEST, MISSES

CAUGHT = 0.95
"""How often a slow-down is caught that is said to be resolved."""
EFFICIENCY = 3 / math.pi
"""Of ranks beside a mean, under normal noise (Hodges and Lehmann 1956)."""
DRAWS = 400
"""Of normal noise, with a fixed seed: the distribution of a bound has no closed form."""
_MISSES = 0.05


def deviation(logarithms: Sequence[float]) -> float | None:
    """The noise of identical sides: the deviation of normal noise that hides as much.

    Of one round's logarithm of the ratio, from the width of an interval: no outlier spoils it.
    None below five rounds.
    """
    rounds = len(logarithms)
    found = signed_ranks.bounds(logarithms, _MISSES) if rounds >= FEWEST else None
    if found is None:
        return None
    quantile = -NormalDist().inv_cdf(_MISSES)
    return (found[1] - found[0]) / 2 / quantile * math.sqrt(rounds * EFFICIENCY)


def resolved(deviation: float, rounds: int, metrics: int, alpha: float = ALPHA) -> float | None:
    """The least slow-down that so many rounds catch in 95 of 100 checks: 0.05 is 5 %.

    Half of the rounds find it and half confirm it; `metrics` counts those of all pairs.  None where
    the rounds do not hold a look of either.
    """
    look = looks.last(rounds // 2)
    if not look:
        return None
    share = looks.share_at(look)
    search, confirmation = MISSES * share, min(1.0, alpha / metrics / MISSES) * share
    if min(search, confirmation) < 2.0**-look:
        return None
    return math.expm1(_shift(look, search, confirmation) * deviation)


@lru_cache(maxsize=64)
def _shift(rounds: int, *levels: float) -> float:
    """What to add to normal noise of deviation 1 for all of these lower bounds to be above 0."""
    chance = Random(rounds)
    needed = sorted(max(_missing(chance, rounds, level) for level in levels) for _ in range(DRAWS))
    return needed[math.ceil(CAUGHT * DRAWS) - 1]


def _missing(chance: Random, rounds: int, misses: float) -> float:
    found = signed_ranks.bounds([chance.gauss(0, 1) for _ in range(rounds)], misses)
    return math.inf if found is None else -found[0]
