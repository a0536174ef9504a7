"""Histograms against numpy's percentiles, and texts that the HdrHistogram library wrote."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode

import numpy as np
import pytest

from concbench.reports.errors import DamagedRun
from concbench.reports.run.histogram import HIGHEST, Histogram, read

PRECISION = 0.01
"""Two significant digits, rounded up."""
OF_THE_LIBRARY = {
    "HISTFAAAADF4nJNpmSzMwMDAzwABTFCakYGB2c1gxwIG+w9QAZafzExMT8VZjjIxvddgAgCvMAhA": [
        *(1, 1, 255, 256, 1_000_000, 1_000_000, 2_500_000, 3_600_000_000_000),
    ],
    "HISTFAAAAB54nJNpmSzMgABMUJqRgYHZzWDHAgb7DxABAE4gBEo=": [],
}
"""Written by hdrhistogram 0.10.8, which older versions of concbench used."""
OF_THREE_DIGITS = "HISTFAAAAB14nJNpmSzMgADMUJoRyHQz2LGAwf4DRAAATjkESw=="


def text(seconds: list[float]) -> str:
    made = Histogram()
    for second in seconds:
        made.add(round(second * 1e9))
    return made.text()


def of(durations: list[int]) -> Histogram:
    made = Histogram()
    for duration in durations:
        made.add(duration)
    return made


@pytest.mark.parametrize("spread", [0.01, 1.0, 3.0])
@pytest.mark.parametrize("percent", [0, 1, 50, 90, 99, 99.9, 100])
def test_a_percentile_is_numpys_and_less_than_a_hundredth_more(spread: float, percent: float):
    values = np.random.default_rng(7).lognormal(14, spread, 4999).astype(int).clip(1, HIGHEST)
    exact = np.percentile(values, percent, method="inverted_cdf")
    assert exact <= of(values.tolist()).percentile(percent) <= exact * (1 + PRECISION)


def test_durations_beyond_the_range_count_at_its_ends():
    ends = of([-5, 0, 1, 2 * HIGHEST])
    assert (ends.total, ends.percentile(75)) == (4, 1)
    assert ends.percentile(100) == pytest.approx(HIGHEST, rel=PRECISION)


def test_an_empty_histogram_has_no_percentile():
    with pytest.raises(ValueError, match="empty"):
        Histogram().percentile(50)


@pytest.mark.parametrize(("stored", "durations"), OF_THE_LIBRARY.items())
def test_what_the_library_wrote_is_read_and_written_alike(stored: str, durations: list[int]):
    assert read(stored) == of(durations)
    mine, its = (zlib.decompress(b64decode(one)[8:]) for one in (of(durations).text(), stored))
    assert mine == its


@pytest.mark.parametrize("count", [1, 63, 64, 2**13, 2**54, 2**55, 2**56 + 1, 2**62])
def test_a_count_of_any_size_is_read_as_it_was_written(count: int):
    made = Histogram()
    made.add(7, count)
    made.add(9_000_000)
    assert read(made.text()) == made


def test_a_curve_of_very_many_ends():
    made = Histogram()
    made.add(1000, 2**60)
    made.add(2000)
    assert made.curve()[-1] == (100, pytest.approx(2e-6, rel=PRECISION))


def test_a_text_without_end_does_not_fill_the_memory():
    payload = zlib.compress(bytes(1 << 24))
    bomb = (0x1C849314).to_bytes(4, "big") + len(payload).to_bytes(4, "big") + payload
    with pytest.raises(DamagedRun, match="has no end"):
        read(b64encode(bomb).decode())


WHOLE = text([n / 1000 for n in range(1, 1001)])


def test_a_curve_has_the_percentiles_of_what_was_recorded() -> None:
    """Of 1, 2 ... 1000 ms the percentile p is 10 p ms."""
    found = read(WHOLE).curve()
    for percentile, seconds in found:
        expected = max(1, percentile * 10) / 1000
        assert seconds == pytest.approx(expected, rel=PRECISION, abs=0.001)
    assert (found[0][0], found[-1][0]) == (0, 100)
    assert found == sorted(set(found))


def test_a_curve_is_denser_towards_its_tail() -> None:
    found = read(text([n / 1e6 for n in range(1, 10_001)])).curve()
    halves = [
        sum(low <= p < high for p, _ in found) for low, high in ((0, 50), (50, 75), (75, 87.5))
    ]
    assert max(halves) - min(halves) <= 1


def test_a_long_and_a_short_time_are_both_kept() -> None:
    found = read(text([1e-9, 3000.0])).curve()
    assert (found[0][1], found[-1][1]) == pytest.approx((1e-9, 3000), rel=PRECISION)


def test_an_empty_histogram_has_no_curve() -> None:
    assert read(text([])).curve() == []


@pytest.mark.parametrize(
    "damaged", ["", "xxx", "\u00e9", "A" * 100, WHOLE[:90], "HISTFAAA", OF_THREE_DIGITS]
)
def test_what_is_no_histogram_is_damage(damaged: str) -> None:
    with pytest.raises(DamagedRun, match=r"not a histogram: \w"):
        read(damaged)
