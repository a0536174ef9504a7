"""Results that only `same(a, b)` of the user's can compare."""

from __future__ import annotations

import pytest

from concbench.answers import FirstAnswer, WrongAnswer
from concbench.driver import run
from concbench.plan.settings import resolve
from concbench.reports import read
from concbench.spec import Spec
from concbench.store.sameness import Agreement


def near(one, other):
    return abs(one - other) < 0.1


def texts(path, tasks, results):
    return FirstAnswer(Agreement(near, tasks, str(path))(results), len(tasks)).text


def test_results_are_held_against_those_of_the_first_worker(tmp_path):
    path = tmp_path / "first"
    first = texts(path, range(3), [0.0, 1.0, 2.0])
    assert texts(path, range(3), [0.01, 1.02, 1.99]) == first
    assert texts(path, range(3), [0.0, 1.5, 2.0]) != first


def test_those_of_a_sample_are_held_against_the_same_tasks(tmp_path):
    path = tmp_path / "first"
    sample = texts(path, [1], [1.0])
    made = Agreement(near, range(3), str(path))([0.0, 1.01, 2.0])
    assert FirstAnswer([made[1]], 1).text == sample
    assert FirstAnswer(Agreement(near, [2], str(path))([2.2]), 1).text != sample
    assert Agreement(near, [2], str(path))([2.2]) == ["not the same as 2.0"]


def test_a_later_batch_is_held_against_the_first(tmp_path):
    agreed = Agreement(near, range(2), str(tmp_path / "first"))
    first = FirstAnswer(agreed([0.0, 1.0]), 2, None, False, agreed)
    first.check([0.05, 1.0])
    with pytest.raises(WrongAnswer, match=r"task 1: the result is .*not the same as 1\.0"):
        first.check([0.0, 3.0])
    with pytest.raises(WrongAnswer, match="1 results for 2 tasks"):
        first.check([0.0])


def test_what_does_not_pickle_cannot_be_held_against_others(tmp_path):
    with pytest.raises(WrongAnswer, match=r"a result that same\(a, b\) compares must pickle"):
        Agreement(lambda a, b: True, range(1), str(tmp_path / "first"))([lambda: 0])


def test_work_of_that_name_compares_nothing(tmp_path):
    (tmp_path / "mine.py").write_text(
        "def same(i):\n    return i\n\n\ndef other(i):\n    return i\n"
    )
    for name in ("same", "other"):
        assert not hasattr(Spec(name, f"{tmp_path / 'mine.py'}:{name}").build(), "same")


CODE = """
import os

def same(a, b):
    return abs(a.x - b.x) < 0.1

class Result:
    def __init__(self, x):
        self.x = x

def jittered(i):
    return Result(i + os.getpid() % 7 / 100)

def other(i):
    return Result(os.getpid() + i)
"""


@pytest.mark.once
def test_workers_of_a_run_agree_where_same_says_so(tmp_path):
    (tmp_path / "mine.py").write_text(CODE)
    file = tmp_path / "mine.py"
    assert callable(Spec("jittered", f"{file}:jittered").build().same)
    settings = {
        "workload": (f"{file}:jittered", f"{file}:other"),
        "strategy": ("sequential", "threading[workers=2]"),
    }
    more = {"rounds": 2, "tasks": 3, "timeout": 20.0, "probe": "none", "results": str(tmp_path)}
    stored = read(run(resolve({**settings, **more}), [], lambda event: None))
    reasons = {cell.name.partition(" ")[0]: cell.reason for cell in stored.run.cells}
    assert reasons["jittered"] == ""
    assert "wrong answer" in reasons["other"]
