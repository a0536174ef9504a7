"""Runs of two sides through the command line and from Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import concbench
from concbench import reports
from concbench.cli.stored import check_targets
from concbench.errors import UsageError
from concbench.store.runs import save_baseline

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
WORK = """
import os


def same(i):
    return i


def other(i):
    return os.environ.get("A", "")
"""
SIDES = ["--side", "working tree", "--side", "env:A=1"]
TINY = ["-w", "work.py:same", "-w", "work.py:other", "-s", "sequential", "--rounds", "2"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "work.py").write_text(WORK, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def concbench(*words: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "CI"}
    return subprocess.run(
        [*COMMAND, *words], env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_two_sides_are_measured_compared_and_kept(here):
    done = concbench("run", *TINY, *SIDES, "--probe", "none", "--save-baseline", "main")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "sides working tree; env:A=1" in lines
    assert any(line.startswith("same, env:A=1: 64 tasks") for line in lines)
    assert any(line.startswith("env:A=1 against working tree: ") for line in lines)
    line = next(line for line in lines if line.startswith("other / sequential"))
    assert line.split()[-2:] == ["other", "work"]
    assert max(map(len, lines)) <= 100
    assert len(reports.read(here / ".concbench/baselines/main").processes) == 8
    assert done.stdout.startswith(concbench("show", "main").stdout)


def test_a_dry_run_tries_every_side(here):
    done = concbench("run", *TINY, *SIDES, "-n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ran once") == 4
    assert sum(line.startswith("  env:A=1: ") for line in done.stdout.splitlines()) == 2


def test_sides_are_an_option_of_run_in_python(here):
    run = concbench.run(
        "work.py:same",
        strategy="sequential",
        side=["working tree", "env:A=1"],
        rounds=2,
        probe="none",
        quiet=True,
    )
    assert run.sides()["other_side"].tolist() == ["env:A=1"]


def test_a_baseline_has_the_suites_of_its_run_and_no_others(tmp_path):
    def folder(name: str, *files: str) -> Path:
        made = tmp_path / "runs" / name
        made.mkdir(parents=True)
        for file in files:
            (made / file).write_text(name)
        return made

    two = folder("1", "run.json", "samples.json", "samples-2.json")
    one = folder("2", "run.json", "samples.json")
    for run, files in (two, 3), (one, 2):
        baseline = save_baseline(run, "main")
        assert {path.read_text() for path in baseline.iterdir()} == {run.name}
        assert len(list(baseline.iterdir())) == files


def test_pyperf_s_file_of_two_sides_is_refused_before_anything_is_measured():
    check_targets(["pyperf:x"], 1)
    with pytest.raises(UsageError, match="holds one side"):
        check_targets(["pyperf:x"], 2)
