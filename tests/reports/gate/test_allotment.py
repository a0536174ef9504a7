"""Who is measured next."""

from __future__ import annotations

from dataclasses import replace

from concbench.reports.gate.decision import choose, judge, values

from .drawn import evidence


def wanted(evidence, left):
    return choose(judge(evidence), left)


QUIET, SUSPECT = (0.001, -0.001) * 4, (0.1, 0.101) * 2
DOUBTFUL, NOISY = (0.04, -0.04) * 4, (0.08, -0.08) * 4
NOISIER, HOPELESS = (0.09, -0.09) * 4, (2.0, -2.0) * 4


def test_every_pair_is_looked_at_once_whatever_it_costs():
    assert wanted(evidence((), (), seconds=1000.0), 1.0) == (0, 1)
    assert wanted(evidence(QUIET[:3], QUIET), 1.0) == (0,)


def test_a_pair_that_is_decided_is_not_measured_again():
    slower = SUSPECT * 3
    other = replace(evidence(NOISY)[0], cell=2, other_work=True)
    assert wanted([*evidence(QUIET, slower), other], 600) == ()


def test_with_time_enough_all_others_are_measured():
    assert set(wanted(evidence(QUIET, DOUBTFUL, NOISY), 10**5)) == {1, 2}


def test_all_others_wait_for_a_suspect_that_is_soon_decided():
    assert wanted(evidence(DOUBTFUL, SUSPECT), 10**5) == (1,)


def test_suspects_that_take_longer_come_first_and_not_alone():
    assert wanted(evidence(QUIET, DOUBTFUL, SUSPECT), 39) == (2, 1)  # 8 s, and 22


def test_when_time_is_short_the_least_needy_are_decided_before_the_others():
    all_of_it = evidence(NOISY, DOUBTFUL, HOPELESS)
    assert wanted(all_of_it, 10**9) == (1, 0, 2)
    assert wanted(all_of_it, 100) == (1,)  # 22 s, and 92


def test_what_nobody_could_finish_is_still_given_to_the_least_needy():
    assert wanted(evidence(NOISY, NOISIER), 50) == (0,)


def test_a_budget_is_not_burnt_on_what_has_no_hope():
    assert wanted(evidence(HOPELESS), 100) == ()


def test_without_time_left_nothing_is_measured():
    assert wanted(evidence(DOUBTFUL, SUSPECT), 0) == ()


def test_a_pair_goes_on_until_all_its_metrics_are_decided():
    batch, cpu = (replace(one, cell=7) for one in evidence(QUIET, DOUBTFUL))
    assert wanted([batch, replace(cpu, metric="cpu")], 600) == (7,)
    assert wanted([batch, replace(batch, metric="cpu")], 600) == ()


def test_the_needs_of_a_pair_are_those_of_its_neediest_metric():
    batch, cpu = (replace(one, cell=7) for one in evidence(DOUBTFUL, HOPELESS))
    assert wanted([batch, replace(cpu, metric="cpu")], 100) == ()


def test_a_process_gives_as_many_values_as_cost_what_its_start_does():
    assert [values(seconds) for seconds in (1e-3, 0.025, 0.04, 0.1, 0.4, 5.0)] == [8, 8, 5, 3, 3, 1]
