from __future__ import annotations

import math
import random

import pytest
from scipy import stats

from concbench.reports.stats import intervals


def noisy(rounds: int, seed: int, middle: float = 1.0) -> dict[int, float]:
    chance = random.Random(seed)
    return {number: middle * chance.lognormvariate(0, 0.1) for number in range(rounds)}


@pytest.mark.parametrize("rounds", [2, 3, 20])
def test_a_mean_is_student_on_logarithms(rounds: int) -> None:
    """Against SciPy's own interval."""
    seconds = list(noisy(rounds, 1).values())
    logs = [math.log(value) for value in seconds]
    low, high = stats.ttest_1samp(logs, 0).confidence_interval(0.9)
    found = intervals.mean(seconds, 0.9)
    assert found.estimate == pytest.approx(stats.gmean(seconds))
    assert (found.low, found.high) == pytest.approx((math.exp(low), math.exp(high)))


def test_a_ratio_is_paired_by_round_and_leaves_out_the_rest() -> None:
    above, below = noisy(8, 1, 3.0), noisy(8, 2)
    logs = [math.log(above[key] / below[key]) for key in range(5)]
    low, high = stats.ttest_1samp(logs, 0).confidence_interval(0.95)
    found = intervals.ratio(above, {key: below[key] for key in (4, 3, 2, 1, 0)})
    assert found is not None
    assert (found.low, found.high) == pytest.approx((math.exp(low), math.exp(high)))


def test_a_p_value_is_that_of_the_paired_test() -> None:
    first, second = noisy(6, 1), noisy(6, 2, 1.1)
    logs = [[math.log(value) for value in times.values()] for times in (first, second)]
    assert intervals.p_value(first, second) == pytest.approx(stats.ttest_rel(*logs).pvalue)


def test_pairing_removes_what_a_round_has_in_common() -> None:
    machine = noisy(10, 1)
    twice = {key: 2 * value for key, value in machine.items()}
    paired = intervals.ratio(twice, machine)
    alone = intervals.mean(list(machine.values()))
    assert paired is not None
    assert paired.half_width == pytest.approx(0, abs=1e-9)
    assert alone.half_width is not None and alone.half_width > 0.02


def test_one_round_has_no_interval() -> None:
    assert intervals.mean([2.0]) == intervals.Interval(pytest.approx(2.0))
    assert intervals.ratio({0: 2.0}, {0: 1.0}) == intervals.Interval(pytest.approx(2.0))
    assert intervals.mean([2.0]).half_width is None


def test_without_a_common_round_there_is_no_ratio() -> None:
    assert intervals.ratio({0: 1.0}, {1: 1.0}) is None
    assert intervals.p_value({0: 1.0, 1: 1.0}, {1: 1.0, 2: 1.0}) is None


def test_no_variance_is_no_doubt() -> None:
    same = dict.fromkeys(range(5), 2.0)
    found = intervals.mean([2.0] * 5)
    assert (found.low, found.high) == pytest.approx((2.0, 2.0))
    assert intervals.p_value(same, same) == 1.0
    assert intervals.p_value(same, dict.fromkeys(range(5), 4.0)) == 0.0


def test_rounds_far_apart_overflow_nothing() -> None:
    found = intervals.mean([1e-9, 1e9])
    assert found.low is not None and found.high is not None
    assert 0 < found.low < found.high < math.inf


def test_holm_is_the_worked_example() -> None:
    """0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 lifted to the one before it."""
    assert intervals.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert intervals.holm([0.6, 0.9]) == [1.0, 1.0]
    assert intervals.holm([]) == []
