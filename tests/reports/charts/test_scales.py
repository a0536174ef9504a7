from __future__ import annotations

import math

import pytest

from reports.charts import scales


@pytest.mark.parametrize("low", [1e-7, 3.3e-5, 0.042, 1.0, 59.0, 3600.0, 1e5])
@pytest.mark.parametrize("factor", [1.0, 1.001, 1.5, 9.0, 11.0, 1e3, 1e6, 3.6e10])
@pytest.mark.parametrize("zero", [False, True])
def test_an_axis_of_time_holds_its_values_and_has_a_few_ticks(
    low: float, factor: float, zero: bool
) -> None:
    scale = scales.seconds([low, low * factor], zero=zero)
    assert scale.low <= low and low * factor <= scale.high
    assert all(scale.low <= tick * 1.06 and tick <= 1.06 * scale.high for tick in scale.ticks)
    assert 1 <= len(scale.ticks) <= 9
    assert list(scale.ticks) == sorted(scale.ticks)
    assert len({*scale.labels}) == len(scale.labels) == len(scale.ticks)
    assert scale.log == (not zero and factor > 10)
    assert (scale.low == 0) == zero


def test_ticks_are_what_a_reader_wants() -> None:
    assert scales.seconds([0.0, 0.65], zero=True).labels == ["0", "200 ms", "400 ms", "600 ms"]
    assert scales.seconds([0.05, 0.7]).labels == ["50 ms", "100 ms", "200 ms", "500 ms"]
    assert scales.seconds([1e-7, 3600]).labels == ["1 us", "1 ms", "1 s", "1 min"]
    assert scales.numbers([16.0], "x", zero=True).labels == ["0", "5x", "10x", "15x"]
    assert scales.numbers([90, 3100], log=True).labels == ["100", "200", "500", "1,000", "2,000"]
    assert scales.numbers([1, 4e10], "x", log=True).labels[-1] == "10Gx"


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, 1.0], [0.0], [0.0, 0.0]])
def test_what_is_no_number_breaks_no_axis(values: list[float]) -> None:
    for scale in (scales.seconds(values), scales.numbers(values), scales.numbers(values, log=True)):
        assert math.isfinite(scale.low) and scale.low < scale.high < math.inf


def test_a_place_is_a_share_of_the_axis() -> None:
    straight = scales.numbers([0, 10])
    assert straight.place(straight.low) == 0 and straight.place(straight.high) == 1
    log = scales.numbers([1, 100], log=True)
    assert log.place(10) == pytest.approx(0.5)
