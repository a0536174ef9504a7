from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import stdtrit

from concbench.reports.stats import intervals, stopping
from concbench.reports.stats.stopping import Cohort, wanted

Noise = Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]]

TRIALS, LONGEST = 20_000, 64
CELLS = Cohort((0, 1, 2), reference=0)


def history(
    rounds: int, noise: float = 0.001, without: int | None = None
) -> list[dict[int, float]]:
    """Times that differ by `noise` from round to round, the reference's the other way."""
    made = []
    for number in range(rounds):
        bend = noise if number % 2 else -noise
        made.append({0: 1.0 - bend, 1: 0.1 + 0.1 * bend, 2: 0.2 + 0.2 * bend})
    return [{cell: t for cell, t in one.items() if cell != without} for one in made]


def test_a_block_stops_at_the_first_look_when_tight() -> None:
    assert [bool(wanted([CELLS], history(rounds))) for rounds in (0, 1, 7, 8)] == [True] * 3 + [
        False
    ]


def test_only_planned_rounds_are_looked_at() -> None:
    stopped = [rounds for rounds in range(70) if not wanted([CELLS], history(rounds))]
    assert stopped == [8, 16, 32, 64]


def test_wide_intervals_go_on() -> None:
    assert wanted([CELLS], history(32, noise=0.1)) == {0, 1, 2}


def test_a_blocks_cells_stop_together_and_apart_from_other_blocks() -> None:
    wide = [{3: 1.0 + 0.2 * (number % 2), 4: 1.0} for number in range(8)]
    both = [a | b for a, b in zip(history(8), wide, strict=True)]
    assert wanted([CELLS, Cohort((3, 4), 4)], both) == {3, 4}


def test_a_stopped_block_stays_stopped_while_others_go_on() -> None:
    both = history(8) + [{3: 1.0 + 0.2 * (number % 2), 4: 1.0} for number in range(3)]
    assert wanted([CELLS, Cohort((3, 4), 4)], both) == {3, 4}


def test_speed_ups_decide_even_where_batch_times_are_wide() -> None:
    drifting = [{0: 2.0 ** (number % 3), 1: 0.1 * 2.0 ** (number % 3)} for number in range(8)]
    assert not wanted([Cohort((0, 1), reference=0)], drifting)
    assert wanted([Cohort((0, 1), reference=None)], drifting)


def test_a_cell_that_failed_holds_up_nobody() -> None:
    partly = history(3, noise=0.1) + history(5, without=2)
    assert wanted([CELLS], partly) == {0, 1, 2}  # the first three are wide for the others too
    assert not wanted([CELLS], [{0: 1.0, 1: 0.1, 2: 9.0}, *history(7, without=2)])


def test_a_reference_that_failed_leaves_batch_times_to_decide() -> None:
    assert not wanted([CELLS], history(8, without=0))
    assert wanted([CELLS], history(8, noise=0.1, without=0))


def test_a_block_of_the_reference_alone_stops() -> None:
    assert not wanted([Cohort((0,), 0)], [{0: 1.0}] * 8)


def test_the_budget_of_misses_is_never_overspent() -> None:
    """Every level that can be shown, each look and the end after the last, adds up to 5 %."""
    spent = sum(1 - stopping.confidence(rounds) for rounds in (8, 16, 32, 64))
    left = 1 - stopping.confidence(65)
    assert spent + left == pytest.approx(stopping.MISSES)
    assert stopping.confidence(7) == pytest.approx(0.95)


