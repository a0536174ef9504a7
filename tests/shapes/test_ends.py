"""Tasks that end without a result: each strategy fails, at once, and names the task."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.lanes.dispatch import DISPATCHES
from concbench.plan.plugins import find
from concbench.spec import Spec

WORK = Path(__file__).with_name("work.py")


def leaf(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def error_of(work, strategy, **params):
    workload = Spec(work, f"{WORK}:{work}")
    how = Spec(strategy, find("strategies", strategy).target, params).build()
    lanes = Lanes(workload)
    with pytest.raises(BaseException) as caught, how.open(lanes) as batch:
        batch(range(8))
    return leaf(caught.value)


@pytest.mark.parametrize("work", ["cancelled", "awaits_cancelled"])
@pytest.mark.parametrize("dispatch", DISPATCHES)
def test_a_task_that_cancels_itself_fails_under_every_dispatch(work, dispatch):
    error = error_of(work, "asyncio", workers=2, dispatch=dispatch)
    assert str(error).startswith("task 2 ended without a result: it was cancelled"), error


@pytest.mark.parametrize(
    ("strategy", "params"),
    [
        ("asyncio+threadsafe", {"workers": 2}),
        ("anyio", {"workers": 2}),
        ("anyio", {"workers": 8}),
    ],
)
def test_a_task_that_cancels_itself_fails_under_other_strategies(strategy, params):
    if strategy == "anyio":
        pytest.importorskip("anyio")
    assert "task 2 ended without a result" in str(error_of("cancelled", strategy, **params))


@pytest.mark.parametrize(
    "strategy", ["sequential", "threading", "asyncio+to_thread", "asyncio+run_in_executor"]
)
@pytest.mark.parametrize("work", ["cancelled", "cancelled_blocking"])
def test_a_cancellation_in_a_thread_is_an_error_too(strategy, work):
    params = {} if strategy == "sequential" else {"workers": 2}
    error = error_of(work, strategy, **params)
    told = [str(error), *getattr(error, "__notes__", [])]
    assert any("task 2" in line for line in told), told


@pytest.mark.parametrize("strategy", ["sequential", "threading", "asyncio", "multiprocessing"])
def test_stop_iteration_is_named_and_ends_no_loop_in_silence(strategy):
    more = {"start": "fork"} if strategy == "multiprocessing" else {}
    params = {} if strategy == "sequential" else {"workers": 2, **more}
    error = error_of("stops", strategy, **params)
    assert "task 5 ended without a result: it raised StopIteration" in str(error)


@pytest.mark.parametrize("dispatch", DISPATCHES.values(), ids=DISPATCHES)
def test_an_error_keeps_its_cause(dispatch):
    async def failing(i):
        raise LookupError("nothing there") from KeyError(i)

    with pytest.raises((LookupError, ExceptionGroup)) as caught:
        asyncio.run(dispatch(failing, range(2), 1))
    assert isinstance(leaf(caught.value).__cause__, KeyError)


def test_a_batch_that_is_cancelled_from_outside_is_cancelled():
    async def batch():
        task = asyncio.create_task(DISPATCHES["takers"](lambda i: asyncio.sleep(60), range(4), 2))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(batch())
