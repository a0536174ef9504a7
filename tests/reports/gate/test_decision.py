"""The answer, of all metrics together."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from statistics import median

import pytest

from concbench.reports.gate.decision import ALPHA, deviation, judge, resolved
from concbench.reports.gate.evidence import MISSES, PairedRounds
from concbench.reports.gate.trail import trail

from .drawn import NOISES, check, evidence, normal, skewed

pytestmark = pytest.mark.once

QUIET = (0.001, -0.001) * 4
SLOWER = (0.1, 0.101) * 6


def words(found) -> list[str]:
    return [one.word for one in found]


def test_a_pair_below_the_threshold_is_not_slower():
    (found,) = judge(evidence(QUIET))
    assert found.word == "not slower" and found.decided and found.more == 0


def test_a_suspect_is_not_slower_before_rounds_of_its_own_say_so():
    (found,) = judge(evidence(SLOWER[:4]))
    assert found.word == "suspect" and found.suspect and not found.decided
    assert found.more == 8
    (found,) = judge(evidence(SLOWER))
    assert found.word == "slower" and found.decided and not found.suspect


def test_what_is_not_decided_is_inconclusive_and_says_how_many_rounds_are_missing():
    wild = (0.2, -0.2) * 4
    (found,) = judge(evidence(wild))
    assert found.word == "inconclusive" and found.more > 50


def test_other_work_is_neither_slower_nor_not():
    slower, quiet = (replace(one, other_work=True) for one in evidence(SLOWER, QUIET))
    assert words(judge([slower, quiet])) == ["other work", "other work"]


def test_all_metrics_of_all_pairs_share_the_error():
    """Eight fresh rounds say as much as they can: enough for one of few, not for one of many."""
    p = MISSES * 2**-8 / 0.25
    few, many = int(ALPHA / p), int(ALPHA / p) + 1
    for count, word in ((few, "slower"), (many, "suspect")):
        found = judge(evidence(SLOWER, *[QUIET] * (count - 1)))
        assert found[0].word == word
        assert found[0].p == pytest.approx(min(1, count * p))


def test_one_that_is_confirmed_leaves_its_error_to_the_others():
    """Holm: of many, two that are slower need less than either alone."""
    p = MISSES * 2**-8 / 0.25
    count = int(ALPHA / p) + 1
    surely = (0.1, 0.101) * 20
    alone = judge(evidence(SLOWER, *[QUIET] * (count - 1)))
    both = judge(evidence(SLOWER, surely, *[QUIET] * (count - 2)))
    assert (alone[0].word, both[0].word) == ("suspect", "slower")


def test_the_ratio_is_shown_with_the_interval_that_decided():
    (found,) = judge(evidence(QUIET))
    assert found.ratio.high < 1.05
    assert found.ratio.estimate == pytest.approx(1)
    assert judge(evidence(()))[0].ratio is None
    assert judge(evidence(QUIET[:3]))[0].ratio.low is None


def test_metrics_keep_their_own_thresholds():
    batch, memory = (
        replace(one, metric=metric, threshold=threshold)
        for one, (metric, threshold) in zip(
            evidence((0.08, 0.081) * 4, (0.08, 0.081) * 4),
            (("batch", 0.05), ("memory", 0.2)),
            strict=True,
        )
    )
    assert words(judge([batch, memory])) == ["suspect", "not slower"]


@pytest.mark.parametrize("metrics", [1, 25, 26, 400, 10**5])
@pytest.mark.parametrize("seen", [6, 8, 9, 17])
def test_rounds_that_are_said_to_confirm_a_suspect_are_those_that_the_decision_needs(metrics, seen):
    """Plain rounds, of which each is slower: ranks of them say no less than their number."""

    def word(rounds: int) -> tuple[str, int]:
        others = [PairedRounds(n, "cpu", 0.05, QUIET, 1.0) for n in range(1, min(metrics, 400))]
        of = evidence(SLOWER * 3)[0]
        now = replace(of, logarithms=of.logarithms[:rounds])
        if metrics <= 400:
            found = judge([now, *others])[0]
            return found.word, found.more
        its = trail(now, ALPHA / metrics)
        return ("slower" if its.p * metrics <= ALPHA else "suspect"), its.more

    told = word(seen)
    taken = next(count for count in range(seen, 48) if word(count)[0] == "slower")
    assert told == (("suspect", taken - seen) if taken > seen else ("slower", 0))


def test_noisy_suspects_take_in_the_middle_as_many_rounds_as_they_are_said_to():
    shares = []
    for chance in map(random.Random, range(200)):
        rounds = [math.log1p(0.2) + chance.gauss(0, 0.12) for _ in range(300)]
        early = evidence(rounds[:13])[0]
        its = trail(early, ALPHA / 18)
        if its.suspect is None or its.p * 18 <= ALPHA:
            continue
        counts = (look for look in range(14, 300))
        whole = evidence(rounds)[0]
        needed = (replace(whole, logarithms=whole.logarithms[:count]) for count in counts)
        taken = next(one.rounds for one in needed if trail(one, ALPHA / 18).p * 18 <= ALPHA)
        shares.append((13 + its.more) / taken)
    assert len(shares) > 50
    assert 2 / 3 < median(shares) < 3 / 2


def test_only_an_interval_above_nothing_that_may_be_beyond_the_threshold_is_a_suspect():
    small = (0.01, 0.012) * 4
    assert words(judge(evidence((*small, 0.011)))) == ["not slower"]
    assert words(judge(evidence(small[:3]))) == ["inconclusive"]  # within 5 %, and no look yet
    assert words(judge(evidence(SLOWER[:4], SLOWER[:3]))) == ["suspect", "inconclusive"]
    assert words(judge(evidence((0.2, -0.2) * 4))) == ["inconclusive"]


@pytest.mark.parametrize("noise", NOISES)
def test_identical_sides_hardly_ever_fail(noise):
    """18 cells: of 120 checks 1.2 may, so more than 5 have a chance below one in 500."""
    failed = sum(
        "slower" in words(check(random.Random(f"{number}"), noise, [0.0] * 18, 400)[0])
        for number in range(120)
    )
    assert failed <= 5


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("slower", "missed"), [(0.05, 0.05), (0.10, 0.01), (0.5, 0.0)])
def test_a_slow_down_that_matters_is_caught(noise, slower, missed):
    trials = 120
    truths = [math.log1p(slower), 0.0]
    found = [check(random.Random(f"{n}"), noise, truths, 600)[0] for n in range(trials)]
    caught = sum(one[0].word == "slower" for one in found)
    spread = 3 * math.sqrt(missed * (1 - missed) / trials)
    assert caught / trials >= 1 - missed - spread


def test_a_slow_down_as_large_as_the_threshold_does_not_pass():
    """Whatever the noise: 2.5 % may, and of 200 checks more than 12 have a chance of one in 600."""
    found = [check(random.Random(f"{n}"), skewed, [math.log1p(0.05)], 10**5)[0] for n in range(300)]
    assert sum(one[0].word == "not slower" for one in found) <= 17


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("truth", [0.0, 0.02])
def test_intervals_cover_the_truth_however_a_check_stops(noise, truth):
    """95 % are promised, 93 % at the least: of 300 hardly ever less than 91 % by chance."""
    covered = []
    for number in range(300):
        chance = random.Random(f"{truth}/{number}")
        (found,), _ = check(chance, noise, [truth], chance.choice((9, 20, 100)))
        ratio = found.ratio
        covered.append(ratio.low <= math.exp(truth) <= ratio.high)
    assert sum(covered) / len(covered) >= 0.91


@pytest.mark.parametrize("rounds", [4, 5, 6, 8, 12, 20, 40])
@pytest.mark.parametrize("noise", NOISES)
def test_intervals_cover_the_truth_after_any_number_of_rounds(rounds, noise):
    chance = random.Random(rounds)
    covered = 0
    for _ in range(400):
        (found,) = judge(evidence([0.03 + noise(chance) for _ in range(rounds)]))
        covered += found.ratio.low <= math.exp(0.03) <= found.ratio.high
    assert covered / 400 >= 0.91


def test_the_noise_of_a_pair_is_its_standard_deviation_without_the_outliers():
    chance = random.Random(2)
    seen = [normal(chance) for _ in range(200)]
    assert deviation(seen) == pytest.approx(0.03, rel=0.15)
    assert deviation([*seen, 9.0, -9.0]) == pytest.approx(0.03, rel=0.2)
    assert deviation(seen[:3]) is None


@pytest.mark.parametrize("rounds", [20, 60])
def test_what_is_said_to_be_resolved_is_caught_and_much_less_is_not(rounds):
    least = resolved(0.03, rounds, 1)

    def caught(slower: float) -> float:
        truth, trials = math.log1p(slower), 200
        found = [
            judge(
                evidence([truth + normal(chance) for _ in range(rounds)], threshold=0.9 * slower)
            )[0].word
            for chance in map(random.Random, range(trials))
        ]
        return found.count("slower") / trials

    assert caught(least) >= 0.92
    assert caught(least / 2) <= 0.92


def test_rounds_that_hold_no_two_looks_resolve_nothing():
    assert resolved(0.03, 15, 1) is None
    assert resolved(0.03, 16, 10**6) is None
    assert resolved(0.03, 16, 18) is not None
