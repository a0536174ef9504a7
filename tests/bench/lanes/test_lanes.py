"""Every strategy, over every form of workload, by every start method."""

from __future__ import annotations

import multiprocessing
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.lanes.dispatch import DISPATCHES
from concbench.lanes.report import read_metrics, total
from concbench.plan.plugins import find
from concbench.spec import Spec

THIRD = Path(__file__).parents[2] / "third_party.py"
ONE_PROCESS = [
    ("sequential", {}),
    ("threading", {"workers": 3}),
    ("asyncio", {"workers": 3}),
    ("asyncio+to_thread", {"workers": 3}),
    ("asyncio+to_thread", {"workers": 3, "executor": "default"}),
    ("asyncio+run_in_executor", {"workers": 3}),
    ("asyncio+threadsafe", {"workers": 3}),
    ("asyncio+blocking", {"workers": 3}),
    ("threading", {"workers": 3, "pool": "thread-per-task"}),
    *(("asyncio", {"workers": 3, "dispatch": dispatch}) for dispatch in DISPATCHES),
    ("asyncio", {"workers": 3, "debug": True}),
]
if sys.version_info >= (3, 12):
    ONE_PROCESS += [
        ("asyncio", {"workers": 3, "eager": True, "dispatch": dispatch}) for dispatch in DISPATCHES
    ]
if find_spec("uvloop"):
    ONE_PROCESS += [("asyncio", {"workers": 3, "loop": "uvloop"})]
POOLS = [
    (name, {"workers": 2, "start": start, **pool})
    for name, pool in (
        ("multiprocessing", {}),
        ("multiprocessing", {"pool": "Pool.map"}),
        ("asyncio+processpool", {}),
    )
    for start in multiprocessing.get_all_start_methods()
]
POOLS += [
    ("multiprocessing", {"workers": 2, "pool": "Pool.imap_unordered", "chunk": 3}),
    ("multiprocessing", {"workers": 2, "pool": "Pool.map", "max_tasks_per_child": 2}),
    (
        "multiprocessing",
        {
            "workers": 2,
            "start": "spawn",
            "pool": "Pool.imap_unordered",
            "chunk": 3,
            "max_tasks_per_child": 3,
        },
    ),
]
ALL = ONE_PROCESS + POOLS


def third(name: str, **params: object) -> Spec:
    return Spec(name, f"{THIRD}:{name}", params)


def batch_of(workload: Spec, name: str, params: dict[str, object], tasks: int) -> list[object]:
    strategy = find("strategies", name)
    built = Spec(name, strategy.target, params).build()
    with built.open(Lanes(workload)) as batch:
        first = batch(range(tasks))
        assert batch(range(tasks)) == first
        return first


@pytest.mark.parametrize(("name", "params"), ALL)
def test_results_come_in_task_order(name, params):
    assert batch_of(third("square", plus=1), name, params, 20) == [i * i + 1 for i in range(20)]


@pytest.mark.parametrize(("name", "params"), ALL)
def test_a_coroutine_function_runs_under_every_strategy(name, params):
    assert batch_of(third("asquare"), name, params, 10) == [i * i for i in range(10)]


@pytest.mark.parametrize(("name", "params"), ALL)
def test_a_lane_is_opened_used_and_closed_in_one_thread(name, params):
    assert batch_of(third("ThreadBound"), name, params, 12) == list(range(12))


@pytest.mark.parametrize(("name", "params"), ALL)
def test_an_async_lane_is_entered_and_left_by_one_task(name, params):
    assert batch_of(third("TaskBound"), name, params, 6) == [-i for i in range(6)]


@pytest.mark.parametrize(("name", "params"), ALL)
def test_an_error_in_a_task_arrives_as_it_was_raised_with_task_and_lane(name, params):
    with pytest.raises((LookupError, ExceptionGroup)) as caught:
        batch_of(third("Misbehaving", how="raise_"), name, params, 4)
    error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
    assert str(error) == "nothing there"
    assert "in task 2, lane " in error.__notes__[0]


@pytest.mark.parametrize(("name", "params"), ALL)
def test_an_error_in_open_arrives_as_it_was_raised(name, params):
    with pytest.raises(OSError, match="no such disk"):
        batch_of(third("Misbehaving", how="raise in open"), name, params, 4)


@pytest.mark.parametrize(("name", "params"), ALL)
def test_an_error_in_close_arrives_as_it_was_raised(name, params):
    with pytest.raises(OSError, match="disk is full"):
        batch_of(third("Misbehaving", how="raise in close"), name, params, 4)


