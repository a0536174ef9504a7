"""How often 95 % intervals of a ratio hold the truth: ours beside others, under three noises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from recorded import Numbers
from scipy import stats

from concbench.reports.gate.evidence import Logarithms, PairedRounds
from concbench.reports.gate.looks import SEARCH
from concbench.reports.gate.trail import trail
from concbench.reports.stats import robust

ROUNDS = (5, 8, 12, 20, 40)
TRUTHS = (0.0, math.log1p(0.02), math.log1p(0.05))
MOST = 137
"""Rounds at which the longest check ends."""

Deviation = float | Numbers
"""Of a pair's logarithm, without the processes that are disturbed; of one cell or of each."""
Noise = Callable[[np.random.Generator, tuple[int, ...], Deviation], Numbers]
Interval = Callable[[Numbers], tuple[Numbers, Numbers]]


def normal(chance: np.random.Generator, shape: tuple[int, ...], deviation: Deviation) -> Numbers:
    return np.asarray(deviation * chance.normal(size=shape))


def skewed(chance: np.random.Generator, shape: tuple[int, ...], deviation: Deviation) -> Numbers:
    """A long tail, and 6 % of the processes disturbed by up to a half."""
    disturbed = (chance.random((2, *shape)) < 0.06) * chance.uniform(0.1, 0.5, (2, *shape))
    tail = deviation / math.sqrt(2) * chance.exponential(size=(2, *shape))
    first, second = tail + disturbed
    return np.asarray(second - first)


def bimodal(chance: np.random.Generator, shape: tuple[int, ...], deviation: Deviation) -> Numbers:
    """A third of the processes lands in a slower mode."""
    modes = (chance.random((2, *shape)) < 1 / 3) + chance.normal(0, 0.1, (2, *shape))
    first, second = deviation / math.sqrt(2 * (2 / 9 + 0.01)) * modes
    return np.asarray(second - first)


NOISES: dict[str, Noise] = {"normal": normal, "skewed": skewed, "bimodal": bimodal}


def student(seen: Numbers) -> tuple[Numbers, Numbers]:
    rounds = seen.shape[1]
    half = stats.t.ppf(0.975, rounds - 1) * seen.std(axis=1, ddof=1) / math.sqrt(rounds)
    return seen.mean(axis=1) - half, seen.mean(axis=1) + half


def trimmed(seen: Numbers) -> tuple[Numbers, Numbers]:
    """The mean without the outer fifths at 95 % of one look (Yuen 1974)."""
    rounds = seen.shape[1]
    cut, ranked = int(0.2 * rounds), np.sort(seen, axis=1)
    kept = rounds - 2 * cut
    middle = ranked[:, cut : rounds - cut].mean(axis=1)
    winsorised = np.clip(ranked, ranked[:, cut, None], ranked[:, -1 - cut, None])
    error = winsorised.std(axis=1, ddof=1) * math.sqrt((rounds - 1) / kept / (kept - 1))
    half = stats.t.ppf(0.975, kept - 1) * error
    return middle - half, middle + half


def huber(seen: Numbers) -> tuple[Numbers, Numbers]:
    """Huber's M-estimate of 1964 with his standard error, its scale the median deviation's."""
    rounds = seen.shape[1]
    middle = np.median(seen, axis=1, keepdims=True)
    scale = np.maximum(1.4826 * np.median(abs(seen - middle), axis=1, keepdims=True), 1e-9)
    for _ in range(15):
        middle = middle + scale * _clipped(seen, middle, scale).mean(axis=1, keepdims=True)
    inside = (abs(seen - middle) < 1.345 * scale).mean(axis=1).clip(0.3)
    spread = np.sqrt((_clipped(seen, middle, scale) ** 2).sum(axis=1) / (rounds - 1))
    half = stats.t.ppf(0.975, rounds - 1) * scale[:, 0] * spread / inside / math.sqrt(rounds)
    return middle[:, 0] - half, middle[:, 0] + half


def _clipped(seen: Numbers, middle: Numbers, scale: Numbers) -> Numbers:
    return np.clip((seen - middle) / scale, -1.345, 1.345)


def ranks(seen: Numbers) -> tuple[Numbers, Numbers]:
    """Signed ranks at 95 % of one look; of five rounds their range."""
    found = [
        robust.signed_rank_bounds(tuple(one), 0.025) or (min(one), max(one))
        for one in seen.tolist()
    ]
    low, high = zip(*found, strict=True)
    return np.array(low), np.array(high)


def ours(seen: Numbers) -> tuple[Numbers, Numbers]:
    """As the gate shows it: wide enough for all looks."""
    low, high = zip(*(_rounds(one).bounds(len(one)) for one in seen.tolist()), strict=True)
    return np.array(low), np.array(high)


def _rounds(logarithms: Sequence[float]) -> PairedRounds:
    return PairedRounds(0, "batch", 0.05, tuple(logarithms), 1.0)


METHODS: dict[str, Interval] = {
    "Student": student,
    "trimmed mean": trimmed,
    "Huber": huber,
    "signed ranks": ranks,
    "ours": ours,
}


def coverage(trials: int) -> Iterator[tuple[str, str, list[float], float, float]]:
    """Method, noise, percent covered at each of ROUNDS, the same when stopped, mean half width.

    The width, in percent, is that of 20 rounds.  A check stops when it would: passed or confirmed,
    a cell among 18.
    """
    for noise, draw in NOISES.items():
        seen = draw(np.random.default_rng(1), (trials, MOST), 0.03)
        stopped = _stopped(seen)
        for name, method in METHODS.items():
            fixed = [_share(method(seen[:, :rounds]), 0.0) for rounds in ROUNDS]
            low, high = method(seen[:, :20])
            width = 50 * float((high - low).mean())
            yield name, noise, fixed, _share_stopped(method, seen, stopped), width


def _share(interval: tuple[Numbers, Numbers], truth: float) -> float:
    low, high = interval
    return 100 * float(((low <= truth) & (truth <= high)).mean())


def _stopped(seen: Numbers) -> list[int]:
    """Where the check of each row stops; the truths go round."""
    return [
        _end(tuple((one + TRUTHS[number % len(TRUTHS)]).tolist()))
        for number, one in enumerate(seen)
    ]


def _end(logarithms: Logarithms) -> int:
    for rounds in range(SEARCH.first, MOST):
        found = trail(_rounds(logarithms[:rounds]))
        if found.passed or found.p <= 0.01 / 18:
            return rounds
    return MOST


def _share_stopped(method: Interval, seen: Numbers, stopped: list[int]) -> float:
    covered = 0.0
    for rounds in set(stopped):
        chosen = seen[[end == rounds for end in stopped]][:, :rounds]
        covered += len(chosen) * _share(method(chosen), 0.0)
    return covered / len(seen)
