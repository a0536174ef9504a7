from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.analysis import cells
from concbench.reports.analysis.cells import Row
from concbench.reports.errors import DamagedRun
from concbench.reports.run.probes import Concurrency, Timeline

from ..made import Made, folder, sequential
from ..made_probes import in_flight, lag, latency, memory

TIMELINE = {"lanes": ["lane_0"], "tasks": [[0, 0, 0.0, 0.001, 0.01]], "beats": [[0.005, 0.0002]]}
WHOLE = {
    "tasks": 64,
    "memory": memory(220_000_000, 20_000_000),
    "latency": latency([0.001, 0.002, 0.003], [0.01, 0.011, 0.02]),
    "concurrency": in_flight(15.5, 16, lanes=16, declared=20),
    "lag": lag([0.0001, 0.0002, 0.003]),
    "left": ["1 thread: Thread-3 (work)", "2 files: socket:[1]"],
    "timeline": TIMELINE,
}


def made(probe: dict[str, Any] | None) -> list[Made]:
    return [sequential([0.64] * 3), Made("threading", [0.04] * 3, probe=probe)]


def row(path: Path, probe: dict[str, Any] | None) -> Row:
    found = cells.rows(reports.read(folder(path, made(probe))))
    return next(row for row in found if not row.reference)


def test_a_cell_has_all_that_its_probes_saw(tmp_path: Path) -> None:
    path = folder(tmp_path, made(WHOLE))
    probes = reports.read(path).probes
    assert set(probes) == {1}
    assert probes[1].concurrency == Concurrency(15.5, 16, 16, 20)
    assert probes[1].timeline == Timeline(
        ("lane_0",), ((0, 0, 0.0, 0.001, 0.01),), ((0.005, 0.0002),)
    )
    assert (probes[1].tasks, probes[1].absent) == (64, {})


def test_a_row_has_the_numbers_of_its_probes(tmp_path: Path) -> None:
    found = row(tmp_path, WHOLE)
    assert (found.peak_bytes, found.over_empty_bytes, found.per_worker_bytes) == (
        220_000_000,
        200_000_000,
        12_500_000,
    )
    assert (found.waiting_p50_seconds, found.waiting_max_seconds) == (0.002, 0.003)
    assert (found.running_p95_seconds, found.running_p99_seconds) == (0.02, 0.02)
    assert (found.in_flight_mean, found.in_flight_most) == (15.5, 16)
    assert (found.lag_p50_seconds, found.lag_p99_seconds, found.lag_max_seconds) == (
        0.0002,
        0.003,
        0.003,
    )
    assert found.left_behind == "1 thread: Thread-3 (work); 2 files: socket:[1]"


def test_what_was_not_probed_is_absent(tmp_path: Path) -> None:
    reason = {"lag": "it runs no event loop"}
    found = row(tmp_path, {"tasks": 64, "memory": memory(20_000_000), "absent": reason})
    assert (found.peak_bytes, found.over_empty_bytes) == (20_000_000, None)
    assert (found.lag_max_seconds, found.running_p99_seconds, found.left_behind) == (None,) * 3
    assert reports.read(tmp_path).probes[1].absent == reason


def test_looked_and_found_nothing_left_is_not_the_same_as_nobody_looked(tmp_path: Path) -> None:
    assert row(tmp_path / "clean", {"left": []}).left_behind == ""
    assert row(tmp_path / "unknown", {}).left_behind is None


def test_without_probes_there_is_no_file_and_no_number(tmp_path: Path) -> None:
    found = row(tmp_path, None)
    assert not (tmp_path / "probes.json").exists()
    assert reports.read(tmp_path).probes == {}
    assert (found.peak_bytes, found.in_flight_most, found.cpu_seconds, found.metrics) == (
        *(None,) * 3,
        {},
    )


def test_a_failed_cell_has_no_numbers_of_its_probes(tmp_path: Path) -> None:
    failed = Made("threading", [0.04], status="failed", reason="wrong", probe=WHOLE)
    found = cells.rows(reports.read(folder(tmp_path, [failed])))[0]
    assert (found.peak_bytes, found.left_behind, found.notes) == (None, None, ())


def test_a_later_key_is_left_alone(tmp_path: Path) -> None:
    assert row(tmp_path, {"tasks": 64, "energy": {"joules": 3}}).status == "measured"


def test_the_file_of_probes_stands_for_its_run(tmp_path: Path) -> None:
    path = folder(tmp_path, made(WHOLE))
    assert reports.read(path / "probes.json").probes == reports.read(path).probes


def damaged(**changes: Any) -> str:
    return json.dumps({"schema": 1, "cells": [{"cell": 1, **WHOLE, **changes}]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[]", "not written by concbench"),
        ('{"schema": 1}', "cells: Field required"),
        ('{"schema": 2, "cells": []}', "newer concbench (schema 2; this one reads 1)"),
        (damaged(cell=7), "has a cell 7 that run.json does not have"),
        (damaged(cell=None), "has a cell None that"),
        (json.dumps({"schema": 1, "cells": [{"cell": 1}] * 2}), "has the cell 1 twice"),
        (damaged(memory={"peak_pss_bytes": "much"}), "cells.0.memory.peak_pss_bytes: Input"),
        (damaged(lag={"p50": 0.1}), "cells.0.lag.histogram: Field required"),
        (damaged(concurrency=in_flight(-1.0, 1)), "cells.0.concurrency.mean: Input"),
        (damaged(latency=latency([1.0], [1.0]) | {"waiting": 3}), "waiting"),
        (damaged(timeline=TIMELINE | {"lanes": []}), "in a lane that it does not have"),
        (damaged(timeline=TIMELINE | {"tasks": [[0, -1, 0.0, 0.0, 0.0]]}), "tasks.0.1: Input"),
    ],
)
def test_damage_is_named_with_its_file_on_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = folder(tmp_path, made(WHOLE)) / "probes.json"
    path.write_text(text)
    with pytest.raises(DamagedRun) as error:
        reports.read(tmp_path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
