from __future__ import annotations

from itertools import combinations
from math import dist

import pytest

from concbench.reports.charts import colour
from concbench.reports.charts.style import luminance, marker

BUILT_IN = (
    *("sequential", "threading", "multiprocessing"),
    *("asyncio", "asyncio+to_thread", "asyncio+processpool"),
)
OTHERS = tuple(f"strategy_{place}" for place in range(40))

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
EYES = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def seen(colour: str, eye: str) -> tuple[float, float, float]:
    """The colour as that eye sees it, in CIELAB."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    r, g, b = (
        min(1.0, max(0.0, sum(w * p for w, p in zip(row, linear, strict=True))))
        for row in EYES[eye]
    )
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("eye", EYES)
def test_built_in_strategies_are_told_apart_by_every_eye(eye: str) -> None:
    for first, second in combinations(BUILT_IN, 2):
        apart = dist(seen(colour(first), eye), seen(colour(second), eye))
        assert apart > 25, (first, second)  # 2.3 is just noticeable side by side


def test_built_in_strategies_differ_without_any_colour() -> None:
    assert len({*map(marker, BUILT_IN)}) == len(BUILT_IN)


@pytest.mark.parametrize("name", [*BUILT_IN, *OTHERS])
def test_every_colour_stands_out_from_a_white_and_from_a_dark_page(name: str) -> None:
    light = luminance(colour(name))
    dark_page = luminance("#16181d")
    assert 1.05 / (light + 0.05) > 2.7
    assert (light + 0.05) / (dark_page + 0.05) > 2.7


def test_other_strategies_never_look_like_a_built_in_one() -> None:
    assert not {*map(colour, OTHERS)} & {*map(colour, BUILT_IN)}
    looks = {(colour(name), marker(name)) for name in OTHERS}
    assert len(looks) > 25
    assert colour("strategy_1") == colour("strategy_1") and colour("\ud800").startswith("#")


def test_luminance_is_that_of_the_standard() -> None:
    assert luminance("#ffffff") == pytest.approx(1)
    assert luminance("#000000") == 0
    assert luminance("#777777") == pytest.approx(0.1845, abs=1e-3)
