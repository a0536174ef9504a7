"""The decision of the gate: slower, suspect, not slower or unknown; above or below a bound.

`concbench.reports.gate.trail` says where one metric of one cell stands; here they are judged
together: Holm (1979) over all metrics of all cells, so that identical sides are called slower
anywhere with at most ALPHA.  What a budget does not decide is inconclusive.

Which cells to measure next: a budget allotted by need, and none of it to what is decided.  Every
cell is looked at once.  From then on suspects come first, and alone where that is soon done: their
rounds are few, and what they say fails a build.  Then comes whoever needs the least, so that as
many as possible are decided.

What a machine can resolve: the noise of a pair, and the slow-down it would still show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Literal

from ..stats import intervals, robust
from ..stats.intervals import Interval
from .evidence import FEWEST, MISSES, NO_BOUNDS, POWER, Evidence, OneSample
from .looks import CONFIRMATION, SEARCH
from .trail import Trail, ratio, trail

ALPHA = 0.01
"""That identical sides are called slower anywhere."""

Word = Literal["slower", "above", "suspect", "not slower", "below", "inconclusive", "other work"]
UNDECIDED: tuple[Word, ...] = ("suspect", "inconclusive")
"""Words that further rounds may change."""


@dataclass(frozen=True)
class Verdict:
    """What a piece of evidence says, together with all the others.

    `p` is adjusted for all metrics of all cells.  A `suspect` of a look wants rounds of its own
    before it may be slower; the word is that of the interval now.  `more` is about how many rounds
    would decide it, 0 when `decided`.
    """

    evidence: Evidence
    word: Word
    p: float
    suspect: bool
    more: int

    @property
    def decided(self) -> bool:
        """Whether further rounds are of no use."""
        return self.word not in UNDECIDED

    @property
    def rounds(self) -> int:
        return self.evidence.rounds

    @property
    def ratio(self) -> Interval | None:
        """The second side's over the first's: 95 % however one stopped; None without a round."""
        return ratio(self.evidence)


def judge(evidence: Sequence[Evidence], alpha: float = ALPHA) -> list[Verdict]:
    """A verdict for each, in the order given; all that are asked must be given at once."""
    certain = alpha / max(1, len(evidence))
    trails = [trail(one, certain) for one in evidence]
    tested = [1.0 if one.other_work else its.p for one, its in zip(evidence, trails, strict=True)]
    adjusted = intervals.holm(tested)
    verdicts = []
    for one, its, p in zip(evidence, trails, adjusted, strict=True):
        word = _word(one, its, p <= alpha)
        undecided = word in UNDECIDED
        suspect = undecided and its.suspect is not None
        verdicts.append(Verdict(one, word, p, suspect, its.more if undecided else 0))
    return verdicts


def _word(one: Evidence, its: Trail, confirmed: bool) -> Word:
    if one.other_work:
        return "other work"
    level = isinstance(one, OneSample)
    if confirmed:
        return "above" if level else "slower"
    if its.passed is not None:
        return "below" if level else "not slower"
    low, high = one.bounds(one.rounds)
    return "suspect" if low > 0 and high >= one.limit else "inconclusive"


HOPE = 4.0
"""A cell is given up when it needs so many times what is left: estimates are that uncertain."""
SOON = 0.2
"""Of what is left: so little a suspect may cost for all others to wait."""
VALUES, VALUES_SECONDS = 8, 0.2
"""Values that a process gives: as many as fit, for starting it costs as much.  Of 1, 2 and 4, and
what fits 0.2, 0.3 and 0.6 s, these decide the 18 default cells soonest: noise squared times cost,
from recorded rounds, by `nox -s gate_quality -- --part split`."""
LEAST, LEAST_SECONDS = 3, 0.5
"""Values of batches that are no longer than that, so that the faster half leaves some out."""


def values(batch_seconds: float) -> int:
    """How many values a process of either side should give, its number being of the faster half."""
    least = LEAST if batch_seconds <= LEAST_SECONDS else 1
    return max(least, min(VALUES, round(VALUES_SECONDS / batch_seconds)))


@dataclass(frozen=True)
class Need:
    """What a cell still costs: seconds until all its metrics are decided."""

    cell: int
    suspect: bool
    seconds: float
    looked_at: bool

    @property
    def urgency(self) -> tuple[bool, bool, float, int]:
        """Sorts the most urgent first."""
        return self.looked_at, not self.suspect, self.seconds, self.cell


def choose(verdicts: Sequence[Verdict], left: float) -> tuple[int, ...]:
    """The cells for the next round with `left` seconds of the budget; none: the run ends."""
    needs = sorted(_needs(verdicts), key=lambda one: one.urgency)
    if soon := [one.cell for one in needs if one.suspect and one.seconds <= SOON * left]:
        return tuple(soon)
    cells: list[int] = []
    for need in needs:
        fits = need.seconds <= left
        if not need.looked_at or fits or (not cells and need.seconds <= HOPE * left):
            cells.append(need.cell)
            left -= need.seconds
    return tuple(cells)


def _needs(verdicts: Sequence[Verdict]) -> list[Need]:
    """The needs of the cells that are not decided; all metrics of a cell are measured at once."""
    by_cell: dict[int, list[Verdict]] = {}
    for one in verdicts:
        if not one.decided:
            by_cell.setdefault(one.evidence.cell, []).append(one)
    return [
        Need(
            cell,
            any(one.suspect for one in metrics),
            max(one.more * one.evidence.seconds for one in metrics),
            all(one.rounds >= SEARCH.first for one in metrics),
        )
        for cell, metrics in by_cell.items()
    ]


EFFICIENCY = 0.87
"""Of a trimmed mean beside a mean, under normal noise."""
DRAWS = 400
"""Of normal noise, with a fixed seed: the distribution of a bound has no closed form."""
MANY = CONFIRMATION.last(64)
"""Rounds that are drawn: all pairs of more of them take long."""


def deviation(logarithms: Sequence[float]) -> float | None:
    """The noise of identical sides: the deviation of normal noise that hides as much.

    Of one round's logarithm of the ratio; no outlier spoils it.  None below FEWEST rounds.
    """
    if len(logarithms) < FEWEST:
        return None
    return robust.standard_error(logarithms) * math.sqrt(len(logarithms) * EFFICIENCY)


def resolved(deviation: float, rounds: int, metrics: int, alpha: float = ALPHA) -> float | None:
    """The least slow-down that so many rounds catch in 95 of 100 checks: 0.05 is 5 %.

    Half of the rounds search for it and half confirm it; `metrics` counts those of all cells.  None
    where the rounds do not hold a look of either.
    """
    look = CONFIRMATION.last(rounds // 2)
    if not look:
        return None
    search = MISSES * SEARCH.share_at(look)
    confirmation = min(1.0, alpha / metrics / MISSES) * CONFIRMATION.share_at(look)
    if confirmation < 2.0**-look:  # fewer than ranks need
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
            -robust.bounds(first, search)[0],
            -(robust.signed_rank_bounds(fresh, confirmation) or NO_BOUNDS)[0],
        )
        for first, fresh in ((_draw(chance, rounds), _draw(chance, rounds)) for _ in range(DRAWS))
    )
    return needed[math.ceil(POWER * DRAWS) - 1]


def _draw(chance: Random, rounds: int) -> list[float]:
    return [chance.gauss(0, 1) for _ in range(rounds)]
