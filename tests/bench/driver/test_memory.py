"""Memory of process trees, true and withheld."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from concbench.driver import probe_visits, runnable
from concbench.driver.lab import laboratory
from concbench.driver.probe_visits import Peak, UnknownMemory, peak, pss
from concbench.driver.probing import Owed
from concbench.plan.cells import plan
from concbench.plan.settings import Settings
from concbench.probes.empty import emptied
from concbench.spec import Cell

HUNGRY = f"{Path(__file__).parents[2] / 'hungry.py'}:Hungry"


def tells_pss() -> bool:
    return hasattr(psutil.Process().memory_full_info(), "pss")


needs_pss = pytest.mark.skipif(not tells_pss(), reason="this system does not report PSS")


def probe(lab, cell: Cell, *, probes=("memory",), seconds=0.1, timeout=60.0):
    found, _ = lab.probe(Owed(None, cell, cell.tasks, probes, "", seconds, 1.0), timeout)
    return found


@needs_pss
@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods())
def test_two_children_with_100_mb_each_take_200_mb_more_than_with_nothing_to_do(tmp_path, start):
    strategy = f"multiprocessing[workers=2,start={start}]"
    settings = Settings(workload=(HUNGRY,), strategy=(strategy,), results=tmp_path)
    cells = runnable(plan(settings))
    cell = cells[0].cell
    empty = Cell(emptied(cell.workload), cell.strategy, cell.tasks)
    with laboratory(cells) as lab:
        full, nothing = probe(lab, cell)["memory"], probe(lab, empty)["memory"]
    over = full["peak_pss_bytes"] - nothing["peak_pss_bytes"]
    assert over == pytest.approx(200e6, rel=0.05)


@pytest.fixture
def children():
    """Two that wait for us."""
    code = "import sys; sys.stdin.read()"
    command = [sys.executable, "-S", "-c", code]
    found = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(2)]
    yield found
    for child in found:
        child.stdin.close()
        child.wait()


@pytest.fixture
def told(children, monkeypatch):
    """What the system tells of each process."""
    found = {os.getpid(): 1000, children[0].pid: 10, children[1].pid: 1}
    real = psutil.Process.memory_full_info

    def tell(process):
        real(process)  # raises of one that has ended
        # 0 of what other tests of this process have left it, such as a fork server.
        return SimpleNamespace(pss=found.get(process.pid, 0))

    monkeypatch.setattr(psutil.Process, "memory_full_info", tell)
    return found


def test_a_tree_is_counted_with_all_its_children(told):
    assert pss(os.getpid()) == 1011


def test_a_child_that_dies_while_it_is_looked_at_counts_nothing(told, children, monkeypatch):
    tree = psutil.Process().children()
    children[0].kill()
    children[0].wait()
    monkeypatch.setattr(psutil.Process, "children", lambda *_, **__: tree)
    assert pss(os.getpid()) == 1001


@needs_pss
def test_a_dead_child_that_nobody_waited_for_counts_nothing(children):
    children[0].kill()
    os.waitid(os.P_PID, children[0].pid, os.WEXITED | os.WNOWAIT)  # and stays a zombie
    assert not pss(children[0].pid)


def test_of_a_process_that_has_ended_nothing_is_known():
    child = subprocess.Popen([sys.executable, "-S", "-c", ""])
    child.wait()
    assert peak(child.pid, 1.0, 1.0) is None


@needs_pss
def test_a_thousand_threads_are_one_process():
    code = (
        "import sys, threading\n"
        "wait = threading.Event().wait\n"
        "for _ in range(1000): threading.Thread(target=wait, daemon=True).start()\n"
        "print(flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-S", "-c", code], stdin=pipe, stdout=pipe)
    child.stdout.readline()
    seen = peak(child.pid, 0.0, 60.0)
    child.communicate()
    assert seen.samples == probe_visits.SAMPLES
    assert seen.bytes > 0


@needs_pss
def test_the_most_of_all_samples_is_kept(monkeypatch):
    found = iter([3, 9, 5, 1, 1, 1, 1, 1, 1])
    monkeypatch.setattr(probe_visits, "pss", lambda pid: next(found))
    assert peak(1, 0.0, 60.0) == Peak(9, probe_visits.SAMPLES)


def test_it_is_looked_at_for_as_long_as_a_batch_takes(monkeypatch):
    """By a clock that sleeping alone advances."""
    now = SimpleNamespace(seconds=0.0)
    clock = SimpleNamespace(monotonic=lambda: now.seconds)
    clock.sleep = lambda seconds: setattr(now, "seconds", now.seconds + seconds)
    monkeypatch.setattr(probe_visits, "time", clock)
    monkeypatch.setattr(probe_visits, "pss", lambda pid: 1)
    assert peak(1, 2.0, 60.0).samples == pytest.approx(2.0 / probe_visits.PAUSE_SECONDS, abs=2)
    now.seconds = 0.0
    peak(1, 60.0, 1.0)
    assert now.seconds == pytest.approx(1.0, abs=2 * probe_visits.PAUSE_SECONDS)


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psutil.AccessDenied(7), "another user's or a hidden process"),
        (PermissionError(13, "Permission denied"), "memory cannot be read: .*Permission denied"),
        (AttributeError("pss"), "this system does not report PSS"),
    ],
)
def test_memory_that_cannot_be_read_is_unknown_for_a_reason(monkeypatch, error, reason):
    """RSS and USS are there, and are something else."""
    monkeypatch.setattr(psutil.Process, "memory_full_info", raising(error))
    with pytest.raises(UnknownMemory, match=reason):
        pss(os.getpid())


def test_one_child_that_cannot_be_read_makes_all_of_it_unknown(told, children, monkeypatch):
    tell = psutil.Process.memory_full_info

    def denied(process):
        if process.pid == children[0].pid:
            raise psutil.AccessDenied(process.pid)
        return tell(process)

    monkeypatch.setattr(psutil.Process, "memory_full_info", denied)
    with pytest.raises(UnknownMemory, match="another user's"):
        pss(os.getpid())