@pytest.mark.parametrize(("name", "params"), POOLS)
def test_an_error_that_does_not_pickle_still_says_what_it_was(name, params):
    with pytest.raises((RuntimeError, ExceptionGroup)) as caught:
        batch_of(third("Misbehaving", how="unpicklable"), name, params, 4)
    error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
    assert "Local (which does not pickle): of no use elsewhere" in str(error)


@pytest.mark.parametrize(("name", "params"), POOLS)
def test_a_child_that_dies_ends_the_batch_instead_of_the_patience(name, params):
    from concurrent.futures.process import BrokenProcessPool

    with pytest.raises((BrokenProcessPool, ExceptionGroup)):
        batch_of(third("Misbehaving", how="exit"), name, params, 4)


@pytest.mark.parametrize("name", ["multiprocessing", "asyncio+processpool"])
@pytest.mark.parametrize(
    ("how", "said"), [("exit", "exit code 7"), ("killed", "killed by SIGKILL")]
)
def test_how_a_child_of_an_executor_ended_is_noted_on_its_error(name, how, said):
    with pytest.raises((RuntimeError, ExceptionGroup)) as caught:
        batch_of(third("Misbehaving", how=how), name, {"workers": 2, "start": "spawn"}, 4)
    error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
    assert f" died ({said})" in error.__notes__[-1]


def lanes_under(workload: Spec, name: str, params: dict[str, object]) -> Lanes:
    lanes = Lanes(workload)
    with Spec(name, find("strategies", name).target, params).build().open(lanes) as batch:
        batch(range(2))
    return lanes


@pytest.mark.parametrize(("name", "params"), ONE_PROCESS)
def test_a_missing_form_is_derived_and_said(name, params):
    blocking = lanes_under(third("ThreadBound"), name, params)
    awaited = lanes_under(third("TaskBound"), name, params)
    within = ["lanes-within-batch"] if "pool" in params else []
    blocks = ["blocks-loop"]
    mistake = ["blocking-calls", *blocks]
    expected = {
        "sequential": ([], []),
        "asyncio": (blocks, []),
        "asyncio+threadsafe": (blocks, []),
        "asyncio+blocking": (mistake, [*mistake, "own-loop-per-lane"]),
    }.get(name, (within, ["own-loop-per-lane", *within]))
    assert tuple([one["code"] for one in lanes.notes] for lanes in (blocking, awaited)) == expected
    assert (blocking.form, awaited.form) == ("blocking", "async")


def test_lanes_know_whether_they_are_in_this_process():
    assert lanes_under(third("square"), "threading", {"workers": 1}).in_process
    assert not lanes_under(third("square"), *POOLS[0]).in_process


@pytest.mark.parametrize("name", ["threading", "asyncio+to_thread", "asyncio"])
def test_workers_is_what_runs_at_the_same_time(name):
    import asyncio
    import threading
    from contextlib import asynccontextmanager, contextmanager

    running, most, lock = 0, 0, threading.Lock()

    def enter() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)

    def leave() -> None:
        nonlocal running
        with lock:
            running -= 1

    class Counting:
        @contextmanager
        def open(self):
            barrier = threading.Barrier(3)

            def call(i):
                enter()
                shared.wait(5)
                leave()
                return i

            shared = self.barrier = getattr(self, "barrier", barrier)
            yield call

        @asynccontextmanager
        async def aopen(self):
            async def call(i):
                enter()
                await asyncio.sleep(0.001)
                leave()
                return i

            yield call

    lanes = Lanes(third("square"))
    counting = Counting()
    counting.barrier = threading.Barrier(3)  # three meet here, or the batch breaks
    lanes._workload = counting
    with Spec(name, find("strategies", name).target, {"workers": 3}).build().open(lanes) as batch:
        assert batch(range(9)) == list(range(9))
    assert most == 3


@pytest.mark.parametrize("workload", ["Counting", "CountingApart", "CountingAsync"])
@pytest.mark.parametrize(("name", "params"), ALL)
def test_what_a_workload_counts_is_added_over_its_lanes(name, params, workload):
    lanes = Lanes(third(workload))
    built = Spec(name, find("strategies", name).target, params).build()
    with built.open(lanes) as batch:
        batch(range(10))
        batch(range(5))
    assert total(lanes.reports) == {"bytes": 3 * 15}


@pytest.mark.parametrize(
    ("metrics", "wrong"),
    [({"rows": "many"}, "'rows': 'many'"), ({3: 1}, "3: 1"), ({"rows": float("nan")}, "nan")],
)
def test_metrics_that_are_no_numbers_are_named(metrics, wrong):
    with pytest.raises(TypeError, match=wrong):
        read_metrics(lambda: metrics)
