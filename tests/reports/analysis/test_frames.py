from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

import pandas as pd
import pytest
from scipy import stats

from concbench import reports
from concbench.reports.analysis import frames, records
from concbench.reports.run.stored import Stored

from ..made import Made, folder, sequential

TIMES = {
    "sequential": [0.64, 0.66, 0.65, 0.63],
    "threading": [0.04, 0.05, 0.045, 0.04],
    "asyncio": [0.041, 0.049, None, 0.042],
}
COLUMNS = {
    "values": records.VALUES,
    "processes": records.PROCESSES,
    "cells": records.CELLS,
    "differences": records.DIFFERENCES,
    "sides": records.SIDES,
}


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    made = [
        sequential(TIMES["sequential"]),
        Made("threading", TIMES["threading"]),
        Made("asyncio", TIMES["asyncio"]),
        Made("gone", status="failed", reason="crash"),
    ]
    return reports.read(folder(tmp_path, made, rounds_limit=4))


def test_values_are_scaled_and_numbered_in_their_process(tmp_path: Path) -> None:
    path = folder(tmp_path, [sequential([1.0, 2.0], tasks=10, measured_tasks=5)])
    samples = path / "samples.json"
    samples.write_text(samples.read_text().replace("[1.0]", "[1.0,1.5,3.0]"))
    frame = frames.values(reports.read(path))
    found = frame[["round", "value", "seconds"]].itertuples(index=False, name=None)
    assert list(found) == [(0, 0, 2.0), (0, 1, 3.0), (0, 2, 6.0), (1, 0, 4.0)]


def test_a_process_is_the_faster_half_of_its_values(tmp_path: Path) -> None:
    path = folder(tmp_path, [sequential([1.0])])
    samples = path / "samples.json"
    samples.write_text(samples.read_text().replace("[1.0]", "[4.0,1.0,9.0,16.0]"))
    assert frames.processes(reports.read(path))["seconds"].tolist() == [pytest.approx(2.0)]


def test_differences_are_paired_ratios_after_holm(stored: Stored) -> None:
    frame = frames.differences(stored)
    expected = {}
    for first, second in combinations(TIMES, 2):
        rounds = [
            (one, other)
            for one, other in zip(TIMES[first], TIMES[second], strict=True)
            if one and other
        ]
        logs = [math.log(other / one) for one, other in rounds]
        half = stats.t.ppf(0.975, len(logs) - 1) * stdev(logs) / math.sqrt(len(logs))
        expected[first, second] = (
            len(logs),
            math.exp(fmean(logs)),
            math.exp(fmean(logs) - half),
            math.exp(fmean(logs) + half),
            stats.ttest_1samp(logs, 0).pvalue,
        )
    found = frame.set_index(["strategy", "other"])
    assert list(found.index) == list(expected)
    for pair, (rounds, ratio, low, high, _) in expected.items():
        row = found.loc[pair]
        assert row["rounds"] == rounds
        assert tuple(row[["ratio", "ratio_low", "ratio_high"]]) == pytest.approx((ratio, low, high))
    adjusted = dict.fromkeys(expected, 0.0)
    for strategy in TIMES:  # Holm among the pairs of each, and the larger of both
        own = [pair for pair in expected if strategy in pair]
        running = 0.0
        for left, pair in zip((2, 1), sorted(own, key=lambda one: expected[one][-1]), strict=True):
            running = max(running, left * expected[pair][-1])
            adjusted[pair] = max(adjusted[pair], min(1.0, running))
    assert found["p"].to_dict() == pytest.approx(adjusted)
    assert found["different"].to_dict() == {pair: p <= 0.05 for pair, p in adjusted.items()}


@pytest.mark.parametrize("name", COLUMNS)
def test_several_runs_have_a_first_column_run(stored: Stored, tmp_path: Path, name: str) -> None:
    other = reports.read(folder(tmp_path / "other", [sequential([1.0])], id="other"))
    read = getattr(frames, name)
    alone, both = read(stored), read([stored, other])
    assert list(both.columns) == ["run", *alone.columns] == ["run", *COLUMNS[name]]
    first = both[both["run"] == stored.run.id].drop(columns="run")
    pd.testing.assert_frame_equal(first, alone, check_dtype=False)
    assert len(both) == len(alone) + len(read(other))


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("cells", [[], [Made("x", status="failed")]])
def test_a_frame_without_numbers_has_the_types_of_one_with(
    stored: Stored, tmp_path: Path, name: str, cells: list[Made]
) -> None:
    read = getattr(frames, name)
    empty, full = read(reports.read(folder(tmp_path / "x", cells))), read(stored)
    numbers = full.select_dtypes(["number", "bool"]).dtypes
    assert empty.dtypes[numbers.index].equals(numbers)
    assert not {"round", "tasks", "seconds", "ratio", "speedup", "in_process"} & (
        set(full.columns) - set(numbers.index)
    )


def test_cells_are_unrounded(stored: Stored) -> None:
    row = frames.cells(stored).set_index("strategy").loc["threading"]
    seconds = [value for value in TIMES["threading"] if value]
    assert row["batch_seconds"] == pytest.approx(math.prod(seconds) ** 0.25, rel=1e-12)
