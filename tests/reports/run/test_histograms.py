from __future__ import annotations

import subprocess
import sys

import pytest
from hdrh.histogram import HdrHistogram

from concbench.reports.errors import DamagedRun
from concbench.reports.run import probes

PRECISION = 0.01
"""Two significant digits, rounded up."""


def text(seconds: list[float]) -> str:
    made = HdrHistogram(1, 3_600_000_000_000, 2)
    for second in seconds:
        made.record_value(round(second * 1e9))
    encoded: bytes = made.encode()
    return encoded.decode()


WHOLE = text([n / 1000 for n in range(1, 1001)])


def test_a_curve_has_the_percentiles_of_what_was_recorded() -> None:
    """Of 1, 2 ... 1000 ms the percentile p is 10 p ms."""
    found = probes.curve(WHOLE)
    for percentile, seconds in found:
        expected = max(1, percentile * 10) / 1000
        assert seconds == pytest.approx(expected, rel=PRECISION, abs=0.001)
    assert (found[0][0], found[-1][0]) == (0, 100)
    assert found == sorted(set(found))


def test_a_curve_is_denser_towards_its_tail() -> None:
    found = probes.curve(text([n / 1e6 for n in range(1, 10_001)]))
    halves = [
        sum(low <= p < high for p, _ in found) for low, high in ((0, 50), (50, 75), (75, 87.5))
    ]
    assert max(halves) - min(halves) <= 1


def test_a_long_and_a_short_time_are_both_kept() -> None:
    found = probes.curve(text([1e-9, 3000.0]))
    assert (found[0][1], found[-1][1]) == pytest.approx((1e-9, 3000), rel=PRECISION)


def test_an_empty_histogram_has_no_curve() -> None:
    assert probes.curve(text([])) == []


def test_merged_is_the_histogram_of_all_together() -> None:
    first, second = [0.001, 0.002, 0.5], [0.003, 7.0]
    both = probes.merge([text(first), text(second)])
    assert probes.curve(both) == probes.curve(text(first + second))
    assert probes.curve(probes.merge([])) == []


@pytest.mark.parametrize("damaged", ["", "xxx", "\u00e9", "A" * 100, WHOLE[:90], "HISTFAAA"])
def test_what_is_no_histogram_is_damage(damaged: str) -> None:
    with pytest.raises(DamagedRun, match=r"not a histogram: \w"):
        probes.curve(damaged)


def test_reading_a_run_loads_no_library_of_histograms() -> None:
    code = "import concbench.reports.run.probes, reports.run.probes, sys; assert 'hdrh' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
