"""How many turns pay, on recorded rounds: by rules that know little, and by estimated variances.

What a number of turns costs are the seconds until something is decided: noise squared times the
seconds of a round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

import numpy as np
from figures import show_rows
from numpy.typing import NDArray
from recorded import Cell, Recorded, Split

from concbench.driver.groups import USUAL, WITHIN, paying
from concbench.reports.gate.decision import deviation

Rounds: TypeAlias = NDArray[np.int64]
MOST = 7
SEEN, DRAWS = 4, 200
"""Rounds after which variances are estimated, and how often so many are drawn."""


def turn_counts(data: Recorded) -> None:
    """Each workload, whose cells have as many turns: what pays, and what rules lose beside it."""
    found = dict.fromkeys(cell.workload for cell in data.cells)
    of = {
        name: [one for one in data.cells if one.workload == name and one.turns > 2]
        for name in found
    }
    rows = [_row(name, cells) for name, cells in of.items() if cells]
    fixed = f"{USUAL} turns lose", f"by {WITHIN:g} lose", f"by {SEEN} rounds lose"
    columns = ("workload", "process : turn", "within : between", "most pay", *fixed)
    show_rows("how many turns pay, and seconds lost by those of a rule", columns, rows)


def _row(name: str, cells: Sequence[Cell]) -> tuple[str, ...]:
    process, turn = (sum(one) for one in zip(*map(_costs, cells), strict=True))
    most = min(MOST, *(one.turns for one in cells))
    needed = {count: _needed(cells, count) for count in range(1, most + 1)}
    least = min(needed.values())
    chance, rounds = np.random.default_rng(1), np.arange(cells[0].rounds)
    drawn = [chance.choice(rounds, SEEN, replace=False) for _ in range(DRAWS)]
    again = [_variances(cells, chance.choice(rounds, len(rounds))) for _ in range(DRAWS)]
    low, high = np.quantile(again, (0.025, 0.975))
    early = [_best(process / turn * _variances(cells, one), most) for one in drawn]
    losses = (
        needed[USUAL],
        needed[min(most, paying(process, turn))],
        math.exp(fmean(math.log(needed[one]) for one in early)),
    )
    return (
        name,
        f"{process / turn:.1f}",
        f"{_variances(cells, rounds):.1f} [{low:.1f}, {high:.1f}]",
        f"{min(needed, key=needed.__getitem__)} of 1 to {most}",
        *(f"{100 * (one / least - 1):.0f} %" for one in losses),
    )


def _needed(cells: Sequence[Cell], count: int) -> float:
    """The seconds of a round with so many turns times the mean of noise squared."""
    split = Split(count, count)
    each = [deviation(one.logarithms(split).tolist()) for one in cells]
    noise = math.exp(2 * fmean(math.log(one) for one in each if one))
    return noise * sum(one.seconds(split) for one in cells)


def _costs(cell: Cell) -> tuple[float, float]:
    """Seconds of a pair without its turns, and of one turn of either."""
    rest = (cell.whole - cell.values.sum(axis=2) / cell.parts).sum(axis=0)
    return float(np.median(rest)), 2 * cell.batch


def _variances(cells: Sequence[Cell], rounds: Rounds) -> float:
    """How much more turns of a process vary than processes do, as variances."""
    within, between = zip(*(_components(one, rounds) for one in cells), strict=True)
    return sum(within) / sum(between) if sum(between) else math.inf


def _components(cell: Cell, rounds: Rounds) -> tuple[float, float]:
    """The variances within and between pairs of processes, of the logarithm of their ratio."""
    first, second = np.log(cell.values)
    ratios = (second - first)[rounds]
    within = float(ratios.var(axis=1, ddof=1).mean())
    return within, max(0.0, float(ratios.mean(axis=1).var(ddof=1)) - within / cell.turns)


def _best(square: float, most: int) -> int:
    """Kalibera and Jones (2013), from the square of their number."""
    return round(min(max(1.0, math.sqrt(square)), most))
