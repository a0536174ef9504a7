"""The rule that stops a run: when intervals are tight enough, looked at only at planned rounds.

Stopping as soon as an interval looks tight makes a plain 95 % interval cover less.  So there are
few looks, and the 5 % of misses allowed is spent over them (a union bound over all intervals that
could be shown): half at the first look, half of what is left at each later one.  Whatever is left
belongs to a run that ends on its budget between two looks.  Both come to the same level, so
`confidence` needs nothing but the number of rounds.  The driver imports this: no pandas, no numpy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from . import intervals, ranks

FIRST_LOOK = 8
MISSES = 0.05
HALF_WIDTH = 0.02

Round = Mapping[int, float]  # cell id -> seconds per batch; a cell that failed is absent


@dataclass(frozen=True)
class Cohort:
    """The cells of one table, which stop together; `reference` is one of them."""

    cells: tuple[int, ...]
    reference: int | None


def wanted(
    blocks: Collection[Cohort], history: Sequence[Round], half_width: float = HALF_WIDTH
) -> frozenset[int]:
    """The cells still to measure after these rounds; a block that was stopped stays stopped."""
    return frozenset(
        cell for block in blocks if not _done(block, history, half_width) for cell in block.cells
    )


def undecided(
    blocks: Collection[Cohort], history: Sequence[Round], margin: float
) -> frozenset[int]:
    """The cells still to measure until it is known of each block who is fastest, at the same looks.

    That is one, or several that are equal within the margin, or the reference, which no other beats
    by as much.
    """
    return frozenset(
        cell for block in blocks if not _told(block, history, margin) for cell in block.cells
    )


def _told(block: Cohort, history: Sequence[Round], margin: float) -> bool:
    rounds = [entry for entry in history if any(cell in entry for cell in block.cells)]
    ends = (end for end in range(1, len(rounds) + 1) if looks(end) > looks(end - 1))
    return any(_known(block, rounds[:end], margin) for end in ends)


def _known(block: Cohort, rounds: Sequence[Round], margin: float) -> bool:
    times = _times(block, rounds)
    misses = 1 - confidence(len(rounds))
    standings = ranks.standings(times, misses, margin)
    first = [cell for cell, standing in standings.items() if standing.low == 1]
    if all({*first} - {cell} <= standings[cell].equal for cell in first):
        return True
    if block.reference not in first:
        return False
    gains = (
        intervals.ratio(times[block.reference], times[cell], 1 - misses)
        for cell in first
        if cell != block.reference
    )
    return all(one is not None and (one.high or math.inf) < 1 + margin for one in gains)


def looks(rounds: int) -> int:
    """How many looks these rounds hold: one at 8, 16, 32, 64 ..."""
    return (rounds // FIRST_LOOK).bit_length()


def confidence(rounds: int) -> float:
    """The level at which to show an interval after so many rounds of its block.

    Stopped or not, 95 % of the intervals shown hold the truth.
    """
    return 1 - MISSES / (1 << looks(rounds))


def _done(block: Cohort, history: Sequence[Round], half_width: float) -> bool:
    rounds = [entry for entry in history if any(cell in entry for cell in block.cells)]
    if not rounds or looks(len(rounds)) == looks(len(rounds) - 1):
        return False
    widths = [interval.half_width for interval in _intervals(block, rounds)]
    return all(width is not None and width <= half_width for width in widths)


def _intervals(block: Cohort, rounds: Sequence[Round]) -> list[intervals.Interval]:
    seconds = _times(block, rounds)
    level = confidence(len(rounds))
    reference = seconds.pop(block.reference, None) if block.reference is not None else None
    if reference is None or not seconds:
        left = [reference] if reference else list(seconds.values())
        return [intervals.mean(list(times.values()), level) for times in left]
    ratios = (intervals.ratio(reference, times, level) for times in seconds.values())
    return [one for one in ratios if one is not None]


def _times(block: Cohort, rounds: Sequence[Round]) -> dict[int, dict[int, float]]:
    """Seconds by cell and round.

    A cell that failed is measured no more, and the others do not wait for it.
    """
    return {
        cell: {number: entry[cell] for number, entry in enumerate(rounds) if cell in entry}
        for cell in block.cells
        if cell in rounds[-1]
    }
