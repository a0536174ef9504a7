from __future__ import annotations

import math

import pytest
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from concbench.reports.charts import scales


@pytest.fixture
def axis() -> Axis:
    return Figure().add_subplot().xaxis


def words(axis: Axis) -> list[str]:
    return [tick.get_text() for tick in axis.get_ticklabels()]


@pytest.mark.parametrize("low", [1e-7, 3.3e-5, 0.042, 1.0, 59.0, 3600.0, 1e5])
@pytest.mark.parametrize("factor", [1.0, 1.001, 1.5, 9.0, 11.0, 1e3, 1e6, 3.6e10])
@pytest.mark.parametrize("zero", [False, True])
def test_an_axis_of_time_holds_its_values_and_has_a_few_ticks(
    axis: Axis, low: float, factor: float, zero: bool
) -> None:
    scales.seconds(axis, [low, low * factor], "time", zero=zero)
    start, end = axis.get_view_interval()
    assert (start > low / 10 and end < 10 * low * factor) or zero
    assert start <= low and low * factor <= end
    ticks = list(axis.get_ticklocs())
    assert all(start <= tick * 1.001 and tick <= 1.001 * end for tick in ticks)
    assert 2 <= len(ticks) <= 9
    assert ticks == sorted(ticks)
    assert len({*words(axis)}) == len(words(axis)) == len(ticks)
    assert (axis.get_scale() == "log") == (not zero and factor > 10)
    assert axis.get_label_text() == "time" + " (logarithmic)" * (axis.get_scale() == "log")
    assert (start == 0) == zero


def test_ticks_are_what_a_reader_wants(axis: Axis) -> None:
    scales.seconds(axis, [0.0, 0.65], "", zero=True)
    assert words(axis) == ["0", "200 ms", "400 ms", "600 ms"]
    scales.seconds(axis, [100, 320], "")
    assert words(axis) == ["2 min", "3 min", "4 min", "5 min"]
    scales.seconds(axis, [0.05, 0.7], "")
    assert words(axis) == ["50 ms", "100 ms", "200 ms", "500 ms"]
    scales.seconds(axis, [1e-7, 3600], "")
    assert words(axis) == ["100 ns", "10 us", "1 ms", "100 ms", "10 s", "1,000 s"]
    scales.numbers(axis, [16.0], "", "x", zero=True)
    assert words(axis) == ["0", "5x", "10x", "15x"]
    scales.numbers(axis, [90, 3100], "", log=True)
    assert words(axis) == ["100", "200", "500", "1,000", "2,000"]
    scales.numbers(axis, [1, 4e10], "", "x", log=True)
    assert words(axis)[-1] == "10Gx"
    scales.numbers(axis, [0.42, 0.48], "", " %", scale=100)
    assert words(axis)[0] == "42 %" and axis.get_ticklocs()[0] == pytest.approx(0.42)


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, 1.0], [0.0], [0.0, 0.0]])
def test_what_is_no_number_breaks_no_axis(axis: Axis, values: list[float]) -> None:
    for log, zero in ((False, False), (True, False), (False, True)):
        scales.numbers(axis, values, "", log=log, zero=zero)
        low, high = axis.get_view_interval()
        assert math.isfinite(low) and low < high < math.inf
        scales.seconds(axis, values, "", zero=zero)
        low, high = axis.get_view_interval()
        assert math.isfinite(low) and low < high < math.inf


def test_room_at_the_ends_is_a_share_of_the_axis(axis: Axis) -> None:
    scales.seconds(axis, [1.0, 2.0], "")
    low, high = axis.get_view_interval()
    scales.seconds(axis, [1.0, 2.0], "", room=0.1)
    assert axis.get_view_interval() == pytest.approx([low - 0.1, high + 0.1])
