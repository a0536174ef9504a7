"""`concbench history`, and what `concbench report` passes to a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from concbench import reports
from concbench.cli.stored import earlier, report
from concbench.errors import Exit

from ...reports.history.past_runs import MACHINE, cells, run, runs

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
STEP = [0.1] * 6 + [0.2] * 6


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Twelve runs, the last six at half the speed."""
    runs(tmp_path / ".concbench", STEP)
    return tmp_path / ".concbench"


def history(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in ("CI", "COLUMNS")}
    return subprocess.run(
        [*COMMAND, "history", *words],
        cwd=folder,
        env=inherited,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_history_has_a_line_a_cell_and_a_table_for_one(results, tmp_path):
    done = history(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "slower +100 % since 0000007" in done.stdout
    one = history(tmp_path, "io_sleep/threading")
    assert len([line for line in one.stdout.splitlines() if line.startswith("00")]) == 12
    assert "<- slower +100 % since 0000007" in one.stdout
    assert max(map(len, one.stdout.splitlines())) <= 100


def test_json_is_all_that_is_on_stdout(results, tmp_path):
    done = history(tmp_path, "threading", "--json", "--chart", "a.svg")
    (one,) = json.loads(done.stdout)["series"]
    assert len(one["runs"]) == 12
    assert one["relative"] is False
    assert "chart: a.svg" in done.stderr
    (one,) = json.loads(history(tmp_path, "--relative", "--json").stdout)["series"]
    assert one["relative"] is True


def test_a_chart_is_written_where_it_is_asked_for(results, tmp_path):
    for name in ("a.svg", "a.png"):
        assert history(tmp_path, "threading", "--chart", name).returncode == 0
        assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["io_sleep/thraeding"], "did you mean io_sleep / threading? (there are: io_sleep / "),
        (["--chart", "a.gif"], "a chart's file ends in .svg or .png, not 'a.gif'"),
        (["--chart", "no/where/a.svg"], "cannot write no/where/a.svg: there is no folder no/where"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(results, tmp_path, words, message):
    done = history(tmp_path, *words)
    assert done.returncode == Exit.USAGE
    assert message in done.stderr and "Traceback" not in done.stderr


def test_without_runs_it_is_said_how_to_get_some(tmp_path):
    done = history(tmp_path)
    assert done.returncode == Exit.USAGE
    assert "there are no runs in .concbench: measure one with `concbench run`" in done.stderr


def test_runs_that_cannot_be_read_are_named_in_a_line_and_the_rest_is_shown(results, tmp_path):
    folders = sorted((results / "runs").iterdir())
    (folders[1] / "run.json").write_text("{")
    (folders[3] / "samples.json").unlink()
    done = history(tmp_path, "threading")
    assert done.returncode == 0
    assert len([line for line in done.stdout.splitlines() if line.startswith("00")]) == 10
    (said,) = done.stderr.splitlines()
    assert said.startswith("concbench: skipped: 0002-") and "0004-" in said


def test_where_no_run_can_be_read_that_is_the_message(tmp_path):
    (folder,) = runs(tmp_path / ".concbench", [0.1])
    (folder / "run.json").write_text("{")
    done = history(tmp_path)
    assert done.returncode == Exit.USAGE
    assert "hold no times" in done.stderr and "skipped: 0001-" in done.stderr


def test_a_page_gets_the_runs_up_to_its_own(results):
    folders = sorted((results / "runs").iterdir())
    found = earlier(reports.read(folders[8]))
    assert {len(one.points) for one in found} == {9}
    assert earlier(reports.read(folders[0])) == []


def test_a_page_gets_only_what_is_comparable_with_its_run(tmp_path):
    for number in (1, 2):
        run(tmp_path, number, cells(0.1), environment={**MACHINE, "cpu_model": "Another"})
    third = run(tmp_path, 3, cells(0.1))
    fourth = run(tmp_path, 4, cells(0.1)[1:])
    assert earlier(reports.read(third)) == []
    (one,) = earlier(reports.read(fourth))
    assert [point.run for point in one.points] == ["0003", "0004"]


def test_a_run_that_is_not_among_others_has_no_history(results, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(next((results / "runs").iterdir()), alone)
    assert earlier(reports.read(alone)) == []


def report_of(file: Path, *names: str) -> None:
    with pytest.raises(typer.Exit) as end:
        report([*names], output=file)
    assert end.value.exit_code == Exit.MEASURED


def test_the_page_of_a_run_holds_its_history(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report_of(tmp_path / "one.html", "12")
    assert "slower +100 % since 0000007" in (tmp_path / "one.html").read_text()
    report_of(tmp_path / "two.html", "12", "1")
    assert 'id="history"' not in (tmp_path / "two.html").read_text()
