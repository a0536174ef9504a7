from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import concbench
from concbench import reports
from concbench.reports.analysis import behaviour, records
from concbench.reports.gate import decision
from concbench.reports.gate import results as gate
from concbench.reports.gate.thresholds import METRICS
from concbench.reports.history import marks as histories
from concbench.reports.run import keys, probes, schema

from ..gate import checks
from ..history import past_runs

PAGE = (Path(reports.__file__).parent / "SCHEMA.md").read_text()


def documented(heading: str) -> list[str]:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("cells.csv", records.CELLS),
        ("rounds.csv", records.PROCESSES),
        ("Metrics", records.METRICS),
        ("Sides", records.SIDES),
    ],
)
def test_the_documented_columns_are_those_written(heading: str, columns: tuple[str, ...]) -> None:
    assert documented(heading) == list(columns)


def test_the_documented_keys_of_run_json_are_those_read() -> None:
    parts = (schema.Facts, schema.Planned, schema.Side, schema.Imported)
    known = {field.name for made in parts for field in fields(made)}
    assert set(documented("run.json")) == known


def test_the_documented_keys_of_probes_json_are_those_read() -> None:
    parts = (probes.Probed, probes.Memory, probes.Latency, probes.Quantiles, probes.Concurrency)
    read = (*parts, probes.Lag, probes.Timeline)
    known = {field.name for made in read for field in fields(made)}
    # p95 stands among the meanings, where p50 does for the lag.
    assert set(documented("probes.json (schema 1)")) == known - {"p95"}
    assert f"probes.json (schema {keys.PROBES_SCHEMA})" in PAGE


def test_the_documented_keys_of_behaviour_json_are_those_read() -> None:
    parts = (behaviour.Behaviour, behaviour.Question, behaviour.StrategyAnswers, behaviour.Answer)
    known = {field.name for made in parts for field in fields(made)}
    assert set(documented(f"behaviour.json (schema {keys.BEHAVIOUR_SCHEMA})")) == known


def test_the_documented_keys_of_gate_json_are_those_written() -> None:
    written = json.loads(gate.document(checks.checked(checks.slower())))
    (answer,) = written["answers"]
    assert written["schema"] == gate.SCHEMA
    assert documented(f"gate.json (schema {gate.SCHEMA})") == [*written, *answer]


def test_the_documented_words_of_gate_json_are_those_of_the_gate() -> None:
    section = PAGE.split("## gate.json")[1].split("\n## ")[0]
    said = {
        row[0]: row[1:]
        for line in section.splitlines()
        if (row := re.findall(r"`([^`]+)`", line)) and line.startswith("|")
    }
    assert {*said["word"]} == {*get_args(decision.Word)}
    assert said["metric"] == [*METRICS]


def test_the_documented_parts_of_a_canary_are_those_read() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| `canary` |"))
    said = line.split("{")[1].split("}")[0].split(", ")
    assert said == [field.name for field in fields(schema.Canary)]


def test_the_documented_metadata_is_what_is_read() -> None:
    folder = Path(reports.__file__).with_name("run")
    source = "".join((folder / name).read_text() for name in ("samples.py", "foreign/__init__.py"))
    read = {getattr(keys, name) for name in re.findall(r"keys\.([A-Z_]+)\b", source)}
    assert set(documented("samples.json")) == {name for name in read if str(name).startswith("cb_")}


def test_what_is_written_has_the_names_that_are_read() -> None:
    """A worker has copies of them, for its interpreter need not have `reports`."""
    sources = [path.read_text() for path in Path(concbench.__file__).parent.rglob("*.py")]
    copied = {name for source in sources for name in re.findall(r'"(cb_\w+)"', source)}
    used = {name for source in sources for name in re.findall(r"keys\.([A-Z_]+)\b", source)}
    known = {name: key for name, key in vars(keys).items() if str(key).startswith("cb_")}
    assert copied | {known[name] for name in used & known.keys()} == {*known.values()}
    assert documented("Metadata for others") == [
        *(keys.START_METHOD, keys.CPUS, keys.NOFILE),
        keys.RESULTS,
    ]


def test_the_documented_keys_of_a_history_are_those_written(tmp_path: Path) -> None:
    found = past_runs.steps(tmp_path, [0.1] * 6 + [0.2] * 6)
    (one,) = histories.document(found, [])["series"]
    keys = [*one, *one["runs"][0], *one["changes"][0]]
    assert documented(f"History (schema {histories.SCHEMA})") == keys


def test_the_columns_of_cells_are_those_promised() -> None:
    assert ",".join(records.CELLS) == (
        "workload,workload_params,strategy,strategy_params,tasks,workers,side,status,reason,rounds,"
        "batch_seconds,batch_low,batch_high,startup_seconds,one_shot_seconds,"
        "speedup,speedup_low,speedup_high,limit_seconds,of_limit,cpu_seconds,cpu_per_task_seconds,"
        "voluntary_switches,involuntary_switches,peak_bytes,over_empty_bytes,per_worker_bytes,"
        "waiting_p50_seconds,waiting_p95_seconds,waiting_p99_seconds,waiting_max_seconds,"
        "running_p50_seconds,running_p95_seconds,running_p99_seconds,running_max_seconds,"
        "in_flight_mean,in_flight_most,lag_p50_seconds,lag_p99_seconds,lag_max_seconds,"
        "left_behind,metrics,rank,rank_low,rank_high"
    )


def test_the_documented_schema_is_the_one_read() -> None:
    assert f"(schema {keys.RUN_SCHEMA})" in PAGE
