"""Every pair of strategies of a workload as the page says it, the faster first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import text
from ..differences import Difference, differences
from ..facts import Planned
from ..statistics import Interval
from ..stored import Stored


@dataclass(frozen=True)
class Pair:
    """Two strategies; `ratio` is slower / faster, `p` is after Holm, `differ` if `said` so."""

    faster: str
    slower: str
    ratio: float
    ratio_said: str
    p: float | None
    p_said: str
    differ: bool
    said: str


def pairs(stored: Stored, cells: Sequence[Planned], names: Mapping[int, str]) -> list[Pair]:
    """The pairs of a block that share a round; `names` is by id, the fastest first."""
    places = {cell: place for place, cell in enumerate(names)}
    found = [_faster_first(one) for one in differences(stored, cells)]
    found.sort(key=lambda pair: (places[pair[0]], places[pair[1]]))
    return [_pair(names[pair[0]], names[pair[1]], pair[2], pair[3]) for pair in found]


def _faster_first(one: Difference) -> tuple[int, int, Interval, Difference]:
    if one.ratio.estimate >= 1:
        return one.first, one.second, one.ratio, one
    low = 1 / one.ratio.high if one.ratio.high else None
    high = 1 / one.ratio.low if one.ratio.low else None
    return one.second, one.first, Interval(1 / one.ratio.estimate, low, high), one


def _pair(faster: str, slower: str, ratio: Interval, one: Difference) -> Pair:
    said = f"{faster} is faster" if one.found else "no difference found"
    if one.p is None:
        said = "one round in common: too little to tell"
    return Pair(
        faster,
        slower,
        ratio.estimate,
        text.interval(ratio.estimate, ratio.low, ratio.high),
        one.p,
        _p(one.p),
        one.found,
        said,
    )


def _p(p: float | None) -> str:
    if p is None:
        return text.NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
