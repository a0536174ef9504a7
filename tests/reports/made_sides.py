"""Runs of two sides made up for tests: a machine that drifts, and one side slower by a factor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from concbench import reports
from concbench.reports.run.stored import Stored

from .made import Made, folder, sequential, sided

HERE, THERE = "working tree", "git:main (1a2b3c4)"
FIXED = {"rounds_limit": 6}
DRIFT = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]


def times(factor: float, noise: float = 1e-4) -> list[float | None]:
    return [factor * value + noise * (place % 2) for place, value in enumerate(DRIFT)]


def two(factor: float = 1.0, **other: Any) -> list[Made]:
    """Two sides, the second of which takes so many times as long under threading."""
    there = [sequential(times(4)), Made("threading", times(1))]
    return sided({THERE: there, HERE: [there[0], Made("threading", times(factor), **other)]})


def run(path: Path, made: list[Made], **facts: Any) -> Stored:
    return reports.read(folder(path, made, **{"id": path.name, **FIXED, **facts}))
