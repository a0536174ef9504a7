"""Laws of scaling, crossovers and costs: by closed forms, and by the share of claims that hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from concbench.reports.stats import curves, scaling
from concbench.reports.stats.crossings import crossings

WORKERS = np.array([1.0, 2, 4, 8, 16, 32, 64])


def law(workers, contention, most):
    """Times of Gunther's law with its throughput highest at `most` workers, 1 s alone."""
    coherency = (1 - contention) / most**2
    throughput = workers / (1 + contention * (workers - 1) + coherency * workers * (workers - 1))
    return 1 / throughput


def noisy(times, rounds=6, deviation=0.02, seed=1):
    """Rounds of these times: what a round shares, and what is each point's own."""
    chance = np.random.default_rng(seed)
    shared = chance.normal(0, 0.1, (rounds, 1))
    return times * np.exp(shared + chance.normal(0, deviation, (rounds, len(times))))


def test_the_constants_of_a_law_without_noise_are_found():
    found = scaling.fit(WORKERS, noisy(law(WORKERS, 0.05, 20), deviation=1e-6))
    assert (found.law, found.outcome) == ("USL", "stops")
    assert found.contention.estimate == pytest.approx(0.05, rel=1e-3)
    assert found.coherency.estimate == pytest.approx(0.95 / 400, rel=1e-3)
    assert found.stops.estimate == pytest.approx(20, rel=1e-3)
    assert found.peak.estimate == pytest.approx(1 / law(np.array([20.0]), 0.05, 20)[0], rel=1e-3)
    assert found.words == "stops at 20 [19, 21]"


def test_amdahl_is_chosen_where_nothing_is_exchanged():
    found = scaling.fit(WORKERS, noisy(law(WORKERS, 0.1, 1e9)))
    assert (found.law, found.coherency.estimate, found.coherency.low) == ("Amdahl", 0, 0)
    assert found.contention.low <= 0.1 <= found.contention.high
    assert found.stops.high == math.inf


def test_nothing_is_claimed_beyond_the_last_point():
    found = scaling.fit(WORKERS, noisy(law(WORKERS, 0.001, 400), deviation=0.002))
    assert found.outcome == "rises"
    assert found.words == "still rising at the last point: N* beyond 64"
    assert (found.stops.low, found.stops.estimate, found.where) == (math.inf, math.inf, "beyond 64")
    assert found.peak.estimate == pytest.approx(1 / law(WORKERS, 0.001, 400)[-1], rel=0.01)


def test_an_interval_that_reaches_beyond_the_last_point_has_no_end():
    found = scaling.fit(WORKERS, noisy(law(WORKERS, 0.01, 60), rounds=3, deviation=0.1))
    assert found.outcome == "open"
    assert found.stops.low < 60 < found.stops.high == math.inf
    assert found.words == f"stops at {math.floor(found.stops.low)} or more"


def test_rounds_that_tell_nothing_of_the_peak_say_so():
    found = scaling.fit(WORKERS, noisy(law(WORKERS, 0.3, 30), rounds=2, deviation=0.3))
    assert (found.words, found.where) == ("does not show yet where it stops", "not known yet")
    assert 0 <= found.contention.low <= found.contention.high <= 1


@pytest.mark.parametrize(
    ("points", "rounds", "words"),
    [(4, 6, "too few points (4, below 5)"), (7, 1, "too few rounds (1, below 2)")],
)
def test_without_enough_to_fit_it_says_so(points, rounds, words):
    workers = WORKERS[:points]
    found = scaling.fit(workers, noisy(law(workers, 0.05, 8), rounds))
    assert (found.words, found.stops, found.curve) == (words, None, None)


def test_times_that_more_workers_never_shorten_do_not_scale():
    found = scaling.fit(WORKERS, noisy(np.ones(7)))
    assert (found.outcome, found.words, found.enough) == ("flat", "does not scale", 1)
    assert scaling.fit(WORKERS, noisy(1 + 0.01 * WORKERS)).outcome == "flat"


