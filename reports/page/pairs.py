"""Every pair of strategies of a workload: how many times slower, and whether that is chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from .. import statistics, stopping, text
from ..cells import Row
from ..stored import Stored

Times = Mapping[int, float]


@dataclass(frozen=True)
class Pair:
    """Two strategies, the faster first; `ratio` is slower / faster, `p` is after Holm."""

    faster: str
    slower: str
    ratio: float
    ratio_said: str
    p: float | None
    p_said: str
    differ: bool
    said: str


def pairs(stored: Stored, rows: Sequence[Row], names: Mapping[int, str]) -> list[Pair]:
    """The pairs of a block that share a round, in the order of its table."""
    times = {
        row.id: {process.round: process.seconds for process in stored.of(row.id)}
        for row in rows
        if row.batch_seconds is not None
    }
    confidence = _confidence(stored, rows)
    found = [
        (pair, ratio)
        for pair in combinations(times, 2)
        if (ratio := statistics.ratio(times[pair[1]], times[pair[0]], confidence))
    ]
    tested = [statistics.p_value(times[first], times[second]) for (first, second), _ in found]
    known = iter(statistics.holm([p for p in tested if p is not None]))
    adjusted = [None if p is None else next(known) for p in tested]
    return [
        _pair(names[first], names[second], ratio, p, 1 - confidence)
        for ((first, second), ratio), p in zip(found, adjusted, strict=True)
    ]


def _pair(
    first: str, second: str, ratio: statistics.Interval, p: float | None, misses: float
) -> Pair:
    if ratio.estimate < 1:
        first, second, ratio = second, first, _turned(ratio)
    differ = p is not None and p <= misses
    said = f"{first} is faster" if differ else "no difference found"
    return Pair(
        first,
        second,
        ratio.estimate,
        text.interval(ratio.estimate, ratio.low, ratio.high),
        p,
        _p(p),
        differ,
        said if p is not None else "one round in common: too little to tell",
    )


def _turned(ratio: statistics.Interval) -> statistics.Interval:
    low = 1 / ratio.high if ratio.high else None
    high = 1 / ratio.low if ratio.low else None
    return statistics.Interval(1 / ratio.estimate, low, high)


def _p(p: float | None) -> str:
    if p is None:
        return text.NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _confidence(stored: Stored, rows: Sequence[Row]) -> float:
    if stored.run.rounds_limit is not None:
        return statistics.CONFIDENCE
    ids = {row.id for row in rows}
    return stopping.confidence(len({one.round for one in stored.processes if one.cell in ids}))
