"""The formats that others define, read by their own readers."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyperf
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from concbench import reports
from concbench.reports.analysis import frames, records
from concbench.reports.errors import DamagedRun
from concbench.reports.render.exports import FORMATS, rendered
from concbench.reports.run.stored import Stored

from ..hard import NAMES, called, noisy
from ..made import Made, folder, sequential
from ..made_probes import lag, latency, memory

TEXTS = ("csv", "md", "json", "github", "openmetrics", "benchstat")
SCHEMA = (Path(reports.__file__).parent / "SCHEMA.md").read_text()
HARD: dict[str, list[Made]] = {
    "empty": [],
    "all failed": [Made("x", status="failed", reason="crash")] * 2,
    "one round": [sequential([0.64]), Made("x", [0.04])],
    "one strategy": [sequential([0.64, 0.65])],
    "no reference": [Made("x", [0.04, 0.05]), Made("y", [0.5, 0.6])],
    "no variance": [sequential([0.5, 0.5]), Made("x", [0.5, 0.5])],
    "forty": [sequential(noisy(1.0)), *(Made(f"s{n}", noisy(0.1 + n / 100)) for n in range(39))],
    "far apart": [sequential([3600.0, 3601.0]), Made("x", [1e-7, 1.01e-7])],
    "NaN in a parameter": [sequential([1.0, 1.1], params={"x": math.nan})],
}


def stored(path: Path, cells: list[Made], **facts: Any) -> Stored:
    return reports.read(folder(path, cells, **facts))


def text(run: Stored, form: str) -> str:
    said = rendered(run, form)
    assert isinstance(said, str)
    return said


@pytest.mark.parametrize("cells", HARD.values(), ids=HARD)
@pytest.mark.parametrize("form", [*TEXTS, "parquet"])
def test_every_hard_run_has_every_format(tmp_path: Path, form: str, cells: list[Made]) -> None:
    content = rendered(stored(tmp_path, cells), form)
    assert content[-1:] in ("\n", b"1")  # a line's end, or the mark at the end of Parquet


@pytest.mark.parametrize("form", TEXTS)
def test_a_foreign_file_has_every_format_and_no_nan(tmp_path: Path, form: str) -> None:
    run = pyperf.Run([0.5, 0.6], metadata={"name": "b"}, collect_metadata=False)
    pyperf.BenchmarkSuite([pyperf.Benchmark([run])]).dump(str(tmp_path / "foreign.json"))
    said = text(reports.read(tmp_path / "foreign.json"), form)
    assert not re.search(r"\bnan\b", said, re.IGNORECASE)


def test_html_is_the_page(tmp_path: Path) -> None:
    assert "<html" in text(stored(tmp_path, HARD["one round"]), "html")


def test_each_format_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    folder(tmp_path, HARD["one round"])
    forms = [form for form in FORMATS if form not in ("html", "parquet")]
    code = (
        "import reports, reports.render.exports, sys\n"
        f"run = reports.read({str(tmp_path)!r})\n"
        f"for form in {forms}: reports.render.exports.rendered(run, form)\n"
        "assert not {'matplotlib', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_csv_is_the_file_beside_the_run(tmp_path: Path) -> None:
    run = stored(tmp_path, HARD["forty"])
    records.write(run, tmp_path)
    assert text(run, "csv") == tmp_path.joinpath("cells.csv").read_text()


STARTS = ("=", "+", "-", "@", "\t", "\n", " =", "\n=", "\uff1d", "\uff20")


@pytest.mark.parametrize("name", [*NAMES, *(f"{start}cmd|' /C calc'!A0" for start in STARTS)])
def test_no_field_of_csv_is_a_formula_and_every_row_is_whole(tmp_path: Path, name: str) -> None:
    cells, facts = called(name)
    rows = list(csv.DictReader(io.StringIO(text(stored(tmp_path, cells, **facts), "csv"))))
    assert len(rows) == len(cells)
    for row in rows:
        assert list(row) == list(records.CELLS)
        assert row["workload"] in ("io_sleep", name, f"'{name}")
        texts = [row[key] for key in ("workload", "strategy", "reason", "workload_params")]
        assert not any(re.match(r"\s*[=+\-@\uff1d\uff20]|[\t\n]", said) for said in texts)


def documented(section: str) -> list[str]:
    lines = SCHEMA.split(section)[1].split("\n## ")[0].splitlines()
    return [name for line in lines for name in re.findall(r"^\| `(\w+)`", line)]


def test_json_is_as_documented(tmp_path: Path) -> None:
    found = json.loads(text(stored(tmp_path, HARD["no reference"]), "json"))
    keys = documented("## The export json")
    top = keys.index("workload")
    assert list(found) == keys[:top]
    assert list(found["differences"][0]) == keys[top:]
    assert list(found["cells"][0]) == list(records.CELLS)
    assert list(found["processes"][0]) == [*records.PROCESSES, "values"]
    section = SCHEMA[SCHEMA.index("## The export json") :]
    line = next(one for one in section.splitlines() if one.startswith("| `run` |"))
    assert set(found["run"]) == set(re.findall(r"`(\w+)`", line)) - {"run"}


def test_json_has_null_where_there_is_no_number(tmp_path: Path) -> None:
    def refused(said: str) -> None:
        raise AssertionError(said)

    said = text(stored(tmp_path, HARD["NaN in a parameter"]), "json")
    found = json.loads(said, parse_constant=refused)
    assert found["cells"][0]["workload_params"] == {"x": None}
    assert found["cells"][0]["batch_seconds"] == pytest.approx(math.sqrt(1.1))


def test_parquet_is_the_values(tmp_path: Path) -> None:
    run = stored(tmp_path, [sequential([0.64, 0.65]), Made("x", [0.04, 0.05])])
    content = rendered(run, "parquet")
    assert isinstance(content, bytes)
    found, expected = pd.read_parquet(io.BytesIO(content)), frames.values(run)
    assert found["seconds"].tolist() == expected["seconds"].tolist()
    assert [json.loads(one) for one in found["workload_params"]] == [{"seconds": 0.01}] * 4


def test_without_pyarrow_the_command_that_helps_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pip install 'concbench\[parquet\]'"):
        rendered(stored(tmp_path, HARD["one round"]), "parquet")


def test_pyperf_is_a_suite_that_reads_back(tmp_path: Path) -> None:
    run = stored(tmp_path / "run", HARD["far apart"])
    content = rendered(run, "pyperf")
    assert isinstance(content, bytes)
    tmp_path.joinpath("suite.json").write_bytes(content)
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "suite.json"))
    assert [one.get_values() for one in suite] == [(3600.0, 3601.0), (1e-7, 1.01e-7)]
    again = reports.read(tmp_path / "suite.json")
    assert again.processes == run.processes
    assert rendered(again, "pyperf") == content


def test_pyperf_has_no_suite_without_times(tmp_path: Path) -> None:
    with pytest.raises(DamagedRun, match="has no samples: nothing was measured"):
        rendered(stored(tmp_path, HARD["all failed"]), "pyperf")


def metrics(said: str) -> dict[str, dict[tuple[str, str], float]]:
    found = {}
    for family in text_string_to_metric_families(said):
        for sample in family.samples:
            labels = sample.labels["workload"], sample.labels["strategy"]
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_openmetrics_is_what_cells_has(tmp_path: Path) -> None:
    probe = {"memory": memory(30_000_000, 20_000_000), "lag": lag([0.001, 0.02])}
    probe["latency"] = latency([0.001], [0.01])
    made = [sequential([0.64, 0.66], cpu=0.1), Made("x", [0.04, 0.05], cpu=0.2, probe=probe)]
    run = stored(tmp_path, made)
    found = metrics(text(run, "openmetrics"))
    cells = frames.cells(run).set_index(["workload", "strategy"])
    for column, name in {
        "batch_seconds": "concbench_batch_seconds",
        "speedup_low": "concbench_speedup_low_ratio",
        "of_limit": "concbench_of_limit_ratio",
        "rank": "concbench_rank",
        "rounds": "concbench_rounds",
        "cpu_seconds": "concbench_cpu_seconds",
        "peak_bytes": "concbench_peak_bytes",
        "over_empty_bytes": "concbench_over_empty_bytes",
        "waiting_p99_seconds": "concbench_waiting_p99_seconds",
        "running_p99_seconds": "concbench_running_p99_seconds",
        "lag_p99_seconds": "concbench_lag_p99_seconds",
        "lag_max_seconds": "concbench_lag_max_seconds",
    }.items():
        assert found[name] == cells[column].dropna().to_dict()


@pytest.mark.parametrize("name", [*NAMES, "a\nb", 'a"b\\', "a\\nb", "a\u2028b", "# EOF"])
def test_every_name_is_a_label(tmp_path: Path, name: str) -> None:
    cells, facts = called(name)
    said = text(stored(tmp_path, cells, **facts), "openmetrics")
    assert said.endswith("\n# EOF\n")
    assert said.count("\n# EOF\n") == 1
    assert (name, name) in metrics(said)["concbench_batch_seconds"]


def test_openmetrics_of_nothing_is_its_end(tmp_path: Path) -> None:
    assert text(stored(tmp_path, []), "openmetrics") == "# EOF\n"


def test_what_failed_is_a_metric_too(tmp_path: Path) -> None:
    run = stored(tmp_path, [sequential([1.0]), Made("x", status="failed", reason="crash")])
    found = metrics(text(run, "openmetrics"))["concbench_rounds"]
    assert found == {("io_sleep", "sequential"): 1.0, ("io_sleep", "x"): 0.0}
