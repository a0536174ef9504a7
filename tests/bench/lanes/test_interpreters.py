"""Lanes in interpreters: Python 3.14's own pool, or on 3.13 one made here of its private parts."""

from __future__ import annotations

import concurrent.futures
import os
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.lanes.interpreters import Barrier
from concbench.lanes.lane import Instruments
from concbench.lanes.report import total
from concbench.plan.plugins import find
from concbench.probes.recorder import Recorder
from concbench.spec import Spec

from .test_lanes import third

INSIDE = """
import os, pickle, sys, types
from importlib import import_module
sys.path[:] = {path!r}
fake = types.ModuleType("concurrent.interpreters")
fake.get_current = lambda: types.SimpleNamespace(id={number})
import concurrent
concurrent.interpreters = sys.modules["concurrent.interpreters"] = fake
"""
CALL = """
import os, pickle
function, given = pickle.loads(sent)
try:
    said = True, function(*given)
except BaseException as error:
    said = False, error
os.write(writing, pickle.dumps(said))
"""


class StandIn(ThreadPoolExecutor):
    """As much of InterpreterPoolExecutor as is used: what goes in and out is pickled."""

    def __init__(self, workers, prefix, initializer, given):
        super().__init__(workers, prefix, self._begin)
        self._prepared = pickle.dumps((initializer, given))
        self._own = threading.local()
        self._ids = []

    def _begin(self):
        import _interpreters

        self._own.id = _interpreters.create()
        self._ids.append(self._own.id)
        code = INSIDE.format(path=sys.path, number=self._own.id)
        assert _interpreters.exec(self._own.id, code) is None
        self._run(self._prepared)

    def _run(self, sent):
        import _interpreters

        reading, writing = os.pipe()
        failed = _interpreters.exec(self._own.id, CALL, {"sent": sent, "writing": writing})
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            assert failed is None, failed.formatted
            fine, said = pickle.load(stream)
        if fine:
            return said
        raise said

    def submit(self, function, *given):
        return super().submit(self._run, pickle.dumps((function, given)))

    def shutdown(self, wait=True, **more):
        import _interpreters

        super().shutdown(wait, **more)
        while self._ids:
            _interpreters.destroy(self._ids.pop())


@pytest.fixture
def pool(monkeypatch):
    if sys.version_info < (3, 13):
        pytest.skip("before Python 3.13 there is nothing to make interpreters of")
    if sys.version_info < (3, 14):
        monkeypatch.setattr(concurrent.futures, "InterpreterPoolExecutor", StandIn, raising=False)


def opened(workload: Spec, tasks: int, workers: int = 3, **more: object) -> tuple[list, Lanes]:
    lanes = Lanes(workload, **more)
    how = Spec("-", find("strategies", "interpreters").target, {"workers": workers}).build()
    with how.open(lanes) as batch:
        first = batch(range(tasks))
        assert batch(range(tasks)) == first
    return first, lanes


def test_elsewhere_it_says_what_it_needs(monkeypatch):
    how = Spec("-", find("strategies", "interpreters").target, {"workers": 1}).build()
    monkeypatch.setattr(sys, "version_info", (3, 13, 9))
    assert how.cannot_run() == "needs Python 3.14"
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert how.cannot_run() is None


@pytest.mark.parametrize("name", ["square", "ThreadBound"])
def test_results_of_interpreters_come_in_task_order(pool, name):
    found, lanes = opened(third(name), 12)
    assert found == [i * i if name == "square" else i for i in range(12)]
    assert (lanes.in_process, lanes.notes) == (True, [{"code": "own-gil-per-lane"}])


def test_every_lane_is_in_an_interpreter_of_its_own_and_tells_when_it_is_closed(pool, tmp_path):
    file = tmp_path / "apart.py"
    file.write_text(
        "import threading\nfrom contextlib import contextmanager\n"
        "from dataclasses import dataclass\nlanes = []\n"
        "@dataclass(frozen=True)\nclass Apart:\n    @contextmanager\n    def open(self):\n"
        "        lanes.append(threading.get_ident())\n"
        "        yield lambda i: len(lanes), lambda: {'lanes': len(lanes)}\n"
    )
    instruments = Instruments(Recorder, lambda loop: None)
    found, lanes = opened(Spec("Apart", f"{file}:Apart"), 6, instruments=instruments)
    assert set(found) == {1}
    assert total(lanes.reports) == {"lanes": 3}
    names = {report.recording["name"] for report in lanes.reports}
    assert len(names) == 3
    assert all(name.startswith("interpreter ") for name in names)
    assert "apart" not in sys.modules


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("raise_", LookupError, "nothing there"),
        ("raise in open", OSError, "no such disk"),
        ("raise in close", OSError, "disk is full"),
        ("unpicklable", RuntimeError, "which does not pickle"),
    ],
)
def test_an_error_in_an_interpreter_arrives_as_it_was_raised(pool, how, kind, said):
    with pytest.raises(kind, match=said) as caught:
        opened(third("Misbehaving", how=how), 4)
    if " in " not in how:
        assert "in task 2, lane interpreter " in caught.value.__notes__[0]


def test_an_interpreter_that_does_not_start_ends_the_opening_and_leaves_no_file(monkeypatch):
    class Failing(ThreadPoolExecutor):
        """Its second worker cannot be initialized."""

        def __init__(self, workers, prefix, initializer, given):
            super().__init__(workers, prefix)
            self._steps = 0
            self._given = given

        def submit(self, *step):
            self._steps += 1
            if self._steps == 2:
                return super().submit(self._fail)
            return super().submit(self._given[-1].wait)

        def _fail(self):
            raise BrokenThreadPool("an interpreter could not be made")

    monkeypatch.setattr(concurrent.futures, "InterpreterPoolExecutor", Failing, raising=False)
    files = Path("/proc/self/fd")
    before = set(files.iterdir())
    with pytest.raises((BrokenThreadPool, BrokenPipeError)):
        opened(third("square"), 4)
    assert set(files.iterdir()) <= before


@pytest.mark.parametrize("parties", [1, 2, 5, 300])
def test_nobody_passes_a_barrier_before_all_are_there(parties):
    barrier = pickle.loads(pickle.dumps(whole := Barrier(parties)))
    for _ in range(3):
        there = []

        def meet(number: int, there: list[int] = there) -> int:
            there.append(number)
            barrier.wait()
            return len(there)

        with ThreadPoolExecutor(parties) as pool:
            assert set(pool.map(meet, range(parties))) == {parties}
    whole.close()


def test_whoever_waits_at_a_barrier_for_somebody_who_never_comes_is_told():
    barrier = Barrier(2)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(barrier.wait)
        barrier.abort()
        barrier.abort()
        with pytest.raises(BrokenPipeError, match="could be started"):
            waiting.result(5)
    barrier.close()
