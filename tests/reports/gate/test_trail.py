"""What the looks at one metric say."""

from __future__ import annotations

import math
import random
from statistics import median

import pytest

from concbench.reports.gate import trail as trails
from concbench.reports.gate.evidence import MISSES, NEVER, PairedRounds
from concbench.reports.gate.looks import SEARCH, share
from concbench.reports.stats import robust

QUIET = tuple(0.001 * (-1) ** number for number in range(200))
LIMIT = math.log(1.05)


def trail(logarithms, threshold):
    return trails.trail(PairedRounds(0, "batch", threshold, tuple(logarithms), 1.0))


def bounds(logarithms):
    return PairedRounds(0, "batch", 0.05, tuple(logarithms), 1.0).bounds(len(logarithms))


def around(middle: float, rounds: int, spread: float = 0.002) -> tuple[float, ...]:
    return tuple(middle + spread * (-1) ** number for number in range(rounds))


def test_a_slow_down_proven_smaller_than_what_matters_passes():
    found = trail(around(0.02, 8), 0.05)
    assert found.passed == 4 and found.more == 0


def test_an_upper_bound_at_the_threshold_does_not_pass():
    assert trail((LIMIT,) * 8, 0.05).passed is None
    assert trail((LIMIT - 1e-6,) * 8, 0.05).passed == 4


def test_nothing_is_decided_between_two_looks():
    assert trail(QUIET[:3], 0.05).passed is None
    wild = around(0.0, 8, 0.2)
    assert trail(wild + QUIET[:1], 0.05).passed is None  # 9 rounds: no look
    quiet_later = trail(wild + QUIET, 0.05).passed
    assert quiet_later in SEARCH.until(200)


def test_the_look_that_passed_stays_passed_whatever_comes_later():
    assert trail(QUIET[:4] + around(0.5, 30), 0.05).passed == 4


def test_a_lower_bound_above_nothing_makes_a_suspect_and_no_more():
    found = trail(around(0.1, 8), 0.05)
    assert found.suspect == 4 and found.passed is None
    assert found.p == 1


def test_nothing_proven_makes_no_suspect():
    assert trail(around(0.02, 8, 0.1), 0.05).suspect is None


def test_only_rounds_after_the_suspicion_confirm_it():
    search = around(0.1, 4)
    assert trail(search + around(0.1, 7), 0.05).p == 1
    confirmed = trail(search + around(0.1, 8), 0.05)
    assert confirmed.p == pytest.approx(MISSES * 2**-8 / share(0))
    assert trail(search + around(-0.1, 8), 0.05).p >= 0.1


def test_each_look_at_fresh_rounds_pays_for_itself():
    doubtful = (-0.01, -0.02, *around(0.1, 8))
    fresh = trail(around(0.1, 4) + doubtful, 0.05)
    paid = [robust.p_value(doubtful[:look]) / share(number) for number, look in enumerate((8, 10))]
    assert fresh.p == pytest.approx(MISSES * min(paid))
    assert paid[1] > robust.p_value(doubtful)


def test_a_suspect_whose_slow_down_proves_small_passes():
    found = trail(around(0.04, 4, 0.005) + around(0.02, 50), 0.05)
    assert found.suspect == 4 and found.passed and found.passed > 4


def test_a_look_at_fresh_rounds_at_the_time_of_passing_comes_too_late():
    fresh = (-0.001, -0.001, *around(0.001, 11, 0.0))
    searches = (
        tuple(chance.gauss(0.03, 0.04) for _ in range(22))
        for chance in map(random.Random, range(2000))
    )
    trails = (trail(one + fresh, 0.05) for one in searches)
    found = next(one for one in trails if (one.suspect, one.passed) == (22, 35))
    paid = [robust.p_value(fresh[: (8, 10, 13)[n]]) / share(n) for n in range(3)]
    assert paid[2] < min(paid[:2])
    assert found.p == pytest.approx(MISSES * min(paid[:2]))


def test_an_interval_needs_four_rounds():
    assert bounds((0.1, 0.2, 0.3)) == (-math.inf, math.inf)
    seen = (0.1, 0.2, 0.3, 0.4, 0.5)
    assert bounds(seen) == robust.bounds(seen, MISSES * SEARCH.share_at(5))


def test_the_rounds_that_are_missing_are_in_the_middle_those_it_takes():
    shares = []
    for chance in map(random.Random, range(60)):
        seen = tuple(chance.gauss(0, 0.08) for _ in range(400))
        told = 10 + trail(seen[:10], 0.05).more
        taken = next(count for count in SEARCH.until(400) if trail(seen[:count], 0.05).passed)
        shares.append(told / taken)
    assert 2 / 3 < median(shares) < 2


def test_before_the_first_look_that_is_what_is_missing():
    assert [trail(QUIET[:count], 0.05).more for count in (0, 1, 3)] == [4, 3, 1]


def test_what_is_missing_ends_at_a_look_to_come():
    for count in range(8, 60):
        more = trail(around(0.0, count, 0.2), 0.05).more
        assert more >= 1 and SEARCH.following(count + more) == count + more


def test_what_never_comes_is_many_rounds():
    far = around(0.0, 8, 300.0)
    assert trail(far, 0.05).more >= NEVER - 8


def test_an_interval_pays_for_its_look():
    chance = random.Random(8)
    seen = tuple(chance.gauss(0, 1) for _ in range(30))
    for number, look in enumerate(SEARCH.until(30)):
        misses = MISSES * share(number)
        assert bounds(seen[:look]) == robust.bounds(seen[:look], misses)
