"""A run against a stored one: what it finds, what it lets pass, and how often it is wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from statistics import fmean

import pytest
from scipy import stats

from concbench.reports.gate.decision import ALPHA, choose, judge
from concbench.reports.gate.evidence import NEVER, TwoSamples
from concbench.reports.gate.trail import ratio
from concbench.reports.stats.robust import contrast

pytestmark = pytest.mark.once

TRIALS = 300


def quiet(chance):
    return chance.gauss(0, 0.01)


def normal(chance):
    return chance.gauss(0, 0.03)


def skewed(chance):
    """A long tail, and 6 % of the processes disturbed by up to a half."""
    return chance.expovariate(1 / 0.02) + (chance.random() < 0.06) * chance.uniform(0.1, 0.5)


def bimodal(chance):
    """A third of the processes lands in a mode that is 8 % slower."""
    return (chance.random() < 0.33) * 0.08 + chance.gauss(0, 0.005)


def draw(chance, noise, count, shift=0.0):
    return tuple(noise(chance) + shift for _ in range(count))


def stored(now, before, threshold=0.05, **more):
    return TwoSamples(0, "batch", threshold, now, before, 1.0, **more)


def check(chance, noise, shifts, before=16, most=60):
    """Rounds of cells slower by these, until they are decided or there are so many rounds."""
    baseline = [draw(chance, noise, before) for _ in shifts]
    now = [() for _ in shifts]
    left = set(range(len(shifts)))
    while left and max(map(len, now)) < most:
        for cell in left:
            now[cell] += draw(chance, noise, 1, math.log1p(shifts[cell]))
        told = [
            TwoSamples(cell, "batch", 0.05, now[cell], baseline[cell], 1.0)
            for cell in range(len(shifts))
        ]
        verdicts = judge(told)
        left = {one for one in left if not verdicts[one].decided}
    return verdicts


@pytest.mark.parametrize("noise", [quiet, normal, skewed, bimodal])
@pytest.mark.parametrize("before", [8, 40])
def test_the_same_is_called_slower_in_at_most_one_of_a_hundred_checks(noise, before):
    chance = Random(f"{noise.__name__} {before}")
    checks = [check(chance, noise, [0.0] * 3, before, 40) for _ in range(TRIALS)]
    alarms = sum(any(one.word == "slower" for one in verdicts) for verdicts in checks)
    assert stats.binomtest(alarms, TRIALS, 0.01, "greater").pvalue > 0.01


def test_the_same_passes_where_there_is_little_noise():
    chance = Random(1)
    checks = [check(chance, quiet, [0.0] * 6) for _ in range(TRIALS // 3)]
    words = [one.word for verdicts in checks for one in verdicts]
    assert words.count("not slower") >= 0.99 * len(words)


@pytest.mark.parametrize("before", [8, 40])
def test_ten_percent_are_caught_where_there_is_little_noise(before):
    chance = Random(before)
    checks = [check(chance, quiet, [0.1, *[0.0] * 5], before) for _ in range(TRIALS // 3)]
    caught = sum(verdicts[0].word == "slower" for verdicts in checks)
    assert caught >= 0.99 * len(checks)


def test_a_slow_down_as_large_as_the_threshold_hardly_ever_passes():
    """The promise: with at most 2.5 %, whatever else becomes of it."""
    chance = Random(2)
    checks = [check(chance, normal, [0.05], most=40) for _ in range(TRIALS)]
    passed = sum(verdicts[0].word == "not slower" for verdicts in checks)
    assert stats.binomtest(passed, TRIALS, 0.025, "greater").pvalue > 0.01


@pytest.mark.parametrize("noise", [normal, skewed])
def test_its_interval_covers_at_any_stop(noise):
    chance = Random(3)
    held = 0
    for _ in range(TRIALS):
        (verdict,) = check(chance, noise, [0.03], before=10, most=30)
        held += verdict.ratio.low <= 1.03 <= verdict.ratio.high
    assert held >= 0.93 * TRIALS


@pytest.mark.parametrize(("rounds", "before"), [(8, 8), (13, 20), (40, 40)])
def test_what_it_says_it_can_show_it_shows(rounds, before):
    """A slow-down of that size, with as many rounds again, in 95 of 100 checks."""
    chance, caught = Random(4), 0
    for _ in range(TRIALS):
        baseline = draw(chance, normal, before)
        (told,) = judge([stored(draw(chance, normal, rounds), baseline)])
        slow = draw(chance, normal, 2 * rounds, math.log1p(told.evidence.resolved(ALPHA)))
        caught += judge([stored(slow, baseline, threshold=1e-6)])[0].word == "slower"
    assert stats.binomtest(caught, TRIALS, 0.95, "less").pvalue > 0.01


def test_no_more_is_promised_than_the_baseline_allows():
    """More rounds now do not make the stored ones quieter."""
    chance = Random(5)
    before, now = draw(chance, normal, 8), draw(chance, quiet, 200)
    few, many = (judge([stored(now[:count], before)])[0] for count in (13, 200))
    assert few.evidence.resolved(ALPHA) > 0.03
    assert many.evidence.resolved(ALPHA) > few.evidence.resolved(ALPHA) / 2


def test_without_trimming_it_is_the_test_of_welch():
    """Four of each: a fifth of them is none."""
    chance = Random(6)
    now, before = draw(chance, normal, 4, 0.05), draw(chance, quiet, 4)
    found = contrast(now, before)
    expected = stats.ttest_ind(now, before, equal_var=False, alternative="greater")
    assert found.p == pytest.approx(expected.pvalue)
    assert found.freedom == pytest.approx(expected.df)
    assert found.centre == pytest.approx(fmean(now) - fmean(before))


def test_trimmed_it_is_the_test_of_yuen():
    chance = Random(7)
    now, before = draw(chance, skewed, 15, 0.05), draw(chance, skewed, 11)
    found = contrast(now, before)
    expected = stats.ttest_ind(now, before, equal_var=False, trim=0.2, alternative="greater")
    assert found.p == pytest.approx(expected.pvalue)
    assert found.freedom == pytest.approx(expected.df)


def test_it_looks_at_planned_rounds_only():
    chance = Random(8)
    now, before = draw(chance, quiet, 8), draw(chance, quiet, 20)
    wild = (0.5, -0.5)
    words = [judge([stored((*now, *more), before)])[0].word for more in ((), wild[:1])]
    assert words == ["not slower"] * 2
    assert judge([stored(now[:3], before)])[0].word == "inconclusive"


def test_a_suspect_fails_by_rounds_of_its_own_alone():
    chance = Random(9)
    before = draw(chance, quiet, 20)
    slow, fine = draw(chance, quiet, 4, 0.2), draw(chance, quiet, 8)
    suspect = judge([stored(slow, before)])[0]
    assert (suspect.word, suspect.suspect) == ("suspect", True)
    assert suspect.more == 8
    assert judge([stored((*slow, *fine), before)])[0].word != "slower"
    assert judge([stored((*slow, *slow, *slow), before)])[0].word == "slower"


def test_holm_counts_all_that_is_asked():
    """A p value that is enough alone is not among three hundred."""
    chance = Random(10)
    before = draw(chance, normal, 20)
    one = stored((*draw(chance, normal, 4, 0.1), *draw(chance, normal, 8, 0.05)), before)
    assert judge([one])[0].word == "slower"
    others = [replace(one, cell=n, now=draw(chance, normal, 8)) for n in range(1, 300)]
    assert judge([one, *others])[0].word == "suspect"


def test_other_work_is_neither_slower_nor_not():
    chance = Random(11)
    now, before = draw(chance, quiet, 16, 0.2), draw(chance, quiet, 16)
    assert judge([stored(now, before, other_work=True)])[0].word == "other work"


def test_fewer_than_five_stored_rounds_decide_nothing():
    chance = Random(12)
    (verdict,) = judge([stored(draw(chance, quiet, 30, 0.5), draw(chance, quiet, 4))])
    assert (verdict.word, verdict.more) == ("inconclusive", NEVER)
    assert verdict.evidence.resolved(ALPHA) is None
    assert verdict.ratio.low is None


def test_constant_times_are_told_apart_by_their_centres():
    same, slow = (0.1,) * 8, (0.2,) * 16
    assert judge([stored(same, same)])[0].word == "not slower"
    assert judge([stored(slow, same)])[0].word == "slower"


def test_a_noisy_baseline_is_given_up_and_a_near_one_asks_for_few_rounds():
    chance = Random(13)
    wild, tame = draw(chance, lambda c: c.gauss(0, 0.3), 8), draw(chance, normal, 40)
    now = draw(chance, normal, 8)
    hopeless, near = judge([stored(now, wild), replace(stored(now, tame), cell=1, threshold=0.04)])
    assert hopeless.more == NEVER
    assert near.word == "not slower" or 0 < near.more < 100
    assert 0 not in choose([hopeless, near], 100.0)


def test_the_ratio_is_now_over_before():
    found = ratio(stored((math.log(3.0),) * 8, (math.log(2.0),) * 8))
    assert (found.estimate, found.low, found.high) == pytest.approx((1.5, 1.5, 1.5))
    assert ratio(stored((), (0.0,))) is None
