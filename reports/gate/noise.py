"""What a machine can resolve: the noise of a pair, and the slow-down it would still show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from random import Random

from ..stats import robust
from . import decision
from .decision import ALPHA, FEWEST, MISSES

CAUGHT = 0.95
"""How often a slow-down is caught that is said to be resolved."""
EFFICIENCY = 0.87
"""Of a trimmed mean beside a mean, under normal noise."""
DRAWS = 400
"""Of normal noise, with a fixed seed: the distribution of a bound has no closed form."""
MANY = decision.last(64)
"""Rounds that are drawn: all pairs of more of them take long."""
NONE = -math.inf, math.inf


def deviation(logarithms: Sequence[float]) -> float | None:
    """The noise of identical sides: the deviation of normal noise that hides as much.

    Of one round's logarithm of the ratio; no outlier spoils it.  None below five rounds.
    """
    if len(logarithms) < FEWEST:
        return None
    return robust.standard_error(logarithms) * math.sqrt(len(logarithms) * EFFICIENCY)


def resolved(deviation: float, rounds: int, metrics: int, alpha: float = ALPHA) -> float | None:
    """The least slow-down that so many rounds catch in 95 of 100 checks: 0.05 is 5 %.

    Half of the rounds find it and half confirm it; `metrics` counts those of all pairs.  None where
    the rounds do not hold a look of either.
    """
    look = decision.last(rounds // 2)
    if not look:
        return None
    share = decision.share_at(look)
    search, confirmation = MISSES * share, min(1.0, alpha / metrics / MISSES) * share
    if min(search, confirmation) < 2.0**-look:
        return None
    drawn = min(look, MANY)  # beyond that only the root of the number counts
    shift = _shift(drawn, search, confirmation) * math.sqrt(drawn / look)
    return math.expm1(shift * deviation)


@lru_cache(maxsize=64)
def _shift(rounds: int, search: float, confirmation: float) -> float:
    """What to add to normal noise of deviation 1 for both lower bounds to be above 0."""
    chance = Random(rounds)
    needed = sorted(
        max(
            -robust.bounds(seen, search)[0],
            -(robust.signed_rank_bounds(fresh, confirmation) or NONE)[0],
        )
        for seen, fresh in ((_draw(chance, rounds), _draw(chance, rounds)) for _ in range(DRAWS))
    )
    return needed[math.ceil(CAUGHT * DRAWS) - 1]


def _draw(chance: Random, rounds: int) -> list[float]:
    return [chance.gauss(0, 1) for _ in range(rounds)]
