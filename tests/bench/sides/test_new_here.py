"""The change that brings a workload: nothing can be compared yet, which is said and no mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from concbench.errors import NothingShared
from concbench.plan.settings import resolve
from concbench.processes.children import Children
from concbench.sides.build import sides
from concbench.sides.plans import plans

from .repositories import commit

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
WORK = "def work(i):\n    return i\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    commit(folder, {"other.py": WORK, ".gitignore": ".concbench\n"})
    monkeypatch.chdir(folder)
    return folder


def shared(tmp_path: Path, *workloads: str) -> NothingShared:
    settings = resolve({"workload": workloads, "strategy": ["sequential"], "tasks": 2})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Children() as children, pytest.raises(NothingShared) as raised:
        plans(children, settings, sides(children, ["working tree", "git:HEAD"], scratch), scratch)
    return raised.value


@pytest.mark.parametrize("place", ["work.py:work", "new/folder/work.py:work", "package.work:work"])
def test_a_workload_that_a_revision_does_not_have_is_new_here(here, tmp_path, place):
    file = here / place.partition(":")[0].removesuffix(".py").replace(".", "/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".py").write_text(WORK)
    error = shared(tmp_path, place)
    assert str(error).startswith(
        "new here, nothing to compare yet: only working tree has these cells"
    )
    assert error.alone == (("work x 2 / sequential", "only working tree has it"),)


def test_a_renamed_function_is_new_here(here, tmp_path):
    (here / "other.py").write_text(WORK.replace("work", "task"))
    assert "new here" in str(shared(tmp_path, "other.py:task"))


def test_a_folder_that_is_new_in_this_commit_is_called_from(here, tmp_path, monkeypatch):
    (here / "new").mkdir()
    (here / "new" / "work.py").write_text(WORK)
    monkeypatch.chdir(here / "new")
    assert "new here" in str(shared(tmp_path, "work.py:work"))


def test_a_workload_that_is_there_and_does_not_import_is_not_new(here, tmp_path):
    commit(here, {"work.py": "import nothing_of_that_name\n"})
    (here / "work.py").write_text(WORK)
    assert "have no cell in common" in str(shared(tmp_path, "work.py:work"))


def test_a_check_of_what_is_new_writes_its_files_and_ends_with_4(here, tmp_path):
    (here / "work.py").write_text(WORK)
    words = ["check", "-w", "work.py:work", "-s", "sequential", "--against", "git:HEAD"]
    files = [f"junit:{tmp_path / 'junit.xml'}", f"md:{tmp_path / 'check.md'}"]
    done = subprocess.run(
        [*COMMAND, *words, *(word for file in files for word in ("--export", file))],
        env={**os.environ, "CI": "true"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 4, done.stderr
    assert "new here, nothing to compare yet" in done.stderr
    assert " notcompared=1 run=-" in done.stdout.splitlines()[-1]
    (case,) = ElementTree.parse(tmp_path / "junit.xml").findall(".//testcase")
    assert case.find("skipped") is not None
    assert "not compared" in (tmp_path / "check.md").read_text()
    assert not (here / ".concbench" / "runs").exists()
