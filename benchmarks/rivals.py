"""What other rules say of the same rounds: all cells measured equally often, looked at once.

pyperf's `compare_to` calls two benchmarks different when Student's two-sample t on all their values
pooled is beyond 95 % (`pyperf._utils.is_significant`); the others are from SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from recorded import Numbers, Recorded, Split
from scipy import stats

LEVEL, FAMILY = 0.05, 0.01
"""Of one cell as it is used, and of all cells together after Holm's first step."""


def pyperf(first: Numbers, second: Numbers) -> Numbers:
    return np.asarray(stats.ttest_ind(_pooled(first), _pooled(second), axis=1).pvalue)


def welch(first: Numbers, second: Numbers) -> Numbers:
    found = stats.ttest_ind(_pooled(first), _pooled(second), axis=1, equal_var=False)
    return np.asarray(found.pvalue)


def mann_whitney(first: Numbers, second: Numbers) -> Numbers:
    return np.asarray(stats.mannwhitneyu(_pooled(first), _pooled(second), axis=1).pvalue)


def mann_whitney_of_medians(first: Numbers, second: Numbers) -> Numbers:
    sides = (np.median(side, axis=2) for side in (first, second))
    return np.asarray(stats.mannwhitneyu(*sides, axis=1).pvalue)


RULES: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "pyperf's rule": pyperf,
    "t (Welch) on pooled values": welch,
    "Mann-Whitney on pooled values": mann_whitney,
    "Mann-Whitney on process medians": mann_whitney_of_medians,
}


@dataclass(frozen=True)
class Rival:
    """Percent of trials: any of all identical cells called slower, and one slower cell caught."""

    name: str
    alarms: float
    caught: tuple[float, ...]


def rivals(
    data: Recorded, split: Split, rounds: int, trials: int, slower: tuple[float, ...]
) -> Iterator[Rival]:
    """Every rule as it is used, and with the error shared by all cells."""
    chance = np.random.default_rng(1)
    drawn = chance.integers(data.rounds, size=(trials, rounds))
    flipped = chance.random((trials, rounds)) < 0.5
    for name, rule in RULES.items():
        same = _p_values(data, split, drawn, flipped, rule, 0.0)
        changed = [_p_values(data, split, drawn, flipped, rule, one) for one in slower]
        # The cell that is slower goes round, as in the trials of the gate.
        own = np.arange(trials), np.arange(trials) % len(data.cells)
        for told, level in (("", LEVEL), (", Holm 1 %", FAMILY / len(data.cells))):
            alarms = 100 * float((same <= level).any(axis=1).mean())
            caught = [100 * float((one[own] <= level).mean()) for one in changed]
            yield Rival(name + told, alarms, tuple(caught))


def _p_values(
    data: Recorded,
    split: Split,
    drawn: NDArray[np.int64],
    flipped: NDArray[np.bool_],
    rule: Callable[[Numbers, Numbers], Numbers],
    slower: float,
) -> Numbers:
    """Trials x cells: p where the second side is slower on the whole, else 1."""
    found = []
    for cell in data.cells:
        both = cell.cut(split)
        first, second = both[flipped.astype(int), drawn], both[1 - flipped.astype(int), drawn]
        second = second * (1 + slower)
        up = second.mean(axis=(1, 2)) > first.mean(axis=(1, 2))
        found.append(np.where(up, rule(first, second), 1.0))
    return np.stack(found, axis=1)


def _pooled(values: Numbers) -> Numbers:
    return values.reshape(len(values), -1)
