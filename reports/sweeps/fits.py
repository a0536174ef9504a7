"""What the lines of a sweep follow, and where they cross; as records, too.

Over workers that is a law of scaling; over any other number a cost model: what a batch costs at 0
of it, and what each more costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ..analysis import cells
from ..analysis.cells import Row
from ..run.stored import Stored
from ..stats import scaling
from ..stats.crossings import crossings
from ..stats.curves import Array
from ..stats.intervals import Interval
from ..stats.scaling import Cost, Scaling
from .families import Family, SweptStrategy, families

WORKERS = "workers"
"""The axis that laws of scaling are of."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A line and what it follows; `cost` is None over workers, and where points are too few."""

    line: SweptStrategy
    scaling: Scaling | None = None
    cost: Cost | None = None


@dataclass(frozen=True)
class Turn:
    """Two lines that cross: `first` is faster below.

    `leading`: below, `first` is the fastest of all lines, and above `other` is.
    """

    first: SweptStrategy
    other: SweptStrategy
    at: Interval
    leading: bool


@dataclass(frozen=True, eq=False)
class Sweep:
    """A family of cells, what each of its lines follows, and where they cross, in rising order."""

    family: Family
    fits: tuple[Fit, ...]
    turns: tuple[Turn, ...]
    margin: float


def sweeps(stored: Stored, tables: Sequence[Sequence[Row]] | None = None) -> list[Sweep]:
    """Every axis of a run, fitted; `tables` are the rows of its blocks, where they are at hand."""
    if tables is None:
        tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    return [fitted(stored, family) for family in families(tables)]


def fitted(stored: Stored, family: Family) -> Sweep:
    """A family with its fits and crossovers."""
    planned = stored.blocks()
    confidence = min(cells.level(stored, planned[number]) for number in family.blocks)
    margin = stored.run.margin
    fits = tuple(_fit(stored, family, line, confidence, margin) for line in family.lines)
    turns = sorted(_turns(stored, family, confidence), key=lambda turn: turn.at.estimate)
    return Sweep(family, fits, tuple(turns), margin)


def _fit(
    stored: Stored, family: Family, line: SweptStrategy, confidence: float, margin: float
) -> Fit:
    places, seconds = _times(stored, line, list(line.points))
    if family.key == WORKERS:
        return Fit(line, scaling.fit(places, seconds, confidence, margin))
    return Fit(line, cost=scaling.cost(places, seconds, confidence))


def _turns(stored: Stored, family: Family, confidence: float) -> Iterator[Turn]:
    for first, other in combinations(family.every_line, 2):
        common = [at for at in family.places if at in first.points and at in other.points]
        if len(common) < 2:
            continue
        places, one_s = _times(stored, first, common)
        _, other_s = _times(stored, other, common)
        for one in crossings(places, one_s, other_s, confidence):
            before, after = (first, other) if one.first_before else (other, first)
            yield Turn(before, after, one.at, _leads(family, before, after, one.at))


def _leads(family: Family, before: SweptStrategy, after: SweptStrategy, at: Interval) -> bool:
    below = [place for place in family.places if place <= (at.low or 0.0)]
    above = [place for place in family.places if place >= (at.high or 0.0)]
    if not below or not above:
        return False
    fastest = [
        min(
            (line for line in family.every_line if place in line.points),
            key=lambda line: line.points[place].batch_seconds or 0.0,
        )
        for place in (below[-1], above[0])
    ]
    return [one.name for one in fastest] == [before.name, after.name]


def _times(stored: Stored, line: SweptStrategy, places: list[float]) -> tuple[Array, Array]:
    return np.array(places, float), np.array(line.seconds(stored, places), float)


FITS = (
    *("sweep", "axis", "workload", "side", "strategy", "strategy_params"),
    *("points", "first", "last", "rounds", "law", "outcome"),
    *("contention", "contention_low", "contention_high"),
    *("coherency", "coherency_low", "coherency_high"),
    *("stops", "stops_low", "stops_high", "peak", "peak_low", "peak_high", "enough"),
    *("start_seconds", "start_seconds_low", "start_seconds_high"),
    *("each_seconds", "each_seconds_low", "each_seconds_high", "misfit"),
)
CROSSOVERS = (
    *("sweep", "axis", "workload", "side"),
    *("strategy", "strategy_params", "other", "other_params"),
    *("at", "at_low", "at_high", "leading"),
)


def fits(stored: Stored) -> list[dict[str, Any]]:
    """One record per line of a sweep, with the keys FITS."""
    return [_fit_record(sweep, one) for sweep in sweeps(stored) for one in sweep.fits]


def crossovers(stored: Stored) -> list[dict[str, Any]]:
    """One record per crossing of two lines, with the keys CROSSOVERS."""
    return [
        {
            **_family_record(sweep.family),
            "strategy": turn.first.strategy,
            "strategy_params": sweep.family.params(turn.first),
            "other": turn.other.strategy,
            "other_params": sweep.family.params(turn.other),
            **_bounds("at", turn.at),
            "leading": turn.leading,
        }
        for sweep in sweeps(stored)
        for turn in sweep.turns
    ]


def _family_record(family: Family) -> dict[str, Any]:
    row = next(iter(family.lines[0].points.values()))
    about = {"sweep": family.name, "axis": family.key}
    return {**about, "workload": row.workload, "side": row.side}


def _fit_record(sweep: Sweep, fit: Fit) -> dict[str, Any]:
    line, places = fit.line, list(fit.line.points)
    record = {
        **_family_record(sweep.family),
        "strategy": line.strategy,
        "strategy_params": sweep.family.params(line),
        "points": len(places),
        "first": places[0],
        "last": places[-1],
        "rounds": min(row.rounds for row in line.points.values()),
    }
    if found := fit.scaling:
        record |= {"rounds": found.rounds, "law": found.law, "outcome": found.outcome}
        record |= {"enough": found.enough, "misfit": found.curve and found.curve.misfit}
        for name in ("contention", "coherency", "stops", "peak"):
            record |= _bounds(name, getattr(found, name))
    elif cost := fit.cost:
        record |= {"law": "line", "outcome": "fitted", "misfit": cost.curve.misfit}
        record |= _bounds("start_seconds", cost.start) | _bounds("each_seconds", cost.each)
    else:
        record |= {"outcome": "few points"}
    return {key: record.get(key, "" if key == "law" else None) for key in FITS}


def _bounds(name: str, interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {}
    return {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}
