"""What every timed worker says of its interpreter and of what the system lets it have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from types import SimpleNamespace

import pyperf
import pytest

from concbench import engine
from concbench.answers import digest
from concbench.driver import run
from concbench.machine import identity, process
from concbench.plan.plugins import find
from concbench.plan.selection import DEFAULTS
from concbench.plan.settings import Settings
from concbench.processes.children import interpreter_command
from concbench.spec import Spec

LOADED = (
    "The global interpreter lock (GIL) has been enabled to load module '{}', which has not "
    "declared that it can run safely without the GIL. To override this behavior and keep the GIL "
    "disabled (at your own risk), run with PYTHON_GIL=0 or -Xgil=0."
)


def test_the_module_that_turns_the_gil_on_is_named(monkeypatch):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    with warnings.catch_warnings(record=True) as seen:
        turned_on = process.watch_gil()
        warnings.warn(LOADED.format("fast._core"), RuntimeWarning, stacklevel=1)
    assert turned_on() == ["fast._core"]
    assert [str(one.message) for one in seen] == [LOADED.format("fast._core")]


def test_with_a_gil_from_the_beginning_nobody_turns_it_on(monkeypatch):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    before = warnings.showwarning
    assert process.watch_gil()() == []
    assert warnings.showwarning is before


def test_the_gil_is_what_the_interpreter_says_now(monkeypatch):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert process.gil() is False
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    assert process.gil() is True


@pytest.mark.parametrize(("name", "gil"), [("cpython", True), ("pypy", True), ("brand-new", None)])
def test_an_interpreter_that_does_not_say_has_a_gil_where_all_have_one(monkeypatch, name, gil):
    monkeypatch.delattr(sys, "_is_gil_enabled", raising=False)
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name=name))
    assert process.gil() is gil


@pytest.mark.parametrize(
    ("variables", "known"),
    [({}, None), ({"Py_TAIL_CALL_INTERP": 0}, False), ({"_Py_TAIL_CALL_INTERP": 1}, True)],
)
def test_the_tail_call_interpreter_is_known_where_the_build_says_so(variables, known):
    assert identity.tail_calls(variables) is known


@pytest.mark.parametrize(
    ("available", "enabled", "jit"),
    [(True, True, True), (True, False, False), (False, False, None)],
)
def test_the_jit_is_on_or_off_where_there_is_one(monkeypatch, available, enabled, jit):
    told = SimpleNamespace(is_available=lambda: available, is_enabled=lambda: enabled)
    monkeypatch.setattr(sys, "_jit", told, raising=False)
    assert process.jit() is jit
    monkeypatch.delattr(sys, "_jit")
    assert process.jit() is None


def stored(tmp_path, text, strategies):
    """Metadata of the first run of each cell, of a workload `own` written in this text."""
    file = tmp_path / "own.py"
    file.write_text(text)
    settings = Settings(
        workload=(f"{file}:own",),
        strategy=tuple(strategies),
        tasks=4,
        workers=2,
        rounds=1,
        results=tmp_path / "results",
    )
    folder = run(settings, [], lambda event: None)
    failures = json.loads((folder / "run.json").read_text())["failures"]
    assert not failures
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    return [one.get_runs()[0].get_metadata() for one in suite]


LATE = """
import sys
calls = []
def own(i):
    calls.append(i)
    if len(calls) > 4:  # after the first batch: in the timed ones
        sys._is_gil_enabled = lambda: False
    return i
"""


def test_the_gil_is_read_after_the_values_when_all_has_been_imported(tmp_path):
    (found,) = stored(tmp_path, LATE, ("threading",))
    assert found["cb_gil"] == 0


def test_a_worker_tells_what_it_used_and_may_use(tmp_path):
    text = "def own(i):\n    return sum(range(10_000))\n"
    sequential, pool = stored(tmp_path, text, ("sequential", "multiprocessing"))
    for found in (sequential, pool):
        assert found["cb_cpu_s"] >= found["cb_own_cpu_s"]
        assert found["cb_cpus"] == len(os.sched_getaffinity(0))
        assert found["cb_nofile"] == process.open_files()
        assert found.get("cb_cgroup_cpus") == process.cgroup_cpus()
        assert "cb_jit" in found or process.jit() is None
    assert sequential["cb_voluntary_switches"] >= 0
    assert sequential["cb_involuntary_switches"] >= 0
    assert pool["cb_cpu_s"] > pool["cb_own_cpu_s"]


EXTENSIONS = """
import sys
def own(i):
    names = [name for name, module in sorted(sys.modules.items())
             if type(getattr(module, "__loader__", None)).__name__ == "ExtensionFileLoader"]
    return [name for name in names if name.partition(".")[0] not in sys.stdlib_module_names]
"""


def test_nothing_that_we_import_in_a_worker_can_turn_the_gil_on(tmp_path):
    """Only extension modules can; a later batch, with pyperf there, answers as the first."""
    found = stored(tmp_path, EXTENSIONS, DEFAULTS["strategies"])
    assert len(found) == len(DEFAULTS["strategies"])
    assert {one["cb_answer"] for one in found} == {digest([[]] * 4, 4)}


@pytest.mark.parametrize("strategy", DEFAULTS["strategies"])
def test_a_worker_ends_without_any_extension_module_of_ours(tmp_path, strategy):
    (tmp_path / "own.py").write_text(EXTENSIONS)
    params = {} if strategy == "sequential" else {"workers": 1}
    job = {
        "run": "concbench.worker.measuring:measure",
        "name": "own",
        "measured_tasks": 1,
        "head": 1,
        "metadata": {},
        "workload": vars(Spec("own", f"{tmp_path / 'own.py'}:own")),
        "strategy": vars(replace(find("strategies", strategy), params=params)),
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    code = f"from concbench.worker import main; main()\n{EXTENSIONS}\nprint(own(0))"
    command = [*interpreter_command(code), str(tmp_path / "job.json")]
    done = subprocess.run([*command, *engine.arguments(1, 1, None)], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["[]"])


def test_a_module_is_missing_for_one_import_alone(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with engine._missing("colorsys"), pytest.raises(ImportError):
        import colorsys
    import colorsys

    with engine._missing("colorsys"):
        assert sys.modules["colorsys"] is colorsys  # somebody uses it already
    assert sys.modules["colorsys"] is colorsys
