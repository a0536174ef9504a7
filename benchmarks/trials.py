"""Whole checks on rounds drawn again: the gate's own functions, and a clock that adds up costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
from recorded import Numbers

from concbench.reports.gate.decision import choose, judge
from concbench.reports.gate.evidence import Evidence, PairedRounds

BUDGET = 600.0
ROUND_SECONDS = 0.3
"""What a round costs besides its pairs: the canary."""
THRESHOLD = 0.05


@dataclass(frozen=True)
class Setting:
    """Identical sides, rounds x cells, what a pair costs, and what slows one cell down."""

    logarithms: Numbers
    seconds: Sequence[float]
    slower: float = 0.0
    budget: float = BUDGET


@dataclass(frozen=True)
class Check:
    """What became of one: the words of all cells, the cell that was slower, and when it was told.

    `verdict` is the time until that cell was decided, infinite if it was not.
    """

    words: tuple[str, ...]
    rounds: tuple[int, ...]
    cell: int
    verdict: float
    seconds: float

    @property
    def alarms(self) -> int:
        """Cells called slower that are not."""
        return sum(w == "slower" for n, w in enumerate(self.words) if n != self.cell)

    @property
    def word(self) -> str:
        return self.words[self.cell]


def checks(setting: Setting, trials: int, first: int = 0) -> list[Check]:
    """So many independent checks, the changed cell going round."""
    with ProcessPoolExecutor() as pool:
        numbers = range(first, first + trials)
        return list(pool.map(partial(check, setting), numbers, chunksize=25))


def check(setting: Setting, number: int) -> Check:
    """One whole check; the same number gives the same."""
    cells = range(setting.logarithms.shape[1])
    slow = number % len(cells)
    rounds = _drawn(setting, np.random.default_rng(number), slow)
    seen: list[list[float]] = [[] for _ in cells]
    spent, verdict = 0.0, math.inf
    while chosen := choose(found := judge(_evidence(setting, seen)), setting.budget - spent):
        if math.isinf(verdict) and slow not in chosen and found[slow].decided:
            verdict = spent
        logarithms = next(rounds)
        for cell in chosen:
            seen[cell].append(logarithms[cell])
            spent += setting.seconds[cell]
        spent += ROUND_SECONDS
    if math.isinf(verdict) and found[slow].decided:
        verdict = spent
    words = tuple(str(one.word) if one.decided else "inconclusive" for one in found)
    return Check(words, tuple(one.rounds for one in found), slow, verdict, spent)


def _drawn(setting: Setting, chance: np.random.Generator, slow: int) -> Iterator[list[float]]:
    count = len(setting.logarithms)
    while True:
        for place in chance.integers(count, size=100):
            one = setting.logarithms[place] * chance.choice((-1.0, 1.0))
            one[slow] += math.log1p(setting.slower)
            yield one.tolist()


def _evidence(setting: Setting, seen: Sequence[Sequence[float]]) -> list[Evidence]:
    return [
        PairedRounds(cell, "batch", THRESHOLD, tuple(one), setting.seconds[cell])
        for cell, one in enumerate(seen)
    ]


def told(seconds: Iterable[float]) -> str:
    """The median as minutes and seconds; what was not decided took longer than all."""
    found = median(seconds)
    return "not in time" if math.isinf(found) else f"{int(found // 60)}:{int(found % 60):02}"