def test_points_off_any_law_tell_no_peak_but_where_gains_end():
    steps = np.array([1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    found = scaling.fit(WORKERS, noisy(steps, deviation=0.005))
    assert (found.outcome, found.stops, found.enough) == ("off", None, 2)
    assert found.words.startswith("follows no law: its points lie ")


def test_a_round_without_a_point_counts_in_nothing():
    seconds = noisy(law(WORKERS, 0.05, 20))
    lost = np.vstack((seconds, seconds[:1] * 9))
    lost[-1, 2] = math.nan
    assert scaling.fit(WORKERS, lost).stops == scaling.fit(WORKERS, seconds).stops


def test_fieller_ends_where_a_t_test_of_the_difference_does():
    chance = np.random.default_rng(3)
    above, below = chance.normal(3, 1, 9), chance.normal(2, 0.5, 9)
    spread = np.cov(above, below) / 9
    ends = curves.fieller(np.array([above.mean(), below.mean()]), spread, 8, 0.95)
    for end in ends:
        assert stats.ttest_1samp(above - end * below, 0).pvalue == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("above", "below", "ends"),
    [(1.0, -1.0, (math.inf, math.inf)), (-1.0, 1.0, (0.0, 0.0)), (0.0, 0.0, (0.0, math.inf))],
)
def test_a_ratio_that_is_not_above_0_has_its_ends_at_0_or_infinity(above, below, ends):
    spread = np.eye(2) * 1e-4
    assert curves.fieller(np.array([above, below]), spread, 8, 0.95) == ends


@pytest.mark.parametrize("rounds", [3, 8])
def test_intervals_of_the_peak_hold_it(rounds):
    """At least 93 % of what is said of N*, of made-up laws, in 150 draws."""
    chance = np.random.default_rng(rounds)
    said = held = 0
    for draw in range(150):
        most = float(np.exp(chance.uniform(np.log(5), np.log(150))))
        times = law(WORKERS, float(chance.choice([0.0, 0.05])), most)
        stops = scaling.fit(WORKERS, noisy(times, rounds, 0.03, draw)).stops
        if stops is not None:
            said += 1
            held += stops.low <= (most if most <= 64 else math.inf) <= stops.high
    assert said > 120
    assert held / said >= 0.93 - 2 * math.sqrt(0.05 * 0.95 / said)


SIZES = np.array([1.0, 2, 4, 8, 16, 32, 64, 128])


def costs(start, each):
    return start + each * SIZES


def both(first, other, rounds=5, deviation=0.02, seed=1):
    """Two lines in the same rounds."""
    seconds = noisy(np.concatenate((first, other)), rounds, deviation, seed)
    return seconds[:, : len(first)], seconds[:, len(first) :]


def test_two_lines_cross_where_their_costs_are_equal():
    cheap, quick = costs(0.1, 1.0), costs(9.1, 0.1)  # equal at 10
    (found,) = crossings(SIZES, *both(cheap, quick, deviation=0.002))
    assert found.first_before
    assert found.at.low <= 10 <= found.at.high < 1.03 * found.at.low
    (turned,) = crossings(SIZES, *both(quick, cheap, deviation=0.002))
    assert not turned.first_before


@pytest.mark.parametrize("other", [costs(0.1, 1.0), costs(0.1, 1.2)], ids=["equal", "slower"])
def test_lines_that_are_equal_or_never_meet_do_not_cross(other):
    for seed in range(100):
        assert not crossings(SIZES, *both(costs(0.1, 1.0), other, seed=seed))


def test_two_points_say_only_that_lines_cross_between_them():
    places = np.array([1.0, 100.0])
    (found,) = crossings(places, *both(np.array([1.0, 9.0]), np.array([2.0, 3.0])))
    assert (found.at.low, found.at.high) == pytest.approx((1, 100))


def test_intervals_of_crossovers_hold_them():
    chance = np.random.default_rng(4)
    said = held = 0
    for draw in range(300):
        truth = float(np.exp(chance.uniform(np.log(2), np.log(64))))
        dearer = float(chance.uniform(1.5, 10))
        start = (dearer - 1) * truth
        for one in crossings(SIZES, *both(costs(0.01, dearer), costs(start, 1), 5, 0.03, draw)):
            said += 1
            held += one.at.low <= truth + 0.01 / (1 - dearer) <= one.at.high
    assert said > 200
    assert held / said >= 0.93


def test_a_cost_model_finds_start_up_and_cost_per_task():
    found = scaling.cost(SIZES, noisy(costs(3.0, 0.5), 8, 0.01))
    assert found.start.low <= 3.0 <= found.start.high
    assert found.each.low <= 0.5 <= found.each.high
    assert scaling.cost(SIZES[:2], noisy(costs(3.0, 0.5)[:2])) is None


def test_break_even_is_where_a_dearer_start_has_paid():
    chance = np.random.default_rng(2)
    slow = chance.normal((0.0, 0.010), (1e-4, 1e-4), (6, 2)).T
    pool = chance.normal((0.09, 0.001), (1e-3, 1e-5), (6, 2)).T
    found = scaling.break_even(*slow, *pool)
    assert found.low <= 10 <= found.high
    assert scaling.break_even(*pool, *pool[:, ::-1] + np.array([[1.0], [0.1]])).estimate == math.inf
    assert scaling.break_even(*(pool + 1.0), *slow).high == 0


def test_gains_end_where_no_later_point_surely_gains_the_margin():
    times = np.array([1.0, 0.5, 0.49, 0.485, 0.48, 0.48, 0.48])
    seconds = noisy(times, 6, 0.001)
    assert scaling.enough(WORKERS, seconds, margin=0.05) == 2
    assert scaling.enough(WORKERS, seconds, margin=0.01) == 16
    assert scaling.enough(WORKERS, noisy(law(WORKERS, 0, 1e9), 6, 0.001)) is None
