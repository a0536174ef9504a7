from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pyperf
import pytest

from concbench import reports
from concbench.reports.analysis import cells, frames
from concbench.reports.errors import DamagedRun
from concbench.reports.run.stored import Stored

from ..made import Made, folder, sequential

CELLS = [
    sequential([0.64, 0.66, 0.65]),
    Made("threading", [0.04, 0.05, 0.04], strategy_params={"workers": 16}),
    sequential([0.2, 0.21, 0.2], workload="cpu_sum", params={}, block=1, tasks=8),
    Made("asyncio", [0.1, 0.11, 0.1], workload="cpu_sum", params={}, block=1, tasks=8, workers=2),
]


def alone(path: Path, made: list[Made]) -> Path:
    return folder(path / "run", made).joinpath("samples.json").rename(path / "alone.json")


def benchmark(name: str, values: list[list[float]], **metadata: Any) -> pyperf.Benchmark:
    told = {"name": name, **metadata}
    return pyperf.Benchmark(
        [pyperf.Run(run, metadata=told, collect_metadata=False) for run in values]
    )


def foreign(path: Path, *benchmarks: pyperf.Benchmark) -> Stored:
    pyperf.BenchmarkSuite(benchmarks).dump(str(path / "foreign.json"))
    return reports.read(path / "foreign.json")


def test_a_suite_of_ours_alone_gives_the_same_numbers_as_its_folder(tmp_path: Path) -> None:
    whole = reports.read(folder(tmp_path / "whole", CELLS))
    found = reports.read(alone(tmp_path, CELLS))
    assert found.processes == whole.processes
    for one, other in zip(cells.rows(found), cells.rows(whole), strict=True):
        # Only the canary is not in it: this limit is one of waiting, so no CPU counts.
        assert one == other
    assert found.run.seed is None
    assert "run.json is missing" in found.run.warnings[0]


def test_a_cell_that_failed_leaves_a_hole_and_no_confusion(tmp_path: Path) -> None:
    made = [CELLS[0], Made("x", status="failed", reason="crash"), CELLS[1]]
    assert [cell.id for cell in reports.read(alone(tmp_path, made)).run.cells] == [0, 2]


@pytest.mark.parametrize("name", ["run.json", "samples.json"])
def test_a_file_of_a_folder_stands_for_the_whole_run(tmp_path: Path, name: str) -> None:
    path = folder(tmp_path, CELLS)
    assert reports.read(path / name) == reports.read(path)


def test_a_foreign_file_is_names_and_times(tmp_path: Path) -> None:
    found = foreign(
        tmp_path,
        benchmark("json_dumps", [[0.010, 0.012], [0.013]], loops=4),
        benchmark("nbody", [[3600.0]]),
    )
    rows = cells.rows(found)
    assert [(row.workload, row.strategy, row.rounds, row.status) for row in rows] == [
        ("json_dumps", "pyperf", 2, "measured"),
        ("nbody", "pyperf", 1, "measured"),
    ]
    assert rows[0].batch_seconds == pytest.approx(math.sqrt(0.011 * 0.013))
    absent = ("startup_seconds", "one_shot_seconds", "speedup", "limit_seconds", "of_limit")
    assert all(getattr(row, name) is None for row in rows for name in absent)
    assert frames.values(found)["seconds"].tolist() == [0.010, 0.012, 3600.0, 0.013]
    assert not frames.differences(found).size
    assert "not written by concbench" in found.run.warnings[0]


def test_a_foreign_interval_spends_nothing_on_looks(tmp_path: Path) -> None:
    rounds = [0.01 + 0.001 * (n % 3) for n in range(12)]
    (row,) = cells.rows(foreign(tmp_path, benchmark("b", [[seconds] for seconds in rounds])))
    own = reports.read(folder(tmp_path / "own", [Made("b", rounds)], rounds_limit=12))
    assert (row.batch_low, row.batch_high) == (
        cells.rows(own)[0].batch_low,
        cells.rows(own)[0].batch_high,
    )


def test_what_is_no_time_is_left_out_and_said(tmp_path: Path) -> None:
    calibration = pyperf.Run(
        [], warmups=[(1, 0.5)], metadata={"name": "never"}, collect_metadata=False
    )
    found = foreign(
        tmp_path,
        benchmark("a", [[1.0]]),
        benchmark("memory", [[4096.0]], unit="byte"),
        pyperf.Benchmark([calibration]),
    )
    assert [row.workload for row in cells.rows(found)] == ["a"]
    assert found.run.warnings[1:] == (
        "memory is left out: its unit is the byte [left-out]",
        "never is left out: it has no values [left-out]",
    )


