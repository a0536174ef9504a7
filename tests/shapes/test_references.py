"""What the others are compared with: it pays for nothing that the work does not need."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.spec import Spec

WORK = Path(__file__).with_name("work.py")


def opened(work):
    lanes = Lanes(Spec(work, f"{WORK}:{work}"))
    return lanes, Spec("sequential", find("strategies", "sequential").target).build().open(lanes)


def test_an_async_reference_awaits_in_turn_inside_one_running_loop(monkeypatch):
    starts = []
    run = asyncio.BaseEventLoop.run_until_complete
    monkeypatch.setattr(
        asyncio.BaseEventLoop,
        "run_until_complete",
        lambda self, coroutine: starts.append(self) or run(self, coroutine),
    )
    lanes, strategy = opened("trivial")
    with strategy as batch:
        before = len(starts)
        assert batch(range(100)) == list(range(100))
        assert len(starts) == before + 1
    assert (lanes.form, lanes.notes, lanes.in_process) == ("async", [], True)


def test_it_runs_one_task_at_a_time():
    _, strategy = opened("one_at_a_time")
    with strategy as batch:
        assert batch(range(5)) == [1] * 5


def test_an_error_in_it_names_the_task():
    _, strategy = opened("cancelled")
    with pytest.raises(RuntimeError, match="task 2 ended without a result"), strategy as batch:
        batch(range(5))


def test_blocking_work_is_called_without_a_loop():
    lanes, strategy = opened("sleeps")
    with strategy as batch:
        assert batch(range(3)) == [0, 1, 2]
    assert (lanes.form, lanes.loop) == ("blocking", "")
