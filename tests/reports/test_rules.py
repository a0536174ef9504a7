"""Rules that no other file holds, each seen to be broken by `nox -s mutants`."""

from __future__ import annotations

from concbench.reports.stats.stopping import Cohort, wanted


def test_one_wide_interval_keeps_its_whole_block_going() -> None:
    noisy = [{0: 1.0, 1: 0.1 + 1e-5 * (n % 2), 2: 0.2 + 0.1 * (n % 2)} for n in range(8)]
    assert wanted([Cohort((0, 1, 2), 0)], noisy) == {0, 1, 2}
    assert not wanted([Cohort((0, 1), 0)], noisy)
