"""Runs that measured several sides in the same rounds, read and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.errors import DamagedRun

from ..made import Made, run_json, sided
from ..made_sides import HERE, THERE, run, times, two


def test_the_suites_of_all_sides_are_read_in_the_order_they_ran(tmp_path: Path) -> None:
    stored = run(tmp_path, two())
    assert (tmp_path / "samples-2.json").exists()
    assert [one.cell for one in stored.processes] == [0, 1, 2, 3] * 6
    assert [side.title for side in stored.run.sides] == [THERE, HERE]


@pytest.mark.parametrize("name", ["run.json", "samples.json", "samples-2.json"])
def test_a_file_of_a_run_s_folder_stands_for_all_its_sides(tmp_path: Path, name: str) -> None:
    run(tmp_path, two())
    assert len(reports.read(tmp_path / name).processes) == 24


def test_a_side_s_suite_alone_still_says_its_side(tmp_path: Path) -> None:
    run(tmp_path / "run", two())
    alone = (tmp_path / "run" / "samples-2.json").rename(tmp_path / "alone.json")
    stored = reports.read(alone)
    assert [side.title for side in stored.run.sides] == [HERE]
    assert {cell.side for cell in stored.run.cells} == {HERE}


def test_a_side_that_measured_nothing_has_no_suite(tmp_path: Path) -> None:
    made = sided({HERE: [Made("x", times(1))], THERE: [Made("x", status="failed", reason="r")]})
    assert len(run(tmp_path, made).processes) == 6


def damaged(**changes: Any) -> dict[str, Any]:
    return {**run_json(two()), **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sides": []}, "which is none of its sides"),
        ({"sides": run_json(two())["sides"] * 2}, "two sides have the same title or file"),
        ({"sides": [{"title": "a", "name": "a", "samples": "../x.json"}]}, "sides.0.samples"),
        (
            {"cells": [{**cell, "pair": 0} for cell in run_json(two())["cells"]]},
            "two cells of the same pair",
        ),
    ],
)
def test_sides_that_cannot_be_are_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    run(tmp_path, two())
    (tmp_path / "run.json").write_text(json.dumps(damaged(**changes)))
    with pytest.raises(DamagedRun, match=said):
        reports.read(tmp_path)


def test_a_suite_holds_cells_of_its_side_alone(tmp_path: Path) -> None:
    run(tmp_path, two())
    (tmp_path / "samples-2.json").write_bytes((tmp_path / "samples.json").read_bytes())
    with pytest.raises(DamagedRun, match=r"^\S+samples-2\.json has times of a cell 0"):
        reports.read(tmp_path)
