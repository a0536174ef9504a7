from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from concbench import reports
from concbench.reports.analysis import frames, records
from concbench.reports.run.stored import Stored

from ..made import Made, folder, sequential


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    made = [
        sequential([0.64, 0.66]),
        Made("threading", [0.04, 0.05]),
        Made("asyncio", status="failed", reason='=cmd("x")\nand, more'),
    ]
    return reports.read(folder(tmp_path, made))


def test_cells_csv_has_a_row_a_cell_and_nothing_where_nothing_is(stored: Stored) -> None:
    records.write(stored, stored.folder)
    with stored.folder.joinpath("cells.csv").open(newline="") as file:
        found = {row["strategy"]: row for row in csv.DictReader(file)}
    assert list(found["asyncio"]) == list(records.CELLS)
    assert json.loads(found["threading"]["workload_params"]) == {"seconds": 0.01}
    assert float(found["threading"]["batch_seconds"]) == pytest.approx((0.04 * 0.05) ** 0.5)
    assert found["asyncio"]["batch_seconds"] == found["asyncio"]["rank"] == ""


def test_no_text_is_a_formula(stored: Stored) -> None:
    records.write(stored, stored.folder)
    with stored.folder.joinpath("cells.csv").open(newline="") as file:
        reasons = [row["reason"] for row in csv.DictReader(file)]
    assert reasons == ["", "", '\'=cmd("x")\nand, more']


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_each_start_of_a_formula_is_disarmed(tmp_path: Path, start: str) -> None:
    made = [Made(f"{start}1", status="failed", reason="x")]
    records.write(reports.read(folder(tmp_path, made)), tmp_path)
    with tmp_path.joinpath("cells.csv").open(newline="") as file:
        # A control character is escaped when it is read, and begins no formula any more.
        disarmed = "\\r1" if start == "\r" else f"'{start}1"
        assert next(csv.DictReader(file))["strategy"] == disarmed


def test_rounds_csv_has_a_row_a_process(stored: Stored) -> None:
    records.write(stored, stored.folder)
    found = pd.read_csv(stored.folder / "rounds.csv")
    assert list(found.columns) == list(records.PROCESSES)
    assert list(zip(found["round"], found["strategy"], found["seconds"], strict=True)) == [
        (0, "sequential", 0.64),
        (0, "threading", 0.04),
        (1, "sequential", 0.66),
        (1, "threading", 0.05),
    ]


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_litter(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.write(stored, stored.folder)
    before = {path.name: path.read_bytes() for path in stored.folder.iterdir()}

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        records.write(stored, stored.folder)
    assert {path.name: path.read_bytes() for path in stored.folder.iterdir()} == before


def test_frames_hold_what_the_files_hold(stored: Stored) -> None:
    records.write(stored, stored.folder)
    cells, processes = frames.cells(stored), frames.processes(stored)
    read = pd.read_csv(stored.folder / "cells.csv")
    assert list(cells.columns) == list(read.columns)
    assert cells["batch_seconds"].tolist() == pytest.approx(
        read["batch_seconds"].tolist(), nan_ok=True
    )
    assert cells["rank"].dtype == "Int64"
    assert cells["speedup"].dtype == "float64"
    assert len(processes) == 4


def test_frames_of_nothing_have_their_columns(tmp_path: Path) -> None:
    empty = reports.read(folder(tmp_path, [Made("x", status="failed")]))
    assert list(frames.processes(empty).columns) == list(records.PROCESSES)
    assert frames.cells(empty)["batch_seconds"].isna().all()
