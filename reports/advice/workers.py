"""Which number of workers is advised where nothing else is open, and what another could gain.

Numbers of workers often differ by noise alone, and no race of a minute tells them apart.  Then the
strategy is known, and so is what a wrong number costs at most: with the chances by which a race
ends, for a larger margin.  Fewer workers are advised where they look as good as the best: the best
of many that are alike is the luckiest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .race import FEWEST, GAIN, MISSES, Heat

Kinds = Mapping[int, tuple[str, int]]
"""The strategy and the workers of cells."""
MOST = math.log(2)
"""A logarithm of a ratio: of what may be faster by more, nobody wants to know by how much."""


def alone(heat: Heat, one: int, kinds: Kinds) -> bool:
    """Whether all that could be faster by the margin are of its strategy."""
    return all(kinds[other][0] == kinds[one][0] for other in heat.threats(one, kinds))


def ran_with(heat: Heat, one: int, kinds: Kinds) -> set[int]:
    """The others that share enough rounds with it to say anything of both."""
    own = heat.times[one].keys()
    return {cell for cell in kinds if cell != one and len(own & heat.times[cell].keys()) >= FEWEST}


def gain(heat: Heat, one: int, kinds: Kinds) -> float | None:
    """By how much another could be faster at most, of those that ran enough with it: 0.07 is 7 %.

    The chances of all of them to be faster by more add up to MISSES.  None where there are none, or
    one may be far faster.
    """
    left = ran_with(heat, one, kinds) - heat.hopeless

    def doubt(more: float) -> float:
        return math.fsum(heat.chance(one, other, more) for other in left)

    low, high = 0.0, MOST
    if not left or doubt(high) > MISSES:
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if doubt(middle) <= MISSES else (middle, high)
    return math.expm1(high)


def advised(heat: Heat, best: int, kinds: Kinds) -> int:
    """The best as it looks, or where only its number of workers is open, the fewest as good.

    They ran enough with it, and look slower by GAIN at most, each with its standard error: so they
    are not surely slower by the margin.  No other strategy may be faster than they are.
    """
    strategy, workers = kinds[best]
    if not heat.threats(best, kinds) or not alone(heat, best, kinds):
        return best
    most = heat.cautious[best] + math.log1p(GAIN)
    fewer = [
        one
        for one in ran_with(heat, best, kinds)
        if kinds[one][0] == strategy and kinds[one][1] < workers and heat.cautious[one] <= most
    ]
    as_good = [one for one in fewer if alone(heat, one, kinds)]
    return min([best, *as_good], key=lambda one: kinds[one][1])
