"""A run within a run: refused at once, with the way out."""

from __future__ import annotations

import importlib

import pytest

import concbench
from concbench.driver import runnable
from concbench.errors import UsageError
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.processes.variables import INSIDE, environment

MODULE = """
import concbench

def f(i):
    return i

concbench.run(f, strategy="sequential", rounds=1, tasks=2, probe="none", quiet=True)
"""
GUARD = (
    r'unguarded_\w+\.py calls run while it is imported: guard it with `if __name__ == "__main__"`'
)


@pytest.fixture
def unguarded(tmp_path, monkeypatch):
    """The name of a module that starts a run while it is imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    name = f"unguarded_{tmp_path.name.strip('_0123456789')[-8:]}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    return name


def test_a_module_that_runs_while_it_is_imported_is_refused_at_once(unguarded, tmp_path):
    with pytest.raises(UsageError, match=GUARD):
        importlib.import_module(unguarded)
    assert not (tmp_path / ".concbench/runs").exists()


def test_a_command_that_names_such_a_file_is_refused_at_once(unguarded, tmp_path):
    with pytest.raises(UsageError, match=GUARD):
        runnable(plan(resolve({"workload": (f"{tmp_path / unguarded}.py:f",)})))


def test_a_task_cannot_start_a_run(monkeypatch):
    monkeypatch.setenv(INSIDE, "1")
    with pytest.raises(
        UsageError, match="called inside a worker of a run: a task cannot start one"
    ):
        concbench.run("io_sleep", rounds=1)


def test_workers_know_that_they_are_inside():
    assert environment()[INSIDE]
