from __future__ import annotations

import math
import random

import pytest

from concbench.reports.stats import ranks
from concbench.reports.stats.ranks import LogRatio, Standing, fewest_rounds, standings

Times = dict[int, float]


def times(middle: float, noise: float = 0.01, rounds: int = 8, seed: int = 0) -> Times:
    chance = random.Random(f"{middle} {seed}")
    return {number: middle * chance.lognormvariate(0, noise) for number in range(rounds)}


def places(cells: dict[int, Times], margin: float = 0.05) -> dict[int, tuple[int, int]]:
    """The bounds of each rank, the fastest estimate first."""
    return {cell: (one.low, one.high) for cell, one in standings(cells, 0.05, margin).items()}


def test_clear_differences_are_ranked_in_the_order_of_their_estimates() -> None:
    found = places({0: times(3), 1: times(1), 2: times(2)})
    assert list(found.items()) == [(1, (1, 1)), (2, (2, 2)), (0, (3, 3))]


def test_what_is_not_told_apart_may_have_any_of_the_ranks_they_share() -> None:
    cells = {0: times(1, seed=1), 1: times(1, seed=2), 2: times(2), 3: times(3)}
    assert places(cells) == {0: (1, 2), 1: (1, 2), 2: (3, 3), 3: (4, 4)}


def test_a_noisy_cell_stands_below_what_looks_faster_and_may_have_many_ranks() -> None:
    """It never stands above: 104 ms of such noise stood above a sure 89.8 ms."""
    cells = {0: times(1), 1: times(1.2), 2: times(1.5, noise=0.8)}
    found = places(cells)
    assert sorted(found, key=list(found).index) == sorted(
        cells, key=lambda cell: math.prod(cells[cell].values())
    )
    assert found[2] == (1, 3)
    assert found[0] == (1, 2)
    assert found[1] == (2, 3)


def test_faster_than_what_is_faster_is_faster() -> None:
    """1 is surely slower than 0, and 2 than 1; 0 and 2 share no round."""
    base = times(1, noise=0.5, rounds=12)
    middle = {number: 1.1 * seconds * (1 + number % 2 / 100) for number, seconds in base.items()}
    last = {number: 1.1 * seconds for number, seconds in middle.items()}
    last |= {number: seconds * (1 + number % 2 / 100) for number, seconds in last.items()}
    cells = {0: {n: base[n] for n in range(6)}, 1: middle, 2: {n: last[n] for n in range(6, 12)}}
    found = standings(cells, 0.05, 0.05)
    assert found[2].slower_than == {0, 1}
    assert (found[2].low, found[2].high) == (3, 3)


def test_what_a_round_has_in_common_hides_no_difference() -> None:
    machine = times(1, noise=0.5)
    slower = {number: 1.02 * seconds for number, seconds in machine.items()}
    slower[0] *= 1.001
    assert places({0: slower, 1: machine}) == {1: (1, 1), 0: (2, 2)}


def test_what_is_faster_in_the_rounds_that_both_had_comes_first() -> None:
    """The slower one missed the three rounds in which the machine was slow."""
    machine = {number: 3.0 if number > 4 else 1.0 + number / 100 for number in range(8)}
    slower = {number: 1.1 * machine[number] * (1 + number % 2 / 1000) for number in range(5)}
    assert list(places({0: slower, 1: machine}).items()) == [(1, (1, 1)), (0, (2, 2))]


def test_one_round_ranks_nobody() -> None:
    assert places({0: {0: 1.0}, 1: {0: 2.0}}) == {}
    assert places({0: times(1), 1: {0: 2.0}}) == {0: (1, 1)}


def test_cells_without_a_common_round_are_not_told_apart() -> None:
    assert places({0: {0: 1.0, 1: 1.0}, 1: {2: 9.0, 3: 9.1}}) == {0: (1, 2), 1: (1, 2)}


def test_equal_times_are_known_to_tie_and_different_ones_without_variance_do_not() -> None:
    same = dict.fromkeys(range(5), 1.0)
    found = standings({0: same, 1: same, 2: dict.fromkeys(range(5), 2.0)}, 0.05, 0.05)
    assert [(one.low, one.high, one.tied) for one in found.values()] == [
        (1, 2, True),
        (1, 2, True),
        (3, 3, False),
    ]
    assert found[0].equal == {1} and found[0].more_rounds == found[1].more_rounds == 0


@pytest.mark.parametrize(("noise", "tied"), [(0.01, True), (0.2, False)])
def test_a_tie_is_known_only_where_the_whole_interval_is_within_the_margin(
    noise: float, tied: bool
) -> None:
    """The estimates are equal in both."""
    usual = times(1, noise)
    cells = {0: usual, 1: dict(enumerate(reversed(usual.values())))}
    assert [one.tied for one in standings(cells, 0.05, 0.05).values()] == [tied] * 2


def test_a_margin_is_what_counts_as_equal() -> None:
    cells = {0: times(1, noise=0.02, rounds=3), 1: times(1.02, noise=0.02, rounds=3)}
    wide, narrow = (standings(cells, 0.05, margin)[1].equal for margin in (0.2, 0.01))
    assert (wide, narrow) == ({0}, set())


