"""Who is surely faster than whom, which ranks that leaves, and how many rounds would tell more.

The rank of a cell lies between one more than the number of those surely faster, and what is left
when those surely slower are taken off the whole: Mogstad, Romano, Shaikh and Wilhelm (2024),
"Inference for Ranks with Applications to Mobility across Neighbourhoods and Academic Achievement
across Countries", Review of Economic Studies 91.

The family of a cell are its differences from the others, k - 1 of them, adjusted by Holm.  So the
reference and the first are tested apart, and never all pairs at once, which are 630 of 36 cells.
A pair is told apart where its difference holds in the families of both: then no two rows of a table
contradict each other.  What follows counts too: faster than a faster one is faster.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from statistics import fmean

from . import intervals
from .robust import quantile

Times = Mapping[int, float]  # round -> seconds
Pair = frozenset[int]

POWER = 0.8416
"""With so many standard errors to spare, four of five such measurements tell: "probably"."""
MOST_ROUNDS = 100_000


@dataclass(frozen=True)
class Standing:
    """Where a cell stands among those of its table.

    Its rank lies from `low` to `high`.  `slower_than` are the cells that are surely faster, by id,
    and `equal` those that differ from it by less than the margin for certain.  `tied`: nothing but
    equals might share its rank.  With `more_rounds` it would probably be told from the first; 0 of
    those that are, and of the first itself.
    """

    low: int
    high: int
    slower_than: frozenset[int]
    equal: frozenset[int]
    tied: bool
    more_rounds: int = 0


@dataclass(frozen=True)
class LogRatio:
    """The mean logarithm of a ratio paired by round, and the standard error of that mean."""

    centre: float
    error: float
    rounds: int

    @property
    def p(self) -> float:
        """How likely, were they equal, a difference at least this large is: two-sided."""
        if not self.error:
            return 0.0 if self.centre else 1.0
        from scipy.special import stdtr  # late: the driver imports this package

        return float(2 * stdtr(self.rounds - 1, -abs(self.centre / self.error)))

    def within(self, margin: float, misses: float) -> bool:
        """Whether its interval stays below a difference of so much."""
        half = quantile(self.rounds - 1, misses / 2) * self.error if self.error else 0.0
        return abs(self.centre) + half < math.log1p(margin)

    def more_rounds(self, margin: float, misses: float) -> int:
        """How many more would probably tell that it is a difference, or within the margin.

        Half the width of an interval falls with the square root of the rounds.
        """
        apart = abs(self.centre)
        gap = max(apart, math.log1p(margin) - apart)
        deviation = self.error * math.sqrt(self.rounds)
        low, high = self.rounds, MOST_ROUNDS
        while high - low > 1:  # too few, and enough
            middle = (low + high) // 2
            half = (quantile(middle - 1, misses / 2) + POWER) * deviation / math.sqrt(middle)
            low, high = (low, middle) if half <= gap else (middle, high)
        return high - self.rounds


def log_ratio(above: Times, below: Times) -> LogRatio | None:
    """Of two cells, in the rounds that both ran in; None below two of those."""
    logarithms = intervals.log_ratios(above, below)
    if len(logarithms) < 2:
        return None
    return LogRatio(fmean(logarithms), intervals.standard_error(logarithms), len(logarithms))


def pairs(cells: Mapping[int, Times]) -> dict[tuple[int, int], LogRatio]:
    """The seconds of the first over those of the second, of all who share two rounds."""
    known = ((pair, log_ratio(cells[pair[0]], cells[pair[1]])) for pair in combinations(cells, 2))
    return {pair: ratio for pair, ratio in known if ratio is not None}


def adjusted(p_values: Mapping[Pair, float]) -> dict[Pair, float]:
    """The p of each pair after Holm in the families of its two cells, the larger of both."""
    families: dict[int, list[Pair]] = {}
    for pair in p_values:
        for cell in pair:
            families.setdefault(cell, []).append(pair)
    most = dict.fromkeys(p_values, 0.0)
    for family in families.values():
        for pair, p in zip(family, intervals.holm([p_values[one] for one in family]), strict=True):
            most[pair] = max(most[pair], p)
    return most


def standings(cells: Mapping[int, Times], misses: float, margin: float) -> dict[int, Standing]:
    """Of each cell that ran in two rounds or more, by id, in the order of their estimates.

    `misses` is the chance that a cell's ranks leave out the true one; a `margin` of 0.05 is 5 %.
    """
    ran = {cell: times for cell, times in cells.items() if len(times) > 1}
    ratios = pairs(ran)
    order = _order(ran, ratios)
    slower_than = _surely_faster(order, ratios, misses)
    equal: dict[int, set[int]] = {cell: set() for cell in order}
    for (one, other), ratio in ratios.items():
        if ratio.within(margin, misses):
            equal[one].add(other)
            equal[other].add(one)
    known = {cell: _standing(cell, order, slower_than, frozenset(equal[cell])) for cell in order}
    return _with_rounds(known, ratios, misses, margin)


def _order(cells: Mapping[int, Times], ratios: Mapping[tuple[int, int], LogRatio]) -> list[int]:
    """The fastest first, by the time that a cell would have by each other's and their ratio.

    So what is faster by its pairs comes first, whatever the rounds were that others had.
    """
    means = {cell: fmean(map(math.log, times.values())) for cell, times in cells.items()}
    by_others: dict[int, list[float]] = {cell: [] for cell in cells}
    for (one, other), ratio in ratios.items():
        by_others[one].append(means[other] + ratio.centre)
        by_others[other].append(means[one] - ratio.centre)
    return sorted(cells, key=lambda cell: fmean(by_others[cell] or [means[cell]]))


def _surely_faster(
    order: Sequence[int], ratios: Mapping[tuple[int, int], LogRatio], misses: float
) -> dict[int, set[int]]:
    """By cell those that are surely faster, directly or because another is between them."""
    faster: dict[int, set[int]] = {cell: set() for cell in order}
    after = adjusted({frozenset(pair): ratio.p for pair, ratio in ratios.items()})
    for (one, other), ratio in ratios.items():
        if after[frozenset((one, other))] <= misses:
            slow, fast = (one, other) if ratio.centre > 0 else (other, one)
            faster[slow].add(fast)
    grown = True
    while grown:
        grown = False
        for cell, those in faster.items():
            more = set().union(*(faster[one] for one in those)) - those - {cell}
            those |= more
            grown = grown or bool(more)
    return faster


def _standing(
    cell: int, order: Sequence[int], slower_than: Mapping[int, set[int]], equal: frozenset[int]
) -> Standing:
    faster = slower_than[cell]
    slower = {one for one in order if cell in slower_than[one]}
    peers = {*order} - faster - slower - {cell}
    low, high = 1 + len(faster), max(1 + len(faster), len(order) - len(slower))
    return Standing(low, high, frozenset(faster), equal, bool(peers) and peers <= equal)


def _with_rounds(
    known: Mapping[int, Standing],
    ratios: Mapping[tuple[int, int], LogRatio],
    misses: float,
    margin: float,
) -> dict[int, Standing]:
    """The same, with the rounds that would tell each that may be first from the first.

    One that equals the first is to be told from others that do, or known to equal them, too.
    """
    contenders = [cell for cell, standing in known.items() if standing.low == 1]
    found = dict(known)
    for place, cell in enumerate(contenders[1:], start=1):
        first, *before = contenders[:place]
        alike = known[first].equal
        open_ones = [one for one in before if one in alike] if cell in alike else [first]
        more = [
            ratio.more_rounds(margin, misses / (len(contenders) - 1))
            for one in open_ones
            if (ratio := ratios.get((one, cell)) or ratios.get((cell, one)))
            and one not in known[cell].equal
        ]
        found[cell] = replace(known[cell], more_rounds=max(more, default=0))
    return found


NOISE, SEEN = 0.1, 1.5
"""A deviation of the log ratio of a round, and the times as fast that a table should then tell."""


@lru_cache
def fewest_rounds(cells: int, misses: float = 1 - intervals.CONFIDENCE) -> int:
    """Below so many, a table of so many cells can tell hardly anything on a usual machine."""
    enough = (
        rounds
        for rounds in range(2, 100)
        if quantile(rounds - 1, misses / 2 / max(1, cells - 1)) * NOISE / math.sqrt(rounds)
        <= math.log(SEEN)
    )
    return next(enough)
