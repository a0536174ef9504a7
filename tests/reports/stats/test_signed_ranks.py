"""The test and its bounds, beside slow ways to the same."""

from __future__ import annotations

import itertools
import random

import pytest

from concbench.reports.stats import robust

CHANCE = random.Random(5)
UNEVEN = [CHANCE.choice((0.0, 0.1)) + CHANCE.expovariate(30) for _ in range(10)]


def flips(values):
    """The same numbers under every choice of signs: equally likely for identical sides."""
    for signs in itertools.product((-1, 1), repeat=len(values)):
        yield [sign * value for sign, value in zip(signs, values, strict=True)]


@pytest.mark.parametrize("misses", [0.002, 0.01, 0.025, 0.1])
def test_identical_sides_miss_a_bound_with_no_more_than_what_was_allowed(misses):
    missed = [robust.signed_rank_bounds(one, misses)[0] > 0 for one in flips(UNEVEN)]
    share = sum(missed) / len(missed)
    assert misses - 0.004 < share <= misses  # ranks are few, so not all can be used


def test_the_p_value_is_the_share_of_sign_flips_with_ranks_as_high():
    ranks = range(1, 8)
    seen = [0.3, -0.1, 0.2, 0.5, 0.4, -0.05, 0.6]
    order = sorted(seen, key=abs)
    found = sum(rank for rank, value in zip(ranks, order, strict=True) if value > 0)
    sums = [sum(rank for rank in one if rank > 0) for one in flips(ranks)]
    assert robust.p_value(seen) == sum(one >= found for one in sums) / len(sums)


def test_a_p_value_below_the_level_is_a_lower_bound_above_nothing():
    for _ in range(200):
        seen = tuple(CHANCE.gauss(0.02, 0.03) for _ in range(12))
        low, _high = robust.signed_rank_bounds(seen, 0.01)
        assert (robust.p_value(seen) <= 0.01) == (low > 0)


def test_rounds_without_any_difference_prove_nothing():
    assert robust.p_value([0.0] * 20) == 1
    assert robust.signed_rank_bounds([0.0] * 20, 0.01) == (0, 0)


def test_rounds_too_few_for_a_level_have_no_bounds():
    assert robust.signed_rank_bounds([0.1] * 7, 1 / 128) == (0.1, 0.1)
    assert robust.signed_rank_bounds([0.1] * 7, 1 / 129) is None


def test_an_outlier_moves_no_bound_by_more_than_a_rank():
    seen = [CHANCE.gauss(0, 0.01) for _ in range(20)]
    spoilt = [*seen[:-1], 5.0]
    assert robust.signed_rank_bounds(spoilt, 0.025)[1] < max(seen[:-1])


@pytest.mark.parametrize("misses", [0.025, 0.001])
def test_many_rounds_are_as_exact_as_few(misses, monkeypatch):
    rounds = robust.EXACT + 1
    seen = [CHANCE.gauss(0.01, 0.03) for _ in range(rounds)]
    near = robust.signed_rank_bounds(seen, misses), robust.p_value(seen)
    monkeypatch.setattr(robust, "EXACT", rounds)
    robust._place.cache_clear()
    bounds, p = robust.signed_rank_bounds(seen, misses), robust.p_value(seen)
    robust._place.cache_clear()
    assert near[0] == pytest.approx(bounds, abs=2e-4)
    assert near[0][0] <= bounds[0] and near[0][1] >= bounds[1]
    assert near[1] == pytest.approx(p, abs=2e-4)