def test_six_equal_cells_are_rarely_told_apart() -> None:
    """A rank that excludes the others', which are as good, in at most 5 % of cells."""
    families = [
        standings(
            {cell: times(1, rounds=5, seed=6 * trial + cell) for cell in range(6)}, 0.05, 0.05
        )
        for trial in range(400)
    ]
    every = [one for family in families for one in family.values()]
    wrong = sum((one.low, one.high) != (1, 6) for one in every)
    assert wrong / len(every) < 0.05
    alone = sum(sum(one.low == 1 for one in family.values()) == 1 for family in families)
    assert alone / len(families) < 0.02


def test_ranks_hold_the_true_one_whatever_the_cells_noise() -> None:
    """Of 300 blocks of six with differences from none to a half, some cells noisier than others."""
    middles, noises = (1.0, 1.03, 1.1, 1.1, 1.3, 1.5), (0.02, 0.1, 0.02, 0.1, 0.05, 0.3)
    true = {0: (1, 1), 1: (2, 2), 2: (3, 4), 3: (3, 4), 4: (5, 5), 5: (6, 6)}
    missed = 0
    for trial in range(300):
        cells = {
            cell: times(middle, noise, rounds=6, seed=10 * trial + cell)
            for cell, (middle, noise) in enumerate(zip(middles, noises, strict=True))
        }
        for cell, one in standings(cells, 0.05, 0.05).items():
            low, high = true[cell]
            missed += one.low > low or one.high < high
    assert missed / 1800 < 0.05


def test_the_reference_is_tested_against_the_others_and_not_among_all_pairs() -> None:
    """36 cells, 35 of them alike: Holm over 630 pairs needed 18 times as much."""
    machine = [times(1, 0.3, rounds=4, seed=cell) for cell in range(36)]
    machine[0] = {number: 45 * seconds for number, seconds in machine[0].items()}
    found = standings(dict(enumerate(machine)), 0.05, 0.05)
    assert found[0].low > 30
    assert {found[cell].low for cell in range(1, 36)} == {1}


def test_p_values_are_holms_of_the_family_in_which_they_are_larger() -> None:
    """Cell 1 is in three pairs, and 0 in two: 3 x 0.01, where 2 x 0.01 would do for 0."""
    p = {
        frozenset(pair): value
        for pair, value in {(0, 1): 0.01, (0, 2): 0.5, (1, 2): 0.2, (1, 3): 0.9}.items()
    }
    assert ranks.adjusted(p)[frozenset((0, 1))] == pytest.approx(0.03)
    assert ranks.adjusted(p)[frozenset((0, 2))] == pytest.approx(0.5)


def test_so_many_more_rounds_tell_in_four_of_five() -> None:
    """A true difference of 10 %, and one of none, for which the margin of 5 % is asked."""
    for centre, noise in ((math.log(1.1), 0.1), (0.0, 0.05)):
        seen = LogRatio(centre, noise / math.sqrt(5), 5)
        rounds = 5 + seen.more_rounds(0.05, 0.05)
        chance, told = random.Random(1), 0
        for _ in range(400):
            logs = [chance.gauss(centre, noise) for _ in range(rounds)]
            above = {number: math.exp(one) for number, one in enumerate(logs)}
            one = ranks.log_ratio(above, dict.fromkeys(above, 1.0))
            assert one is not None
            told += one.p <= 0.05 or one.within(0.05, 0.05)
        assert 0.7 < told / 400 < 0.95


def test_rounds_that_would_tell_grow_with_the_square_of_the_noise() -> None:
    few, many = (LogRatio(0.1, error, 10).more_rounds(0.05, 0.05) for error in (0.05, 0.5))
    assert 10 < few < 30
    assert 80 < (many + 10) / (few + 10) < 120


def test_only_what_may_be_first_needs_rounds_to_be_told_from_it() -> None:
    cells = {0: times(1, 0.1), 1: times(1.02, 0.1, seed=3), 2: times(2, 0.1)}
    found = standings(cells, 0.05, 0.05)
    needed = [one.more_rounds for one in found.values()]
    assert needed[0] == needed[2] == 0 < needed[1]


def test_what_equals_the_first_needs_rounds_to_equal_the_others_that_do() -> None:
    """Two are within 5 % of the first, and not known to be of each other."""
    logs = {0: LogRatio(0.0, 0.001, 6), 1: LogRatio(0.04, 0.02, 6)}
    ratios = {(0, 1): logs[0], (0, 2): logs[0], (1, 2): logs[1]}
    known = {
        0: Standing(1, 3, frozenset(), frozenset({1, 2}), True),
        1: Standing(1, 3, frozenset(), frozenset({0}), False),
        2: Standing(1, 3, frozenset(), frozenset({0}), False),
    }
    needed = [one.more_rounds for one in ranks._with_rounds(known, ratios, 0.05, 0.05).values()]
    assert needed == [0, 0, logs[1].more_rounds(0.05, 0.025)]
    assert needed[2] > 0


@pytest.mark.parametrize(("cells", "least"), [(2, 3), (6, 4), (36, 5)])
def test_more_cells_need_more_rounds(cells: int, least: int) -> None:
    assert fewest_rounds(cells) == least


def test_a_standing_of_the_only_cell_is_first() -> None:
    assert standings({7: times(1)}, 0.05, 0.05) == {
        7: Standing(1, 1, frozenset(), frozenset(), False)
    }
