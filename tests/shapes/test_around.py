"""Work that cannot be repeated: what undoes it, untimed."""

from __future__ import annotations

import time
from contextlib import contextmanager

import pytest

from concbench.answers import FirstAnswer
from concbench.lanes import Lanes
from concbench.parts import Portion
from concbench.spec import Spec
from concbench.worker import line
from concbench.worker.batches import TimedBatches

WORK = """
done = []

def before_batch():
    done.append("before")

def after_batch():
    done.append("after")

def once(i):
    done.append(i)
    return i
"""


@pytest.fixture
def lanes(tmp_path):
    (tmp_path / "once.py").write_text(WORK)
    return Lanes(Spec("once", f"{tmp_path / 'once.py'}:once"))


def batches(batch, around=None, tasks=2):
    return TimedBatches(
        batch, Portion(range(tasks)), FirstAnswer(list(range(tasks)), tasks), around
    )


def test_functions_beside_the_work_are_called_around_each_batch(lanes):
    assert lanes.around
    with lanes.blocking() as call:
        done = lanes._workload.before_batch.__globals__["done"]
        for _ in range(2):
            assert lanes.guarded(lambda tasks: [call(i) for i in tasks])(range(2)) == [0, 1]
    assert done == ["before", 0, 1, "after"] * 2


def test_after_a_batch_that_fails_it_is_tidied_up_too(lanes):
    def failing(tasks):
        raise LookupError

    done = lanes._workload.before_batch.__globals__["done"]
    with pytest.raises(LookupError):
        lanes.guarded(failing)(range(2))
    assert done == ["before", "after"]


def test_work_without_them_is_left_as_it_is():
    lanes = Lanes(Spec("noop", "concbench.workloads.noop:Noop"))
    assert not lanes.around
    assert lanes.guarded(list) is list


def test_what_is_done_around_a_batch_is_not_timed(monkeypatch):
    done, now = [], [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def does(what, seconds):
        done.append(what)
        now[0] += seconds

    @contextmanager
    def around():
        does("before", 100)
        yield
        does("after", 100)

    def batch(tasks):
        does("batch", 1)
        return list(tasks)

    one = batches(batch, around)
    assert (one(3), one.batches) == (3.0, 3)
    assert done == ["before", "batch", "after"] * 3


def test_a_task_that_fails_only_the_second_time_says_that_it_ran_before():
    def failing(tasks):
        raise FileNotFoundError("a.txt")

    with pytest.raises(FileNotFoundError) as caught:
        batches(failing)(1)
    said = line(caught.value)
    assert said.startswith(
        "FileNotFoundError: a.txt (in a later batch: each process runs every task"
    )
    assert "before_batch() and after_batch()" in said
