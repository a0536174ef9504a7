from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from concbench import reports
from concbench.reports.errors import DamagedRun
from concbench.reports.run import notes

from ..made import Made, folder, run_json, sequential

CELLS = [sequential([1.0, 1.1]), Made("threading", [0.1, 0.2], notes="one | two", client="c 1")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return folder(tmp_path / "runs" / "0001", CELLS)


def test_each_worker_process_is_one_record(path: Path) -> None:
    found = reports.read(path).processes
    assert [(one.round, one.cell, one.seconds) for one in found] == [
        (0, 0, 1.0),
        (0, 1, 0.1),
        (1, 0, 1.1),
        (1, 1, 0.2),
    ]
    assert found[1].notes == (notes.own("one"), notes.own("two"))
    assert (found[0].client, found[1].client) == ("", "c 1")


def test_latest_is_read_through_its_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(path)
    assert reports.read(link).run.id == "0001-20261121T045000Z"


def test_a_sample_is_scaled_to_all_tasks(tmp_path: Path) -> None:
    cell = sequential([0.64], tasks=10_000, measured_tasks=64, own_cpu=0.064, first=0.32)
    one = reports.read(folder(tmp_path, [cell])).processes[0]
    assert one.seconds == pytest.approx(100)
    assert one.values == pytest.approx((100,))
    assert one.own_cpu_seconds == pytest.approx(10)
    assert one.one_shot_seconds == pytest.approx(0.0003 + 50 + 0.0001)


def test_a_run_without_a_measured_cell_has_no_samples(tmp_path: Path) -> None:
    failed = Made("threading", status="failed", reason="crashed")
    assert reports.read(folder(tmp_path, [failed])).processes == ()


def test_unknown_keys_are_left_alone(tmp_path: Path) -> None:
    assert reports.read(folder(tmp_path, CELLS, later={"a": 1})).run.seed == 123


def damage_json(**changes: Any) -> str:
    return json.dumps({**run_json(CELLS), **changes})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("run.json", "", "is not JSON"),
        ("run.json", '{"schema": 1, "cells": [', "is not JSON"),
        ("run.json", "[" * 200_000, "is not JSON"),
        ("run.json", "[]", "not written by concbench"),
        ("run.json", '{"benchmarks": []}', "not written by concbench"),
        ("run.json", damage_json(schema=2), "newer concbench (schema 2; this one reads 1)"),
        ("run.json", damage_json(seed="x"), "seed: Input should be a valid integer"),
        ("run.json", damage_json(cells=[{}]), "cells.0.id: Field required"),
        ("run.json", damage_json(cells=run_json(CELLS)["cells"] * 2), "the same id"),
        ("run.json", damage_json(cells=run_json(CELLS)["cells"][:1]), "times of a cell 1"),
        ("samples.json", "", "is not a pyperf suite"),
        ("samples.json", "[]", "is not a pyperf suite"),
        ("samples.json", '{"version": "1.0"}', "is not a pyperf suite"),
        ("samples.json", "\x00\xff", "is not a pyperf suite"),
        ("samples.json", None, "has no samples.json"),
        ("run.json", None, "it has no run.json"),
    ],
)
def test_damage_is_named_with_its_file_on_one_line(
    path: Path, name: str, text: str | None, said: str
) -> None:
    path.joinpath(name).unlink()
    if text is not None:
        path.joinpath(name).write_text(text)
    with pytest.raises(DamagedRun) as error:
        reports.read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_foreign_pyperf_file_is_refused(path: Path) -> None:
    samples = path / "samples.json"
    suite = json.loads(samples.read_text())
    for benchmark in suite["benchmarks"]:
        for part in (benchmark, *benchmark["runs"]):
            part.get("metadata", {}).pop("cb_round", None)
    samples.write_text(json.dumps(suite))
    with pytest.raises(DamagedRun, match="not written by concbench: a run has no 'cb_round'"):
        reports.read(path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0.0", '"long"'])
def test_a_time_that_is_none_is_damage(path: Path, value: str) -> None:
    samples = path / "samples.json"
    samples.write_text(samples.read_text().replace("[1.1]", f"[{value}]"))
    with pytest.raises(DamagedRun):
        reports.read(path)


def test_no_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DamagedRun, match="there is no run at"):
        reports.read(tmp_path / "latest")


def test_importing_reports_is_cheap() -> None:
    heavy = "{'numpy', 'scipy', 'pandas', 'pyperf', 'pydantic', 'rich', 'matplotlib'}"
    code = f"import reports, sys; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_reports_imports_neither_bench_nor_workloads() -> None:
    code = (
        "import pkgutil, importlib, reports, sys\n"
        "for one in pkgutil.iter_modules(reports.__path__, 'reports.'):\n"
        "    importlib.import_module(one.name)\n"
        "assert not {'bench', 'workloads'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
