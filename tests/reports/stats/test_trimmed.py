"""The trimmed mean and its interval, beside SciPy's and by the share of truths they hold."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from concbench.reports.stats import robust

from ..gate.drawn import NOISES

CHANCE = random.Random(5)


@pytest.mark.parametrize("rounds", [5, 8, 10, 23])
def test_the_mean_and_its_interval_are_those_of_the_textbook(rounds):
    seen = [CHANCE.expovariate(1) for _ in range(rounds)]
    assert robust.mean(seen) == pytest.approx(stats.trim_mean(seen, 0.2))
    # Yuen's t of two samples that differ by 1 and nothing else.
    shifted = stats.ttest_ind([1 + one for one in seen], seen, trim=0.2, equal_var=False)
    error = 1 / shifted.statistic / 2**0.5
    half = stats.t.ppf(0.99, rounds - 2 * int(0.2 * rounds) - 1) * error
    assert robust.standard_error(seen) == pytest.approx(error)
    middle = robust.mean(seen)
    assert robust.bounds(seen, 0.01) == pytest.approx((middle - half, middle + half))


def test_a_fifth_of_bad_rounds_at_either_end_moves_no_bound():
    seen = sorted(CHANCE.gauss(0, 0.01) for _ in range(20))
    spoilt = [-9.0, -8.0, -7.0, -6.0, *seen[4:16], 6.0, 7.0, 8.0, 9.0]
    assert robust.mean(spoilt) == pytest.approx(robust.mean(seen))
    assert robust.standard_error(spoilt) == pytest.approx(robust.standard_error(seen))


def test_rounds_without_any_noise_have_an_interval_without_width():
    assert robust.bounds([0.1] * 9, 0.01) == pytest.approx((0.1, 0.1), abs=1e-12)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("rounds", "misses"), [(8, 0.00625), (10, 0.0047), (22, 0.002)])
def test_a_bound_misses_about_as_often_as_was_allowed(noise, rounds, misses):
    """At most half as often again, by 4000 draws of two bounds each."""
    chance = random.Random(rounds)
    missed = 0
    for _ in range(4000):
        low, high = robust.bounds([noise(chance) for _ in range(rounds)], misses)
        missed += (low > 0) + (high < 0)
    spread = 3 * (misses / 8000) ** 0.5
    assert missed / 8000 <= 1.5 * misses + spread
