"""Who is first: ranks that a difference must earn."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import log
from statistics import fmean

from . import statistics

Times = Mapping[int, float]  # round -> seconds


def ranks(cells: Mapping[int, Times], misses: float) -> dict[int, int]:
    """The rank of each cell that ran in two rounds or more, by id, the fastest first.

    A cell not significantly slower than the first of a rank shares that rank: paired by round,
    Holm over all pairs, `misses` being the chance of any false difference.  As in sport, two
    firsts leave no second.
    """
    left = sorted(
        (cell for cell, times in cells.items() if len(times) > 1),
        key=lambda cell: fmean(map(log, cells[cell].values())),
    )
    apart = _different({cell: cells[cell] for cell in left}, misses)
    found: dict[int, int] = {}
    while left:
        first = left[0]
        sharing = [cell for cell in left if cell == first or frozenset((first, cell)) not in apart]
        found |= dict.fromkeys(sharing, len(found) + 1)
        left = [cell for cell in left if cell not in found]
    return found


def _different(cells: Mapping[int, Times], misses: float) -> set[frozenset[int]]:
    tested = {
        frozenset(pair): p
        for pair in combinations(cells, 2)
        if (p := statistics.p_value(cells[pair[0]], cells[pair[1]])) is not None
    }
    adjusted = statistics.holm(list(tested.values()))
    return {pair for pair, p in zip(tested, adjusted, strict=True) if p <= misses}
