"""Which cells two sides have in common, planned in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from concbench.driver import run
from concbench.errors import Exit, NotComparable, NothingSelected, TimedOut, UsageError
from concbench.plan.planner import answer
from concbench.plan.settings import resolve
from concbench.processes.children import Children
from concbench.sides import plans as plans_module
from concbench.sides.build import sides
from concbench.sides.plans import plan_here, plans

from .repositories import commit

WITH = "def work(i, *, {0}):\n    return i\n\n\ndef other(i):\n    return i\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def shared(tmp_path, *workloads: str, **given: object):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    named = [f"work.py:{name}" for name in workloads]
    settings = resolve({"workload": named, "strategy": ["sequential"], **given})
    with Children() as children:
        there = sides(children, ["working tree", "git:HEAD"], scratch)
        return plans(children, settings, there, scratch)


def two(folder, before: str, now: str) -> None:
    commit(folder, {"work.py": before})
    (folder / "work.py").write_text(now)


@pytest.mark.parametrize("now", ["rounds=22_000", "rounds=20_000, more=1"])
def test_a_cell_whose_parameters_differ_by_defaults_is_compared_and_that_is_said(
    here, tmp_path, now
):
    two(here, WITH.format("rounds=20_000"), WITH.format(now))
    found = shared(tmp_path, "work")
    assert [one.pair for one in found.cells] == [0, 0]
    assert found.alone == ()
    (line,) = found.warnings
    assert line.startswith("compared although defaults differ: work[rounds=2")
    assert "work[rounds=20000] x 64 / sequential of git:HEAD" in line


def test_a_parameter_that_was_chosen_is_no_default(here, tmp_path):
    two(here, WITH.format("rounds=1"), WITH.format("rounds=2"))
    found = shared(tmp_path, "work[rounds=5]")
    assert {one.cell.workload.params["rounds"] for one in found.cells} == {5}
    assert found.warnings == ()


@pytest.mark.parametrize("broken", ["def work(i):\n    return i\n", WITH.format("size=1")])
def test_a_cell_that_one_side_lacks_is_named(here, tmp_path, broken):
    text = WITH.format("rounds=1")
    two(here, broken, text + "\n\ndef third(i):\n    return i\n")
    found = shared(tmp_path, "work", "third")
    assert ("third x 64 / sequential", "only working tree has it") in found.alone


def test_what_does_not_import_on_one_side_is_not_comparable(here, tmp_path):
    two(here, WITH.format("rounds=1"), "import nothing_of_that_name\n")
    with pytest.raises(NotComparable, match=r"working tree lacks it: .*nothing_of_that_name"):
        shared(tmp_path, "work")


def test_what_no_side_has_is_a_mistake(here, tmp_path):
    two(here, WITH.format("rounds=1"), WITH.format("rounds=2"))
    with pytest.raises(UsageError, match="has no 'wrok': did you mean work") as raised:
        shared(tmp_path, "work", "wrok")
    assert type(raised.value) is UsageError


def test_nothing_selected_stays_what_it_is(here, tmp_path):
    two(here, WITH.format("rounds=1"), WITH.format("rounds=2"))
    with pytest.raises(NothingSelected):
        shared(tmp_path, "work", strategy=["nothing_like_*"])


def test_a_workload_that_ends_the_interpreter_ends_its_planner_alone(here, tmp_path):
    two(here, WITH.format("rounds=1"), "import os\nos._exit(0)\n")
    ended = r"working tree: work\.py:work ended the process as it was imported \(exit code 0: "
    with pytest.raises(UsageError, match=ended):
        shared(tmp_path, "work")


HANGS = "import time\ntime.sleep(3600)\n"


def test_a_workload_that_hangs_is_ended_after_the_time_out_and_named(here, tmp_path, monkeypatch):
    monkeypatch.setattr(plans_module, "LEAST_SECONDS", 1.0)
    two(here, WITH.format("rounds=1"), HANGS)
    hangs = r"working tree: work\.py:work is still being imported after 8 s, in .*work\.py, line 2"
    with pytest.raises(TimedOut, match=hangs) as raised:
        shared(tmp_path, "work", timeout="8s")
    assert raised.value.exit == Exit.FAILED


def test_a_plug_in_of_a_pattern_is_named_as_it_is_imported(tmp_path):
    given = {"workload": ["io_*"], "strategy": ["asyncio"], "param": ()}
    given |= {"tasks": None, "workers": None, "start": None, "reference": "sequential"}
    given |= {"inputs": None}
    names: list[str] = []
    answer(given, names.append)
    assert names == ["io_sleep", "asyncio", ""]


def test_an_interrupt_says_what_was_imported(here):
    (here / "work.py").write_text(f"open('began', 'w').close()\n{HANGS}")
    command = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
    words = ["run", "-w", "work.py:work", "-q"]
    with subprocess.Popen([*command, *words], stderr=subprocess.PIPE, text=True) as process:
        while not (here / "began").exists() and process.poll() is None:
            time.sleep(0.05)
        process.terminate()  # as Ctrl-C, which what runs in the background may ignore
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == "concbench: interrupted while work.py:work was imported\n"


def test_a_run_imports_no_workload_in_the_driver(here):
    (here / "work.py").write_text("import sys\nsys.imported_here = True\n" + WITH.format("size=1"))
    given = {"strategy": ["sequential"], "tasks": 1, "rounds": 1, "probe": "none"}
    run(resolve({"workload": ["work.py:work"], **given}), [], lambda event: None)
    assert not hasattr(sys, "imported_here")


def test_a_run_whose_workload_ends_the_interpreter_is_an_error_with_its_name(here):
    (here / "work.py").write_text("import os\nos._exit(0)\n")
    with pytest.raises(UsageError, match=r"^work\.py:work ended the process as it was imported"):
        run(resolve({"workload": ["work.py:work"]}), [], lambda event: None)


def test_a_planner_that_somebody_kills_is_no_mistake_of_the_user_s(here):
    (here / "work.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    with pytest.raises(UsageError, match=r"as it was imported \(killed by SIGKILL\)") as error:
        run(resolve({"workload": ["work.py:work"]}), [], lambda event: None)
    assert error.value.exit == Exit.FAILED


def test_a_baseline_s_cells_are_planned_without_importing_them_here(here, tmp_path):
    (here / "work.py").write_text("import sys\nsys.imported_here = True\n" + WITH.format("size=1"))
    found = plan_here(resolve({"workload": ["work.py:work"], "strategy": ["sequential"]}))
    assert [(one.cell.name, one.pair) for one in found.cells] == [
        ("work[size=1] x 64 / sequential", None)
    ]
    assert not hasattr(sys, "imported_here")
    assert found.sides[0].about["code"].keys() == {"workload work"}
