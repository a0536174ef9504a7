"""What is said of a worker that does not end: where it is, what it raised before, all stacks."""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import sys
from pathlib import Path

import pytest

from concbench.driver import workers
from concbench.driver.lab import laboratory
from concbench.driver.rounds import Visit
from concbench.plan.cells import PlannedCell
from concbench.plan.plugins import find
from concbench.processes import stacks
from concbench.processes.children import wait
from concbench.processes.outputs import Failed
from concbench.spec import Cell, Spec

HEAD = """
import os, threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
HERE = Path(__file__).parent
def hang():
    (HERE / f"hanging-{os.getpid()}").touch()
    threading.Event().wait()
"""
IN_TASK = "def work(i):\n    hang()\n"
IN_OPEN = """
@dataclass(frozen=True)
class work:
    @contextmanager
    def open(self):
        hang()
        yield
"""
IN_LOOP = """
import asyncio
async def work(i):
    (HERE / f"hanging-{os.getpid()}-{i}").touch()
    await asyncio.Event().wait()
"""
BESIDE = """
def work(i):
    threading.Thread(target=hang).start()
    raise ValueError("bad size")
"""
AFTER = """
def work(i):
    threading.Thread(target=hang).start()
    return i
"""


def measured(
    folder: Path, code: str, monkeypatch: pytest.MonkeyPatch, hanging: int = 1, **params: object
) -> Failed:
    """What becomes of a worker that is given up once so many of its processes hang."""
    file = folder / "work.py"
    file.write_text(HEAD + code)

    def code_of(worker: workers.Worker) -> int | None:
        while len([*folder.glob("hanging-*")]) < hanging:
            if (ended := wait(worker.process, 0.05)) is not None:
                return ended
        return None

    if code in (IN_TASK, IN_OPEN, IN_LOOP):
        monkeypatch.setattr(workers.Worker, "_code", code_of)
    name = str(params.pop("strategy", "multiprocessing" if params else "sequential"))
    strategy = Spec(name, find("strategies", name).target, params)
    planned = PlannedCell(0, Cell(Spec("work", f"{file}:work"), strategy, 2), 1, 0, not params, "")
    with laboratory((planned,)) as lab:
        outcome = lab.measure(Visit(planned, 0, 0, 1, 2, 0, 120.0))
    assert isinstance(outcome, Failed)
    return outcome


def test_a_worker_that_hangs_in_open_is_said_to_be_still_opening(tmp_path, monkeypatch):
    failed = measured(tmp_path, IN_OPEN, monkeypatch)
    said = "timed out after 120 s, still opening (longer with --timeout)"
    assert (failed.kind, failed.message) == ("timeout", said)
    assert failed.traceback.startswith("the worker (pid ")
    assert 'work.py", line 15 in open' in failed.traceback


@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods())
def test_the_stacks_of_children_that_hang_in_a_task_are_kept(start, tmp_path, monkeypatch):
    failed = measured(tmp_path, IN_TASK, monkeypatch, 2, workers=2, start=start)
    assert failed.message == "timed out after 120 s (longer with --timeout)"
    pids = sorted(path.name.partition("-")[2] for path in tmp_path.glob("hanging-*"))
    worker, _, children = failed.traceback.partition("children (pid ")
    assert sorted(children.partition(")")[0].split(", ")) == pids
    assert 'work.py", line 11 in work' in children
    assert worker.startswith("the worker (pid ")


def test_an_error_of_a_worker_that_does_not_end_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "ENDING_SECONDS", 0.5)
    failed = measured(tmp_path, BESIDE, monkeypatch)
    said = "ValueError: bad size (in task 0, lane MainThread), and did not end"
    assert (failed.kind, failed.message) == ("error", said)


def test_a_worker_that_has_measured_and_does_not_end_is_said_to(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "ENDING_SECONDS", 0.5)
    failed = measured(tmp_path, AFTER, monkeypatch)
    assert failed.kind == "timeout"
    assert failed.message.startswith("measured, but did not end: a non-daemon thread")
    assert 'work.py", line 9 in hang' in failed.traceback


@pytest.mark.parametrize("strategy", ["asyncio", "multiprocessing+asyncio"])
def test_where_the_tasks_of_a_loop_wait_is_shown(strategy, tmp_path, monkeypatch):
    """In a first batch, too, where each task is sent on in a context of its own."""
    processes = {} if strategy == "asyncio" else {"processes": 1}
    failed = measured(tmp_path, IN_LOOP, monkeypatch, 2, strategy=strategy, workers=2, **processes)
    assert re.search(r"  2 tasks: .*take .*, work work\.py:\d+, Event\.wait", failed.traceback)


@pytest.mark.skipif(sys.version_info < (3, 15), reason="Python 3.15 shows the stacks of a process")
def test_the_stacks_of_a_process_without_a_handler_are_shown(tmp_path):
    code = "import time; print(flush=True); time.sleep(600)"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        said = stacks.of_tree(process.pid, tmp_path / "none")
        assert process.poll() is None
        process.kill()
    if not said:
        pytest.skip("no process may read the memory of another here")
    assert said.startswith(f"the worker (pid {process.pid}):")
    assert 'File "<string>", line 1' in said
