"""What a run may go on with: the same code, libraries and variables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from concbench.driver import run
from concbench.errors import NotComparable
from concbench.plan.settings import resolve

from ..sides.repositories import commit, git

WORK = "def work(i):\n    return i\n"


def options():
    return resolve(
        {
            "workload": ["work.py:work"],
            "strategy": ["sequential"],
            "tasks": 2,
            "rounds": 1,
            "probe": ["none"],
        }
    )


def quiet(event) -> None:
    pass


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run in a repository of a workload, a library and the results of runs."""
    here = tmp_path / "repository"
    commit(here, {"work.py": WORK, "library.py": "STEPS = 1\n"})
    monkeypatch.chdir(here)
    return run(options(), [], quiet)


def refused(folder: Path) -> str:
    with pytest.raises(NotComparable) as caught:
        run(options(), [], quiet, resume=folder)
    text = str(caught.value)
    assert text.splitlines()[-1].strip().startswith("restore what was there before, or measure")
    return text


def test_resume_names_what_changed_before_and_now(folder, monkeypatch):
    first = git(Path(), "rev-parse", "HEAD")[:12]
    record = json.loads((folder / "run.json").read_text())
    Path("library.py").write_text("STEPS = 2\n")
    assert "uncommitted changes none, now " in refused(folder)
    second = commit(Path(), {"library.py": "STEPS = 2\n"})[:12]
    assert f"git revision {first}, now {second}" in refused(folder)
    git(Path(), "checkout", "-q", first)
    Path("new.py").write_text("STEPS = 3\n")
    assert "uncommitted changes none, now " in refused(folder)
    Path("new.py").unlink()
    Path("work.py").write_text(WORK.replace("return i", "return -i"))
    assert "the code of workload work " in refused(folder)
    Path("work.py").write_text(WORK)
    monkeypatch.setenv("PYTHON_JIT", "1")
    assert "the variable PYTHON_JIT not set, now 1" in refused(folder)
    monkeypatch.delenv("PYTHON_JIT")
    packages = record["environment"]["packages"]
    older = {**record["environment"], "packages": {**packages, "pyperf": "1.0"}}
    (folder / "run.json").write_text(json.dumps({**record, "environment": older}))
    assert f"pyperf 1.0, now {packages['pyperf']}" in refused(folder)
    (folder / "run.json").write_text(json.dumps(record))
    assert run(options(), [], quiet, resume=folder) == folder


def test_a_run_of_an_earlier_version_goes_on_where_nothing_contradicts(folder):
    record = json.loads((folder / "run.json").read_text())
    del record["code"], record["concbench"], record["git"]["changes"]
    (folder / "run.json").write_text(json.dumps(record))
    assert run(options(), [], quiet, resume=folder) == folder
    now = json.loads((folder / "run.json").read_text())
    assert list(now["code"]) == ["workload work"]


COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]


def checked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "check", *words, "-q"], capture_output=True, text=True, timeout=300
    )


def test_a_check_goes_on_with_what_it_was_started_with(folder, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    words = ["-w", "work.py:work", "-s", "sequential", "--tasks", "2", "--timeout", "60s"]
    asked = ["--against", "env:A=1", "--fail-on", "batch>40%"]
    assert checked(*words, *asked, "--rounds", "1").returncode == 0
    Path("concbench.toml").write_text("[gate]\nagainst = 'env:C=1'\nfail_on = ['batch>1%']\n")
    done = checked("--resume", "--rounds", "2", "--against", "env:A=1")
    assert done.returncode == 0, done.stderr
    assert "working tree against env:A=1" in done.stdout and "2 rounds" in done.stdout
    (stored,) = Path(".concbench/runs").glob("*/gate.json")
    assert [one["threshold"] for one in json.loads(stored.read_text())["answers"]] == [0.4]
    for other in (["--fail-on", "batch>5%"], ["--against", "env:B=1"], ["--baseline", "main"]):
        refused = checked("--resume", *other)
        assert refused.returncode == 2, refused.stdout
        assert f"it was started with, not {other[0]} " in refused.stderr
    commit(Path(), {"library.py": "STEPS = 2\n"})
    changed = checked("--resume", "--rounds", "3")
    assert changed.returncode == 4
    assert "git revision" in changed.stderr
