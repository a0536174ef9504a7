"""Processes with an event loop in each."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.lanes.loops_in_processes import collected, dealt
from concbench.plan.plugins import find
from concbench.spec import Spec

WORK = Path(__file__).with_name("work.py")


def opened(work, **params):
    given = {"workers": 6, "start": "fork", "processes": 2, **params}
    how = Spec("x", find("strategies", "multiprocessing+asyncio").target, given).build()
    lanes = Lanes(Spec(work, f"{WORK}:{work}"))
    return lanes, how, how.open(lanes)


@pytest.mark.parametrize(("tasks", "hands"), [(0, 2), (1, 2), (7, 2), (64, 16), (3, 5)])
def test_what_is_dealt_out_is_collected_in_order(tasks, hands):
    chunks = dealt(range(tasks), hands)
    assert len(chunks) == min(tasks, hands)
    assert collected([list(chunk) for chunk in chunks], tasks) == list(range(tasks))


@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods())
def test_results_come_in_task_order(start):
    lanes, _, strategy = opened("process_and_most", start=start)
    with strategy as batch:
        for _ in range(2):
            results = batch(range(20))
        assert [i for i, _, _ in results] == list(range(20))
        assert {most for _, _, most in results} == {3}
    notes = [{"code": "preloaded"}] if start == "forkserver" else []
    assert (lanes.form, lanes.in_process, lanes.notes) == ("async", False, notes)


def test_tasks_are_shared_by_the_processes():
    _, how, strategy = opened("process_and_most")
    with strategy as batch:
        assert len({pid for _, pid, _ in batch(range(20))}) == how.processes == 2


def test_blocking_work_runs_inline_and_is_said_to_block():
    lanes, _, strategy = opened("sleeps")
    with strategy as batch:
        assert batch(range(5)) == list(range(5))
    assert (lanes.form, lanes.notes) == ("blocking", [{"code": "blocks-loop"}])


def test_an_error_arrives_with_the_number_of_its_task():
    _, _, strategy = opened("cancelled")
    with pytest.raises(BaseException) as caught, strategy as batch:
        batch(range(8))
    error = caught.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert "task 2 ended without a result" in str(error)


@pytest.mark.parametrize(("workers", "processes", "flight"), [(16, 2, 16), (5, 2, 6), (1, 4, 1)])
def test_workers_are_the_tasks_in_flight_of_all_processes(workers, processes, flight):
    _, how, _ = opened("trivial", workers=workers, processes=processes)
    assert how.in_flight(64) == flight


def test_no_processes_are_a_mistake():
    with pytest.raises(ValueError, match="processes must be 1 or more, not 0"):
        opened("trivial", processes=0)
