from __future__ import annotations

import math

import pytest

from concbench.reports import numbers


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (1.5e-9, "1.50 ns"),
        (3.004e-4, "300 us"),
        (0.0417, "41.7 ms"),
        (0.99949, "999 ms"),
        (0.9996, "1.00 s"),
        (59.94, "59.9 s"),
        (59.96, "1.00 min"),
        (90, "1.50 min"),
        (1e6, "16,700 min"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_a_duration_has_three_digits_in_the_largest_unit_that_fits(
    seconds: float | None, said: str
) -> None:
    assert numbers.duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(15.49, "15.5"), (1234.0, "1,230"), (0.0414, "0.0414"), (9.996, "10.0"), (0, "0")],
)
def test_digits_are_significant_ones(value: float, said: str) -> None:
    assert numbers.digits(value) == said


@pytest.mark.parametrize(
    ("fraction", "said"),
    [
        (0.957, "96%"),
        (0.0123, "1.2%"),
        (0.0994, "9.9%"),
        (0.0996, "10%"),
        (12.0, "1,200%"),
        (0, "0%"),
    ],
)
def test_a_percentage_below_ten_has_two_digits(fraction: float, said: str) -> None:
    assert numbers.percent(fraction) == said


def test_bounds_have_as_many_decimals_as_what_they_bound() -> None:
    assert numbers.interval(15.49, 3.14159, 98.7) == "15.5x [3.1, 98.7]"
    assert numbers.interval(1.001, 0.9701, 1.03) == "1.00x [0.97, 1.03]"
    assert numbers.interval(0.9621, 0.8991, 1.03) == "0.96x [0.90, 1.03]"


def test_an_interval_without_bounds_or_doubt_is_the_ratio() -> None:
    assert numbers.interval(15.49, None, None) == "15.5x"
    assert numbers.interval(1.0, 1.0, 1.0) == "1.00x"
    assert numbers.interval(None, None, None) == "-"


def test_counts_are_separated_by_thousands() -> None:
    assert [numbers.count(value) for value in (10_000, 1534.4, 64, 9.812, None)] == [
        "10,000",
        "1,534",
        "64",
        "9.81",
        "-",
    ]


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    assert numbers.printable("na\N{DIAERESIS}me\n\x1b[31m", "ascii") == r"na\xa8me\n\x1b[31m"
    assert numbers.printable("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "utf-8").endswith("\xe9")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (48_200_000, "48 MB"),
        (1_240_000_000, "1.2 GB"),
        (999_600, "1.0 MB"),
        (9_960, "10 kB"),
        (-340_000, "-340 kB"),
        (0, "0 B"),
        (None, "-"),
    ],
)
def test_a_size_has_two_digits_below_ten(count: int | None, said: str) -> None:
    assert numbers.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.233, "233 ms"), (0.00123, "1.2 ms"), (9.996e-4, "1.0 ms"), (0, "0 s"), (None, "-")],
)
def test_a_brief_duration_has_two_digits_below_ten(seconds: float | None, said: str) -> None:
    assert numbers.brief(seconds) == said


def test_lists_end_in_and() -> None:
    assert numbers.listed(["a"]) == "a"
    assert numbers.listed(["a", "b", "c"]) == "a, b and c"
