from __future__ import annotations

import json
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports.analysis import cells, frames, records
from concbench.reports.analysis.cells import Row
from concbench.reports.errors import DamagedRun

from ..made import Made, folder, sequential


def changed(path: Path, **told: list[object]) -> Path:
    """The metadata of the runs of the first benchmark, replaced one after another."""
    samples = path / "samples.json"
    suite = json.loads(samples.read_text())
    benchmark = suite["benchmarks"][0]
    for key, values in told.items():
        for common in (suite, benchmark):  # what all runs share stands there
            common.get("metadata", {}).pop(key, None)
        for run, value in zip(benchmark["runs"], values, strict=True):
            run.setdefault("metadata", {}).pop(key, None)
            run["metadata"] |= {} if value is None else {key: value}
    samples.write_text(json.dumps(suite))
    return path


def row(path: Path, strategy: str = "sequential") -> Row:
    return next(one for one in cells.rows(reports.read(path)) if one.strategy == strategy)


def test_costs_of_a_sample_are_scaled_to_all_tasks(tmp_path: Path) -> None:
    counts = {"bytes": 640.0, "hits": 0.5}
    cell = sequential(
        [0.64],
        tasks=640,
        measured_tasks=64,
        cpu=0.064,
        switches=(70.0, 3.0),
        metrics=counts,
        gil=True,
        jit=False,
        loop="asyncio.SelectorEventLoop",
    )
    one = reports.read(folder(tmp_path, [cell])).processes[0]
    assert one.cpu_seconds == pytest.approx(0.64)
    assert (one.voluntary_switches, one.involuntary_switches) == pytest.approx((700, 30))
    assert one.metrics == pytest.approx({"bytes": 6400, "hits": 5})
    assert (one.gil, one.jit, one.loop) == (True, False, "asyncio.SelectorEventLoop")


def test_costs_of_a_cell_are_medians_over_its_processes(tmp_path: Path) -> None:
    path = folder(tmp_path, [sequential([0.64] * 3, cpu=0.1, switches=(1.0, 1.0))])
    changed(path, cb_cpu_s=[0.064, 0.9, 0.128], cb_voluntary_switches=[10.0, 30.0, 20.0])
    found = row(path)
    assert found.cpu_seconds == pytest.approx(0.128)
    assert found.cpu_per_task_seconds == pytest.approx(0.002)
    assert (found.voluntary_switches, found.involuntary_switches) == (20, 1)


def test_a_process_that_could_not_tell_is_left_out(tmp_path: Path) -> None:
    path = folder(tmp_path, [sequential([0.64] * 3, cpu=0.1, gil=True)])
    changed(path, cb_cpu_s=[0.3, None, 0.1], cb_gil=[1, None, 0])
    assert row(path).cpu_seconds == pytest.approx(0.2)
    assert [one.gil for one in reports.read(path).processes] == [True, None, False]


def test_what_nobody_measured_is_absent(tmp_path: Path) -> None:
    path = folder(tmp_path, [sequential([0.64])])
    one = reports.read(path).processes[0]
    assert (one.cpu_seconds, one.voluntary_switches, one.gil, one.jit, one.cgroup_cpus) == (
        None,
    ) * 5
    assert (one.loop, one.metrics, row(path).cpu_per_task_seconds) == ("", {}, None)


def test_a_round_that_was_measured_again_counts_in_nothing(tmp_path: Path) -> None:
    canary = [
        {"round": n, "cpus": 2, "delivered": d, "low": n == 1, "replaced": n == 1}
        for n, d in enumerate([1.9, 0.5, 1.9])
    ]
    cells_ = [sequential([0.64, 9.0, 0.64]), Made("threading", [0.04, 8.0, 0.04])]
    stored = reports.read(folder(tmp_path, cells_, canary=canary))
    assert {one.round for one in stored.processes} == {0, 2}
    assert [one.seconds for one in stored.replaced] == [9.0, 8.0]
    assert row(tmp_path).batch_seconds == pytest.approx(0.64)
    assert row(tmp_path).rounds == 2
    assert set(frames.processes(stored)["round"]) == {0, 2}
    assert set(frames.values(stored)["round"]) == {0, 2}


@pytest.mark.parametrize("metrics", ["[1]", "{", '{"a": "much"}', '{"a": null}', "3"])
def test_damaged_counts_are_damage(tmp_path: Path, metrics: str) -> None:
    path = changed(folder(tmp_path, [sequential([1.0])]), cb_metrics=[metrics])
    with pytest.raises(DamagedRun, match="has a damaged run"):
        reports.read(path)


def test_what_a_workload_counts_is_a_row_each(tmp_path: Path) -> None:
    counted = {"bytes": 6400.0, "cache hits": 32.0}
    stored = reports.read(
        folder(tmp_path, [sequential([0.64] * 2, metrics=counted), Made("x", [0.04] * 2)])
    )
    frame = frames.metrics(stored)
    assert list(frame.columns) == list(records.METRICS)
    found = frame[["strategy", "metric", "per_batch", "per_task"]].itertuples(
        index=False, name=None
    )
    assert list(found) == [
        ("sequential", "bytes", 6400.0, 100.0),
        ("sequential", "cache hits", 32.0, 0.5),
    ]
    assert frames.metrics(reports.read(folder(tmp_path / "none", [Made("x", [1.0])]))).empty


def test_a_process_has_the_cpus_of_its_round(tmp_path: Path) -> None:
    canary = [{"round": 1, "cpus": 2, "delivered": 0.9, "low": True}]
    stored = reports.read(folder(tmp_path, [sequential([0.6, 0.7], cpu=0.1)], canary=canary))
    frame = frames.processes(stored)
    assert frame["delivered"].isna().tolist() == [True, False]
    assert frame["low"].isna().tolist() == [True, False]
    assert (frame["delivered"][1], bool(frame["low"][1])) == (0.9, True)
    assert frame["cpu_seconds"].tolist() == [0.1, 0.1]
    assert frame["gil"].dtype == "boolean"
