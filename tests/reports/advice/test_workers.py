"""Where only the number of workers is open: which is advised, and what another could gain."""

from __future__ import annotations

import math
from random import Random
from statistics import mean, stdev

import pytest
from scipy.stats import t

from concbench.reports.advice.race import GAIN, MISSES, Heat
from concbench.reports.advice.workers import advised, alone, gain, ran_with

THREADS = {place: ("threading", 2 << place) for place in range(5)}


def heat(noise: float, count: int, *centres: float, seed: int = 1) -> Heat:
    random = Random(seed)
    times = {
        cell: {number: centre * math.exp(random.gauss(0, noise)) for number in range(count)}
        for cell, centre in enumerate(centres)
    }
    return Heat(times, 0.05)


def alike(*logarithms: float, noise: float = 0.2) -> Heat:
    """Cells that differ by so much and have the same noise, which no two share."""
    cells = len(logarithms)
    times = {
        cell: {
            number: math.exp(centre + noise * math.cos(math.tau * (cell + 1) * number / 24))
            for number in range(24)
        }
        for cell, centre in enumerate(logarithms)
    }
    assert cells < 12  # or they are not orthogonal
    return Heat(times, 0.05)


def test_the_gain_of_one_other_is_the_bound_of_student_s_t():
    found = heat(0.05, 8, 1.0, 1.02)
    logs = [math.log(found.times[0][number] / found.times[1][number]) for number in range(8)]
    bound = mean(logs) + t.ppf(1 - MISSES, 7) * stdev(logs) / math.sqrt(8)
    kinds = {0: THREADS[0], 1: THREADS[1]}
    assert gain(found, 0, kinds) == pytest.approx(math.expm1(bound), abs=2e-4)


def test_the_chances_of_all_to_be_faster_by_more_than_the_gain_add_up_to_what_is_allowed():
    found = heat(0.12, 8, 1.0, 1.01, 1.02, 1.03, 1.0)
    most = gain(found, found.best, THREADS)
    chances = (
        found.chance(found.best, one, math.log1p(most)) for one in THREADS if one != found.best
    )
    assert most > found.margin
    assert sum(chances) == pytest.approx(MISSES, rel=0.01)


def test_workers_that_ran_in_two_rounds_are_neither_counted_nor_advised():
    found = heat(0.12, 8, 1.0, 1.01)
    short = Heat({**found.times, 1: {0: found.times[0][0], 1: found.times[0][1]}}, found.margin)
    kinds = {0: ("threading", 8), 1: ("threading", 2)}
    assert ran_with(short, 0, kinds) == set()
    assert gain(short, 0, kinds) is None
    assert advised(short, 0, kinds) == 0


def test_what_may_be_twice_as_fast_has_no_gain_that_helps_anybody():
    found = heat(1.5, 4, 1.0, 1.0)
    assert gain(found, 0, {0: THREADS[0], 1: THREADS[1]}) is None


@pytest.mark.parametrize(("slower", "workers"), [(0.4 * GAIN, 2), (2 * GAIN, 8)])
def test_the_fewest_workers_that_look_as_good_are_advised(slower, workers):
    found = alike(slower, 2 * GAIN, 0.0, 0.9 * GAIN, 0.5 * GAIN)
    assert found.best == 2
    assert alone(found, 2, THREADS)
    assert THREADS[advised(found, found.best, THREADS)][1] == workers


def test_the_best_stays_where_another_strategy_may_be_faster():
    found = alike(0.4 * GAIN, 2 * GAIN, 0.0, 0.9 * GAIN, 0.5 * GAIN)
    kinds = {**THREADS, 4: ("multiprocessing", 2)}
    assert not alone(found, 2, kinds)
    assert advised(found, 2, kinds) == 2


def test_fewer_workers_are_not_advised_where_another_strategy_may_be_faster_than_they():
    found = alike(0.9 * GAIN, 0.2 * GAIN, 0.0, 0.5 * GAIN, 2.0 * GAIN)
    kinds = {**THREADS, 4: ("multiprocessing", 2)}
    assert alone(found, 2, kinds)
    assert not alone(found, 0, kinds)
    assert kinds[advised(found, 2, kinds)] == ("threading", 4)


def test_the_best_stays_where_nothing_is_open():
    found = alike(0.4 * GAIN, 2 * GAIN, 0.0, noise=0.001)
    assert advised(found, 2, {one: THREADS[one] for one in range(3)}) == 2
