"""Files of asv, pytest-benchmark and hyperfine, in the forms that these tools write."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.analysis import cells, header, tables
from concbench.reports.errors import DamagedRun
from concbench.reports.run.stored import Stored

ASV = {
    "commit_hash": "cb63287e63db10ce3eb0f3b8c279fd995678d0ae",
    "env_name": "virtualenv-py3.12-numpy",
    "date": 1696315841000,
    "params": {
        "arch": "x86_64",
        "cpu": "Some CPU",
        "machine": "box",
        "num_cpu": "8",
        "os": "Linux 6.1",
        "ram": "16315532",
        "python": "3.12",
        "numpy": "",
    },
    "python": "3.12",
    "requirements": {"numpy": "2.1"},
    "env_vars": {},
    "result_columns": [
        *("result", "params", "version", "started_at", "duration", "stats_ci_99_a"),
        *("stats_ci_99_b", "stats_q_25", "stats_q_75", "stats_number", "stats_repeat"),
        *("samples", "profile"),
    ],
    "results": {
        "sums.Suite.time_sum": [
            *([0.002, None, math.nan, 0.004], [["'int'", "'float'"], ["10", "20"]], "1f", 1.7e12),
            *(2.1, [0.0019], [0.0021], [0.0019], [0.0021], [100], [10]),
            [[0.001, 0.002, 0.003], None, None, None],
        ],
        "sums.Suite.peakmem_sum": [[52_000_000.0], [], "2f", 1.7e12, 0.4],
        "sums.Suite.track_ratio": [[0.7], [], "3f", 1.7e12, 0.4],
        "sums.time_broken": [None, [], "4f", 1.7e12, 0.1],
    },
    "durations": {"<build>": 3.2},
    "version": 2,
}
PYTEST = {
    "machine_info": {
        "node": "box",
        "processor": "x86_64",
        "machine": "x86_64",
        "python_compiler": "GCC 12.2.0",
        "python_implementation": "CPython",
        "python_implementation_version": "3.12.1",
        "python_version": "3.12.1",
        "python_build": ["main", "Dec 1 2026 00:00:00"],
        "release": "6.1.0-18-amd64",
        "system": "Linux",
        "cpu": {"brand_raw": "Some CPU", "count": 8, "arch": "X86_64"},
    },
    "commit_info": {
        "id": "5b78858eb718649a31fb93d8dc96ca2cee41a4cd",
        "time": "2026-01-01T00:00:00+00:00",
        "author_time": "2026-01-01T00:00:00+00:00",
        "dirty": True,
        "project": "p",
        "branch": "main",
    },
    "benchmarks": [
        {
            "group": "sums",
            "name": "test_sum[10]",
            "fullname": "tests/test_sums.py::test_sum[10]",
            "params": {"n": 10},
            "param": "10",
            "extra_info": {},
            "options": {"disable_gc": False, "timer": "perf_counter", "min_rounds": 5},
            "stats": {
                "min": 0.001,
                "max": 0.003,
                "mean": 0.002,
                "stddev": 0.0008,
                "rounds": 3,
                "median": 0.002,
                "iqr": 0.001,
                "outliers": "1;0",
                "ops": 500.0,
                "total": 0.006,
                "data": [0.001, 0.002, 0.003],
                "iterations": 1,
            },
        },
        {
            "group": None,
            "name": "test_other",
            "fullname": "tests/test_sums.py::test_other",
            "params": None,
            "param": None,
            "extra_info": {},
            "options": {},
            "stats": {"mean": 0.5, "median": 0.4, "rounds": 9, "iterations": 1},
        },
    ],
    "datetime": "2026-01-02T03:04:05.678901+00:00",
    "version": "5.2.3",
}
HYPERFINE = {
    "results": [
        {
            "command": "sleep 0.2",
            "mean": 0.202,
            "stddev": 0.002,
            "median": 0.202,
            "user": 0.001,
            "system": 0.002,
            "min": 0.2,
            "max": 0.204,
            "times": [0.2, 0.202, 0.204],
            "memory_usage_byte": [3_000_000, 3_100_000, 3_200_000],
            "exit_codes": [0, 0, 1],
            "parameters": {"time": "0.2"},
        },
        {
            "command": "sleep 0.1",
            "mean": 0.101,
            "stddev": None,
            "median": 0.101,
            "user": 0.001,
            "system": 0.001,
            "min": 0.101,
            "max": 0.101,
            "times": [0.101],
            "exit_codes": [0],
            "parameters": {"time": "0.1"},
        },
    ]
}
FILES = {"asv": ASV, "pytest-benchmark": PYTEST, "hyperfine": HYPERFINE}


def read(folder: Path, document: Any) -> Stored:
    path = folder / "results" / "box" / "cb63287e-py3.12.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return reports.read(path)


def called(stored: Stored) -> dict[str, Any]:
    return {row.workload: row for row in cells.rows(stored)}


def test_asv_gives_medians_samples_and_why_there_are_none(tmp_path: Path) -> None:
    stored = read(tmp_path, ASV)
    rows = called(stored)
    name = "sums.Suite.time_sum[param1={},param2={}]"
    first, last = rows[name.format("int", 10)], rows[name.format("float", 20)]
    assert first.batch_seconds == pytest.approx(0.002)
    assert (first.rounds, first.strategy) == (1, "asv")
    assert first.batch_low is None or math.isnan(first.batch_low)
    assert [one.values for one in stored.of(first.id)] == [(0.001, 0.002, 0.003)]
    assert last.batch_seconds == pytest.approx(0.004)
    assert rows[name.format("int", 20)].reason == "it failed under asv"
    assert rows[name.format("float", 10)].reason == "it was skipped under asv"
    assert rows["sums.time_broken"].reason == "it failed under asv"
    assert rows["sums.Suite.peakmem_sum"].reason == "it holds memory, no times: 52 MB"
    assert "sums.Suite.track_ratio is left out: its unit is not known" in stored.run.warnings
    assert stored.run.git == {"revision": ASV["commit_hash"]}
    about = {"python": "3.12", "hostname": "box", "cpu_model": "Some CPU", "cpus": 8}
    assert about.items() <= stored.run.environment.items()
    assert stored.run.environment["packages"] == {"numpy": "2.1"}
    assert stored.run.started == "2023-11-14T22:13:20Z"


def test_names_of_parameters_stand_in_a_file_above(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    described = {"param_names": ["kind", "n"], "unit": "seconds", "type": "time"}
    about = {"sums.Suite.time_sum": described, "version": 2}
    (tmp_path / "results" / "benchmarks.json").write_text(json.dumps(about))
    assert "sums.Suite.time_sum[kind=int,n=10]" in called(read(tmp_path, ASV))
    (tmp_path / "results" / "benchmarks.json").write_text("{")
    stored = read(tmp_path, ASV)
    assert "sums.Suite.time_sum[param1=int,param2=10]" in called(stored)
    assert any("benchmarks.json cannot be read" in one for one in stored.run.warnings)


def test_pytest_benchmark_gives_all_times_or_a_median_and_says_which(tmp_path: Path) -> None:
    stored = read(tmp_path, PYTEST)
    rows = called(stored)
    whole, summary = (rows[f"tests/test_sums.py::test_{name}"] for name in ("sum[10]", "other"))
    assert [one.values for one in stored.of(whole.id)] == [(0.001, 0.002, 0.003)]
    assert (summary.batch_seconds, summary.rounds) == (pytest.approx(0.4), 1)
    assert any("1 of its 2 benchmarks have no times but" in one for one in stored.run.warnings)
    assert any("no interval" in one for one in stored.run.warnings)
    about = {"python": "3.12.1", "implementation": "CPython", "kernel": "Linux 6.1.0-18-amd64"}
    assert about.items() <= stored.run.environment.items()
    assert stored.run.git == {
        "revision": PYTEST["commit_info"]["id"],
        "branch": "main",
        "dirty": True,
    }
    (tagged, _) = tables.grouped(tables.blocks(stored), "tags")
    assert (tagged.name, [row.id for row in tagged.rows]) == ("tag sums", [whole.id])


def test_hyperfine_gives_a_process_for_each_time_with_cpu_and_memory(tmp_path: Path) -> None:
    stored = read(tmp_path, HYPERFINE)
    row = called(stored)["sleep 0.2"]
    assert (row.rounds, row.workload_params) == (3, {"time": "0.2"})
    assert (row.cpu_seconds, row.peak_bytes) == (pytest.approx(0.003), 3_100_000)
    assert row.batch_low < 0.202 < row.batch_high
    assert "1 of 3 runs of 'sleep 0.2' did not exit with 0" in stored.run.warnings


@pytest.mark.parametrize("tool", FILES)
def test_what_a_tool_wrote_is_shown_in_full(tool: str, tmp_path: Path) -> None:
    stored = read(tmp_path, FILES[tool])
    blocks = tables.blocks(stored)
    lines = [*header.lines(stored, [block.rows for block in blocks])]
    assert "not written by concbench" in "\n".join(lines)
    assert not any("  " in line or " ," in line for line in lines)


@pytest.mark.parametrize(
    ("tool", "change", "said"),
    [
        ("asv", lambda d: d.pop("params"), "damaged file of asv: it has no 'params'"),
        ("asv", lambda d: d.update(results={}), "holds no times"),
        ("asv", lambda d: d["results"].update(time_x=[["a"], []]), "a time of a s"),
        ("asv", lambda d: d["results"].update(time_x=7), "damaged file of asv"),
        ("pytest-benchmark", lambda d: d["benchmarks"][1].pop("stats"), "it has no 'stats'"),
        ("pytest-benchmark", lambda d: d["benchmarks"][0].update(params=[1]), "workload.params"),
        ("pytest-benchmark", lambda d: d["benchmarks"][0]["stats"].update(data=3), "damaged"),
        ("hyperfine", lambda d: d["results"][0].update(times=[-1.0]), "a time of -1.0 s"),
        ("hyperfine", lambda d: d["results"][0].update(user=None), "damaged file of hyperfine"),
        ("hyperfine", lambda d: d["results"][0].update(command=None), "cells.0.name"),
    ],
)
def test_a_damaged_file_of_a_tool_is_named(
    tool: str, change: Any, said: str, tmp_path: Path
) -> None:
    document = copy.deepcopy(FILES[tool])
    change(document)
    with pytest.raises(DamagedRun) as error:
        read(tmp_path, document)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