def test_a_file_with_no_time_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedRun, match="holds no times: memory is left out"):
        foreign(tmp_path, benchmark("memory", [[4096.0]], unit="byte"))


def test_machine_and_dates_come_from_the_metadata(tmp_path: Path) -> None:
    found = foreign(
        tmp_path,
        benchmark(
            "a",
            [[1.0]],
            date="2026-11-21 05:29:44.541214",
            duration=2.5,
            python_version="3.12.1 (64-bit)",
            python_implementation="cpython",
            cpu_count=4,
        ),
    )
    assert found.run.started == "2026-11-21T05:29:44"
    assert found.run.environment == {"python": "3.12.1", "implementation": "CPython", "cpus": 4}


def test_a_compressed_file_is_read_and_half_of_one_refused(tmp_path: Path) -> None:
    packed = gzip.compress(alone(tmp_path, CELLS).read_bytes())
    tmp_path.joinpath("packed.json.gz").write_bytes(packed)
    assert len(reports.read(tmp_path / "packed.json.gz").processes) == 12
    tmp_path.joinpath("half.json.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DamagedRun, match=r"half\.json\.gz cannot be read"):
        reports.read(tmp_path / "half.json.gz")


def test_half_a_character_in_a_name_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "half.json"
    runs = [{"metadata": {"name": "a\ud800b"}, "values": [1.0]}]
    path.write_text(json.dumps({"version": "1.0", "benchmarks": [{"runs": runs}]}))
    assert reports.read(path).run.cells[0].workload.name == r"a\ud800b"


def changed(key: str, value: Any) -> str:
    runs = [
        {
            "values": [1.0],
            "metadata": {
                "name": "a / b",
                "cb_cell": 0,
                "cb_round": 0,
                "cb_position": 0,
                "cb_workload": "a",
                "cb_workload_params": "{}",
                "cb_strategy": "b",
                "cb_strategy_params": "{}",
                "cb_tasks": 4,
                "cb_measured_tasks": 4,
                "cb_workers": 1,
                "cb_startup_s": 0.1,
                "cb_first_batch_s": 0.1,
                "cb_close_s": 0.1,
                "cb_own_cpu_s": 0.1,
                "cb_in_process": 1,
                "cb_form": "blocking",
            },
        }
    ]
    metadata = runs[0]["metadata"]
    assert isinstance(metadata, dict)
    if value is None:
        del metadata[key]
    else:
        metadata[key] = value
    return json.dumps({"version": "1.0", "benchmarks": [{"runs": runs}]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a pyperf suite"),
        ('{"version": "1.0", "benchmarks": [{"runs"', "is not a pyperf suite"),
        ("[1, 2]", "is not a pyperf suite"),
        ('{"a": 1}', "is not a pyperf suite"),
        ('{"version": "1.0", "benchmarks": []}', "is not a pyperf suite"),
        ('{"version": "1.0", "benchmarks": [{"runs": [{"values": [NaN]}]}]}', "not a pyperf suite"),
        ("\x00\xff", "is not a pyperf suite"),
        (changed("cb_workload", None), "a run has no 'cb_workload'"),
        (changed("cb_workload_params", "{"), "has a damaged run"),
        (changed("cb_workload_params", "[1]"), "cells.0.workload.params"),
        (changed("cb_tasks", 0), "cells.0.tasks"),
        (changed("cb_tasks", "many"), "cells.0.tasks"),
        (changed("cb_measured_tasks", 0), "cells.0.measured_tasks"),
        (changed("cb_startup_s", None), "a run has no 'cb_startup_s'"),
        (changed("date", "yesterday"), "has a damaged run"),
    ],
)
def test_a_damaged_file_is_named_on_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "damaged.json"
    path.write_text(text)
    with pytest.raises(DamagedRun) as error:
        reports.read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_two_runs_of_ours_in_one_file_are_refused(tmp_path: Path) -> None:
    path = alone(tmp_path, CELLS)
    suite = json.loads(path.read_text())
    for benchmark in suite["benchmarks"]:
        benchmark["runs"] *= 2
    path.write_text(json.dumps(suite))
    with pytest.raises(DamagedRun, match="a cell twice in one round"):
        reports.read(path)
