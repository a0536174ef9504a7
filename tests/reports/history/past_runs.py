"""Runs of some time ago, made up: one after the other, with revisions and a machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concbench.reports import history
from concbench.reports.history.series import Series, series

from ..made import Made, folder, sequential

MACHINE = {"cpu_model": "Made", "cpus": 2, "implementation": "CPython", "python": "3.11.7"}
WOBBLE = (0.0, 0.004, -0.003, 0.001, -0.002)


def run(results: Path, number: int, cells: Sequence[Made], **facts: Any) -> Path:
    """Run 1 is of 1 January, its revision begins with 0000001."""
    run_id = f"{number:04d}-202601{number:02d}T040000Z"
    about: dict[str, Any] = {
        "id": run_id,
        "started": f"2026-01-{number:02d}T04:00:00Z",
        "git": {"revision": f"{number:07d}" + "a" * 33, "branch": "main", "dirty": False},
        "environment": MACHINE,
        "rounds_limit": 3,
        "canary": [],
        "seed": number,
    }
    return folder(results / "runs" / run_id, cells, **{**about, **facts})


def cells(seconds: float, number: int = 0, reference: float = 1.0) -> list[Made]:
    """`threading` at so many seconds, and the reference, with a little noise."""
    noise = 1 + WOBBLE[number % len(WOBBLE)]
    times = [seconds * noise * rounds for rounds in (0.999, 1.0, 1.001)]
    return [sequential([reference * noise] * 3), Made("threading", times)]


def runs(results: Path, seconds: Sequence[float], **facts: Any) -> list[Path]:
    """A run for each of these times of `threading`."""
    return [
        run(results, number, cells(each, number), **facts)
        for number, each in enumerate(seconds, start=1)
    ]


def steps(results: Path, seconds: Sequence[float], *, relative: bool = False) -> list[Series]:
    """The series of `threading` over runs of these times."""
    found, skipped = history.read(runs(results, seconds))
    assert not skipped
    every = series(found, relative=relative)
    return [one for one in every if one.cell.strategy.name == "threading"]
