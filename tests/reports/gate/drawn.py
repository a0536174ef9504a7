"""Rounds drawn for checks: noise of three kinds, on logarithms."""

from __future__ import annotations

from random import Random

from concbench.reports.gate.decision import choose, judge
from concbench.reports.gate.evidence import PairedRounds


def normal(chance: Random) -> float:
    return chance.gauss(0, 0.03)


def skewed(chance: Random) -> float:
    """A long tail, and 6 % of the processes disturbed by up to a half."""
    first, second = (
        chance.expovariate(1 / 0.02) + (chance.random() < 0.06) * chance.uniform(0.1, 0.5)
        for _ in range(2)
    )
    return second - first


def bimodal(chance: Random) -> float:
    """A third of the processes lands in a mode that is 8 % slower."""
    first, second = ((chance.random() < 0.33) * 0.08 + chance.gauss(0, 0.005) for _ in range(2))
    return second - first


NOISES = (normal, skewed, bimodal)


def evidence(*logarithms, threshold=0.05, seconds=1.0):
    """One metric of a cell each."""
    return [
        PairedRounds(cell, "batch", threshold, tuple(one), seconds)
        for cell, one in enumerate(logarithms)
    ]


def check(chance, noise, truths, budget, seconds=1.0):
    """A whole check of cells with these true logarithms: the verdicts and the seconds spent."""
    seen: list[list[float]] = [[] for _ in truths]
    spent = 0.0
    while chosen := choose(judge(evidence(*seen, seconds=seconds)), budget - spent):
        for cell in chosen:
            seen[cell].append(truths[cell] + noise(chance))
            spent += seconds
    return judge(evidence(*seen, seconds=seconds)), spent
