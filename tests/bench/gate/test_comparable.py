"""`concbench check` on what cannot be compared, or only in part: said, counted, and no pass."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from .test_command import WORK, checked, concbench, here  # noqa: F401  # a fixture

ONE = (
    "-w",
    "work.py:work",
    "-s",
    "sequential",
    "--tasks",
    "4",
    "-q",
    "--rounds",
    "1",
    "--timeout",
    "60s",
)


@pytest.fixture
def repository(here):  # noqa: F811  # the fixture itself
    return here


def test_a_cell_that_one_side_lacks_is_counted_and_a_skipped_test(repository, tmp_path):
    more = "\n\ndef new(i):\n    return i\n"
    (repository / "work.py").write_text(WORK.format(steps=1, answer="i") + more)
    words = ("check", *ONE, "-w", "work.py:new", "--export", f"junit:{tmp_path / 'j.xml'}")
    done = concbench(repository, *words, "--strict", "--fail-on", "batch>1000%")
    assert done.returncode == 6, done.stdout + done.stderr
    assert " notcompared=1 run=" in done.stdout.splitlines()[-1]
    assert "new x 4 / sequential" in done.stdout
    cases = ElementTree.parse(tmp_path / "j.xml").findall(".//testcase")
    (skipped,) = [case for case in cases if case.get("name") == "new x 4 / sequential"]
    assert skipped.find("skipped").get("message").startswith("not compared: only working tree")


def test_a_workload_that_ends_the_interpreter_is_said(repository):
    (repository / "work.py").write_text("import os\nos._exit(0)\n")
    done = concbench(repository, "check", *ONE)
    assert done.returncode == 2
    assert "work.py:work ended the process as it was imported" in done.stderr


def test_of_another_answer_both_times_and_one_example_are_shown(repository):
    (repository / "work.py").write_text(WORK.format(steps=1, answer="float(i)"))
    done = concbench(repository, "check", *ONE, "--strict")
    assert done.returncode == 6, done.stderr
    said = " ".join(done.stdout.split())
    assert "OTHER" in said and "the sides give different answers (task 0: 0.0, was 0), " in said
    assert " -> " in said


def test_what_was_compared_is_kept(repository):
    (repository / "work.py").write_text(WORK.format(steps=1, answer="i"))
    assert concbench(repository, "check", *ONE).returncode == 0
    (stored,) = (repository / ".concbench/runs").glob("*/run.json")
    imports = json.loads(stored.read_text())["imports"]
    shown = concbench(repository, "show", "-v").stdout
    assert "what was compared: of 1 files imported 1 differ" in shown
    now, then = imports.values()
    assert now["tree"].keys() == then["tree"].keys() == {"work.py"}
    assert now["tree"] != then["tree"]