def normal(chance: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    return chance.normal(size=shape)


def skewed(chance: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """What a cell waits for the machine and its reference does not, half as much of it."""
    return chance.gamma(2.0, size=shape) - 0.5 * chance.gamma(2.0, size=shape) - 1.0


def bimodal(chance: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Now and then a process is in the slow mode: a pair differs by none, one or minus one."""
    modes = chance.random((2, *shape)) < 0.3
    return 1.0 * modes[0] - modes[1] + chance.normal(0, 0.1, size=shape)


@pytest.mark.parametrize("noise", [normal, skewed, bimodal])
@pytest.mark.parametrize("scale", [0.01, 0.02, 0.03, 0.05])
@pytest.mark.parametrize("budget", [LONGEST, 12])
def test_intervals_hold_the_truth_though_they_stop_the_run(
    noise: Noise, scale: float, budget: int
) -> None:
    """95 % promised; at least 93 % under noise that is far from normal, 94.5 % under normal."""
    chance = np.random.default_rng(20261121)
    logs = scale * noise(chance, (TRIALS, LONGEST))
    covered = covers(logs, budget)
    assert covered >= (0.945 if noise is normal else 0.93)


def covers(logs: NDArray[np.float64], budget: int) -> float:
    """The part of trials whose shown interval holds 0: the rule, for all at once."""
    shown = np.full((len(logs), 2), np.nan)
    going = np.ones(len(logs), dtype=bool)
    for rounds in [look for look in (8, 16, 32, 64) if look < budget] + [budget]:
        low, high = bounds(logs[:, :rounds])
        shown[going] = np.column_stack([low, high])[going]
        going &= np.exp((high - low) / 2) - 1 > stopping.HALF_WIDTH
    return float(np.mean((shown[:, 0] <= 0) & (shown[:, 1] >= 0)))


def bounds(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rounds = logs.shape[1]
    centre = logs.mean(axis=1)
    level = stopping.confidence(rounds)
    half = stdtrit(rounds - 1, (1 + level) / 2) * logs.std(axis=1, ddof=1) / np.sqrt(rounds)
    return centre - half, centre + half


def test_a_plain_interval_looked_at_every_round_would_not() -> None:
    """The reason for the rule: what it guards against is seen by the same simulation."""
    logs = 0.03 * normal(np.random.default_rng(1), (4_000, LONGEST))
    going = np.ones(len(logs), dtype=bool)
    held = np.zeros(len(logs), dtype=bool)
    for rounds in range(3, LONGEST + 1):
        seen = logs[:, :rounds]
        half = stdtrit(rounds - 1, 0.975) * seen.std(axis=1, ddof=1) / np.sqrt(rounds)
        held[going] = (np.abs(seen.mean(axis=1)) <= half)[going]
        going &= half > stopping.HALF_WIDTH
    assert held.mean() < 0.93


def test_the_simulation_is_of_the_rule_itself() -> None:
    logs = 0.03 * normal(np.random.default_rng(7), (40, 16))
    for row in logs:
        rounds = [{0: 1.0, 1: float(np.exp(value))} for value in row]
        low, high = bounds(row[np.newaxis])
        tight = bool(np.exp((high - low) / 2)[0] - 1 <= stopping.HALF_WIDTH)
        assert (not wanted([Cohort((0, 1), 0)], rounds)) == tight
        found = intervals.mean(list(np.exp(row)), stopping.confidence(16))
        assert found.low is not None and np.log(found.low) == pytest.approx(low[0])


def test_the_driver_loads_no_library_for_this() -> None:
    heavy = "{'numpy', 'scipy', 'pandas', 'pyperf', 'pydantic', 'rich', 'matplotlib'}"
    code = f"import concbench.reports.stats.stopping, sys; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_until_it_is_decided_stops_where_one_is_fastest() -> None:
    def left(history):
        return bool(stopping.undecided([CELLS], history, 0.05))

    assert [left(history(rounds)) for rounds in (0, 7, 8, 9)] == [True, True, False, False]
    noisy = [{0: 1.0, 1: 0.1 * (1 + n % 3), 2: 0.1 * (1 + (n + 1) % 3)} for n in range(16)]
    assert left(noisy)


def test_equals_and_an_unbeaten_reference_are_decisions_too() -> None:
    bends = [0.001 * (-1) ** n for n in range(8)]
    equals = [{0: 1.0, 1: 0.1 + bend, 2: 0.1 - bend} for bend in bends]
    assert not stopping.undecided([CELLS], equals, 0.05)
    assert stopping.undecided([CELLS], equals, 0.001)
    slower = [{0: 1.0, 1: 2.0 + bend, 2: 1.0 + bend} for bend in bends]
    assert not stopping.undecided([CELLS], slower, 0.05)
