"""A level against the bound that it must stay below."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from scipy import stats

from concbench.reports.gate.decision import ALPHA, judge
from concbench.reports.gate.evidence import OneSample, PairedRounds
from concbench.reports.gate.trail import trail
from concbench.reports.stats import robust

QUIET = PairedRounds(9, "batch", 0.05, (0.001, -0.001) * 4, 1.0)


def level(values, bound=1.0, cell=0):
    return OneSample(cell, "p99", bound, tuple(value / bound for value in values), 1.0)


def word(values, bound=1.0):
    return judge([level(values, bound)])[0].word


def around(centre, rounds, spread=0.01):
    return [centre + spread * (-1) ** n for n in range(rounds)]


@pytest.mark.parametrize(
    ("centre", "expected"), [(0.9, "below"), (1.1, "above"), (1.0, "inconclusive")]
)
def test_it_is_wholly_below_wholly_above_or_nobody_knows(centre, expected):
    assert word(around(centre, 8)) == expected
    assert word(around(20 * centre, 8, 0.2), bound=20.0) == expected


@pytest.mark.parametrize("count", range(4))
def test_a_few_rounds_neither_pass_nor_fail(count):
    for centre in (0.5, 1.5):
        (found,) = judge([level(around(centre, count))])
        assert found.word in ("inconclusive", "suspect")
        assert found.more == 4 - count


def test_what_is_always_0_is_below_and_what_never_changes_is_decided():
    assert word([0.0] * 8) == "below"
    assert word([2.0] * 8) == "above"
    assert word([1.0] * 8) == "inconclusive"


def test_its_interval_is_of_the_level_and_ends_at_0():
    (found,) = judge([level([0.0, 0.0, 0.0, 0.0, 0.1, 0.3, 0.0, 0.5])])
    assert found.ratio.low == 0
    assert 0 < found.ratio.estimate < found.ratio.high
    values = around(30.0, 8, 3.0)
    low, high = robust.bounds(values, 0.025 * 0.25 * 0.75**2)
    (found,) = judge([level(values, bound=20.0)])
    assert (20 * found.ratio.low, 20 * found.ratio.high) == pytest.approx((low, high))


def test_many_bounds_share_the_error_and_one_that_is_not_confirmed_is_a_suspect():
    chance = random.Random(3)
    doubtful = level([chance.gauss(1.06, 0.03) for _ in range(8)])
    assert doubtful.bounds(8)[0] > 0
    alone, among = (
        judge([doubtful, *(replace(QUIET, cell=n) for n in range(1, n_all))])[0]
        for n_all in (1, 400)
    )
    assert (alone.word, among.word) == ("above", "suspect")


@pytest.mark.parametrize("metrics", [1, 40, 2000])
def test_rounds_that_are_said_to_decide_it_are_those_that_do(metrics):
    """Of a level that goes on as it began, 8 % above, with a noise of 5 %."""
    values = [1.08 + 0.05 * (n % 5 - 2) / 2**0.5 for n in range(200)]
    told = trail(level(values[:10]), ALPHA / metrics)
    taken = next(
        count
        for count in range(10, 200)
        if trail(level(values[:count]), ALPHA / metrics).p * metrics <= ALPHA
    )
    assert 2 / 3 < (10 + told.more) / taken < 3 / 2


@pytest.mark.once
@pytest.mark.parametrize("skewed", [False, True])
def test_one_at_its_bound_hardly_ever_fails_and_hardly_ever_passes(skewed):
    """Looking on until it is decided or 60 rounds are over."""
    words = []
    for chance in map(random.Random, range(400)):
        noise = (lambda c: c.gammavariate(9, 1 / 9)) if skewed else (lambda c: c.gauss(1, 0.1))
        drawn = [noise(chance) for _ in range(60)]
        # The centre that is judged is a trimmed mean, which a skewed noise has elsewhere.
        centre = robust.mean(sorted(noise(random.Random(-1 - n)) for n in range(4000)))
        words.append(word([one / centre for one in drawn]))
    assert stats.binomtest(words.count("above"), 400, ALPHA, "greater").pvalue > 0.001
    assert stats.binomtest(words.count("below"), 400, 0.025, "greater").pvalue > 0.001
