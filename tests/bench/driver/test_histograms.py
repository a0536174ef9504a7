"""Histograms of a pass, and percentiles of a sorted list."""

from __future__ import annotations

import pytest

from concbench.driver.probe_results import corrected, percentile, text
from concbench.reports.run import histogram


def test_the_text_of_durations_has_each_in_its_slot():
    values = [1000] * 3 + [2000] * 5
    read = histogram.read(text(values))
    assert read.total == len(values)
    assert [read.percentile(percent) for percent in (37, 38)] == pytest.approx(
        [1000, 2000], rel=0.01
    )


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1), (1, 1), (50, 50), (95, 95), (99, 99), (100, 100)]
)
def test_a_percentile_is_a_value_that_was_seen(percent, value):
    assert percentile(range(1, 101), percent) == value
    assert percentile([7], percent) == 7


def test_a_percentile_of_few_is_the_nearest_above():
    assert [percentile([1, 2, 3], percent) for percent in (33, 34, 50, 67, 99)] == [1, 2, 2, 3, 3]


def test_a_freeze_weighs_as_much_as_all_that_was_due_meanwhile():
    interval = 2_000_000
    delays = corrected([100_000] * 75 + [50_000_000], interval)
    # 50, 48, 46 ... 2 ms
    assert delays.total == 75 + 25
    assert delays.percentile(99) > 45_000_000
    assert delays.percentile(74) < 110_000
