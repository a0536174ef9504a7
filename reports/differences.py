"""Every pair of strategies of a block: how many times slower, and whether that is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from . import statistics, stopping
from .facts import Planned
from .statistics import Interval
from .stored import Stored


@dataclass(frozen=True)
class Difference:
    """Two cells by id: `ratio` is the seconds of the second over those of the first.

    `p` is adjusted for all pairs of the block (Holm), None with one round in common; a `p` of at
    most `misses` is a difference.
    """

    first: int
    second: int
    rounds: int
    ratio: Interval
    p: float | None
    misses: float

    @property
    def found(self) -> bool:
        """Whether it is more than chance."""
        return self.p is not None and self.p <= self.misses


def differences(stored: Stored, cells: Sequence[Planned]) -> list[Difference]:
    """The pairs of measured cells that share a round, paired by round."""
    times = {
        cell.id: {process.round: process.seconds for process in stored.of(cell.id)}
        for cell in cells
        if cell.status == "measured"
    }
    confidence = level(stored, cells)
    found = [
        (pair, ratio)
        for pair in combinations(times, 2)
        if (ratio := statistics.ratio(times[pair[1]], times[pair[0]], confidence))
    ]
    tested = [statistics.p_value(times[first], times[second]) for (first, second), _ in found]
    known = iter(statistics.holm([p for p in tested if p is not None]))
    return [
        Difference(
            first,
            second,
            len(times[first].keys() & times[second].keys()),
            ratio,
            None if p is None else next(known),
            1 - confidence,
        )
        for ((first, second), ratio), p in zip(found, tested, strict=True)
    ]


def level(stored: Stored, cells: Sequence[Planned]) -> float:
    """The confidence of a block's intervals: a number of rounds fixed beforehand spends nothing."""
    if stored.run.rounds_limit is not None:
        return statistics.CONFIDENCE
    ids = {cell.id for cell in cells}
    return stopping.confidence(len({one.round for one in stored.processes if one.cell in ids}))
