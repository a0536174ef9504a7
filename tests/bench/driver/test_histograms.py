"""Histograms and percentiles, against the library's own slow way and a sorted list."""

from __future__ import annotations

import random

import pytest
from hdrh.histogram import HdrHistogram

from concbench.driver.probe_results import corrected, encoded, percentile, text
from concbench.reports.run import probes


def test_a_histogram_is_the_one_of_value_after_value():
    chance = random.Random(3)
    values = [int(10 ** chance.uniform(0, 12)) for _ in range(3000)] + [0, 1, 255, 256, 257]
    one_by_one = HdrHistogram(1, probes.HIGHEST, 2)
    for value in values:
        one_by_one.record_value(max(1, value))
    read = HdrHistogram.decode(text(values))
    assert read.get_total_count() == len(values)
    for percent in (0, 1, 10, 50, 90, 99, 99.9, 100):
        slow = one_by_one.get_value_at_percentile(percent)
        assert read.get_value_at_percentile(percent) == slow


def test_a_duration_beyond_the_histogram_counts_at_its_end():
    assert HdrHistogram.decode(text([2 * probes.HIGHEST])).get_total_count() == 1


def test_histograms_of_two_passes_can_be_added():
    both = HdrHistogram.decode(text([1000] * 3))
    both.decode_and_add(text([2000] * 5))
    assert both.get_total_count() == 8


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
    histogram = corrected([100_000] * 75 + [50_000_000], interval)
    # 50, 48, 46 ... 2 ms
    assert histogram.get_total_count() == 75 + 25
    assert histogram.get_value_at_percentile(99) > 45_000_000
    assert histogram.get_value_at_percentile(74) < 110_000
    assert encoded(histogram).startswith("HIST")
