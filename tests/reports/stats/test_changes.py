from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log

import numpy as np
import pytest
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from concbench.reports.stats.changes import (
    CLEAR_FROM,
    FEWEST,
    MATTERS,
    PENALTY,
    _noise,
    changes,
    convincing,
    partition,
)

pytestmark = pytest.mark.once

Noise = NDArray[np.float64]
SEED = 20261121
SD = 0.02
NOISES = ("normal", "heavy tails", "skewed", "disturbed", "two modes", "like its neighbour")


def noise(kind: str, draw: Generator, count: int, runs: int) -> Noise:
    """So many series of logarithms, a row each, of a noise around `SD`."""
    shape = count, runs
    normal = draw.normal(size=shape)
    match kind:
        case "heavy tails":
            return SD * draw.standard_t(3, size=shape)
        case "skewed":
            return SD * draw.exponential(size=shape)
        case "disturbed":
            far = draw.exponential(5, size=shape)
            return SD * (normal + (draw.random(shape) < 0.06) * far)
        case "two modes":
            return SD * (0.3 * normal + 3 * (draw.random(shape) < 0.3))
        case "like its neighbour":
            for run in range(1, runs):
                normal[:, run] += 0.3 * normal[:, run - 1]
    return SD * normal


def stepped(places: dict[int, float], runs: int, seed: int = 0) -> Noise:
    """Normal noise with a new level, so many times the one before, from each of these places on."""
    series = noise("normal", default_rng((SEED, seed)), 1, runs)[0]
    for place, ratio in places.items():
        series[place:] += log(ratio)
    return series


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("runs", [7, 12, 40])
def test_noise_alone_is_hardly_ever_a_change(kind: str, runs: int) -> None:
    series = noise(kind, default_rng((SEED, runs)), 250, runs)
    alarms = sum(bool(changes(list(one))) for one in series)
    assert alarms <= 0.02 * 250


def test_a_lasting_change_is_found_where_it_was_made() -> None:
    hits = 0
    for seed in range(100):
        places = changes(list(stepped({20: 1.12}, 30, seed)))
        assert len(places) <= 1
        hits += any(abs(place - 20) <= 1 for place in places)
    assert hits >= 97


def test_three_runs_of_a_clear_change_are_enough() -> None:
    hits = sum(bool(changes(list(stepped({17: 1.2}, 20, seed)))) for seed in range(50))
    assert hits >= 48


def test_what_was_mended_again_stays_two_changes() -> None:
    assert changes(list(stepped({15: 1.3, 21: 1 / 1.3}, 40))) == [15, 21]


def test_one_or_two_runs_apart_are_no_level() -> None:
    for count in (1, 2):
        series = stepped({}, 20)
        series[10 : 10 + count] += log(2)
        assert changes(list(series)) == []
        at_the_end = stepped({20 - count: 2.0}, 20)
        assert changes(list(at_the_end)) == []


def test_one_run_far_out_makes_no_level_of_its_neighbours() -> None:
    series = stepped({}, 150)
    series[70] += log(3)
    assert changes(list(series)) == []


def test_the_least_convincing_candidate_is_dropped_first() -> None:
    series = stepped({20: 1.3}, 40)
    assert convincing(series, [8, 20, 31]) == [20]


def test_few_runs_must_say_more() -> None:
    few = 8
    assert few < CLEAR_FROM
    modest = [stepped({4: 1.15}, few, seed) for seed in range(30)]
    assert sum(bool(changes(list(one))) for one in modest) <= 6
    clear = [stepped({4: 3.0}, few, seed) for seed in range(30)]
    assert sum(bool(changes(list(one))) for one in clear) >= 28


def test_fewer_than_two_levels_hold_are_no_series() -> None:
    assert changes([]) == [] == changes([0.0])
    assert changes([0.0, 0.0, 0.0, 1.0, 1.0]) == []
    assert changes([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]) == [3]
    assert FEWEST == 6


def test_a_change_too_small_to_matter_is_not_shown() -> None:
    for ratio, places in ((1 + 0.9 * MATTERS, []), (1 + 1.2 * MATTERS, [10])):
        assert changes([0.0] * 10 + [log(ratio)] * 10) == places


def test_runs_all_alike_have_no_change_and_no_error() -> None:
    assert changes([-3.0] * 50) == []


def cost(series: Noise, places: Sequence[int], penalty: float) -> float:
    """What a partition is to have least of, the slow way."""
    edges = (0, *places, len(series))
    parts = [series[low:high] for low, high in pairwise(edges)]
    if min(map(len, parts)) < 3:
        return float("inf")
    return sum(float(((part - part.mean()) ** 2).sum()) for part in parts) + penalty * len(places)


@pytest.mark.parametrize("kind", ["normal", "disturbed", "stepped"])
def test_what_is_found_is_what_ruptures_finds(kind: str) -> None:
    ruptures = pytest.importorskip("ruptures")
    seen = 0
    for seed in range(40):
        if kind == "stepped":
            series = stepped({12: 1.1, 25: 0.8}, 40, seed)
        else:
            series = noise(kind, default_rng((SEED, seed)), 1, 40)[0]
        series = series - series.mean()
        # Less than ours, or in noise there were hardly anything to find.
        penalty = PENALTY / 3 * _noise(series) ** 2 * log(len(series))
        ours = partition(series, penalty)
        options = {"model": "l2", "min_size": 3, "jump": 1}
        pruned = ruptures.Pelt(**options).fit(series).predict(pen=penalty)[:-1]
        assert cost(series, ours, penalty) <= cost(series, pruned, penalty) * (1 + 1e-9)
        if ours:
            exact = ruptures.Dynp(**options).fit(series).predict(n_bkps=len(ours))
            assert exact == [*ours, len(series)]
        seen += len(ours)
    assert seen > 20


def test_what_is_found_is_the_least_of_all_partitions() -> None:
    series = stepped({4: 1.1}, 10) - stepped({4: 1.1}, 10).mean()
    penalty = PENALTY * _noise(series) ** 2 * log(10)
    every = [(), *((at,) for at in range(10)), *((a, b) for a in range(10) for b in range(a, 10))]
    least = min(every, key=lambda places: cost(series, places, penalty))
    assert tuple(partition(series, penalty)) == least
