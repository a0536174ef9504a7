from __future__ import annotations

import random

from concbench.reports.stats.intervals import ranks


def times(middle: float, noise: float = 0.01, rounds: int = 8, seed: int = 0) -> dict[int, float]:
    chance = random.Random(f"{middle} {seed}")
    return {number: middle * chance.lognormvariate(0, noise) for number in range(rounds)}


def test_clear_differences_are_ranked() -> None:
    assert ranks({0: times(3), 1: times(1), 2: times(2)}, 0.05) == {1: 1, 2: 2, 0: 3}


def test_what_is_not_slower_shares_the_rank_and_leaves_the_next_one_out() -> None:
    cells = {0: times(1, seed=1), 1: times(1, seed=2), 2: times(2), 3: times(3)}
    assert ranks(cells, 0.05) == {0: 1, 1: 1, 2: 3, 3: 4}


def test_a_noisy_cell_shares_the_first_rank_past_a_clearly_slower_one() -> None:
    cells = {0: times(1), 1: times(1.2), 2: times(1.5, noise=0.8)}
    assert ranks(cells, 0.05) == {0: 1, 2: 1, 1: 3}


def test_what_a_round_has_in_common_hides_no_difference() -> None:
    machine = times(1, noise=0.5)
    slower = {number: 1.02 * seconds for number, seconds in machine.items()}
    slower[0] *= 1.001
    assert ranks({0: slower, 1: machine}, 0.05) == {1: 1, 0: 2}


def test_one_round_ranks_nobody() -> None:
    assert ranks({0: {0: 1.0}, 1: {0: 2.0}}, 0.05) == {}
    assert ranks({0: times(1), 1: {0: 2.0}}, 0.05) == {0: 1}


def test_cells_without_a_common_round_are_not_told_apart() -> None:
    assert ranks({0: {0: 1.0, 1: 1.0}, 1: {2: 9.0, 3: 9.1}}, 0.05) == {0: 1, 1: 1}


def test_equal_times_share_and_different_ones_without_variance_do_not() -> None:
    same = dict.fromkeys(range(5), 1.0)
    assert ranks({0: same, 1: same, 2: dict.fromkeys(range(5), 2.0)}, 0.05) == {0: 1, 1: 1, 2: 3}


def test_six_equal_cells_are_rarely_told_apart() -> None:
    """Any of the 15 pairs wrongly apart in at most 5 % of families: Holm, not pair by pair."""
    families = [
        ranks({cell: times(1, rounds=5, seed=6 * trial + cell) for cell in range(6)}, 0.05)
        for trial in range(600)
    ]
    wrong = sum(set(family.values()) != {1} for family in families)
    assert wrong / len(families) < 0.07
