"""The ways to hand many tasks to an event loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import warnings

import pytest

from concbench.lanes import Lanes
from concbench.lanes.dispatch import ALL_AT_ONCE, DISPATCHES
from concbench.plan.plugins import find
from concbench.spec import Spec

from .test_lanes import third

EVERY = pytest.mark.parametrize("dispatch", DISPATCHES.values(), ids=DISPATCHES)


class Counting:
    """A call that counts how many of it run, and ends only when those it waits for do."""

    def __init__(self) -> None:
        self.running = self.most = 0

    async def __call__(self, i: int) -> int:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            self.running -= 1
        return i


@EVERY
def test_results_come_in_task_order_when_tasks_end_in_another(dispatch):
    async def late(i: int) -> int:
        for _ in range(10 - i):
            await asyncio.sleep(0)
        return i

    for workers in (1, 2, 6, 50):
        assert asyncio.run(dispatch(late, range(3, 9), workers)) == list(range(3, 9))


@pytest.mark.parametrize("name", DISPATCHES)
def test_a_dispatch_has_so_many_in_flight_as_it_says(name):
    counting = Counting()
    asyncio.run(DISPATCHES[name](counting, range(20), 4))
    how = Spec(name, find("strategies", "asyncio").target, {"workers": 4, "dispatch": name}).build()
    assert counting.most == how.in_flight(20) == (20 if name in ALL_AT_ONCE else 4)


@EVERY
@pytest.mark.parametrize("count", [0, 1])
def test_a_batch_may_be_empty_or_smaller_than_the_workers(dispatch, count):
    assert asyncio.run(dispatch(Counting(), range(count), 4)) == list(range(count))


@EVERY
def test_any_awaitable_will_do(dispatch):
    def call(i: int) -> asyncio.Future[int]:
        future = asyncio.get_running_loop().create_future()
        future.set_result(i)
        return future

    assert asyncio.run(dispatch(call, range(5), 2)) == list(range(5))


@EVERY
def test_an_error_ends_the_batch_with_nothing_of_it_still_running(dispatch):
    ended = []

    async def failing(i: int) -> None:
        try:
            await asyncio.sleep(0.001 if i == 1 else 60)
        finally:
            ended.append(i)
        raise LookupError("nothing there")

    async def batch() -> int:
        with pytest.raises((LookupError, ExceptionGroup)) as caught:
            await dispatch(failing, range(4), 4)
        error = caught.value
        error = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        assert error.__notes__ == ["in task 1, lane MainThread"]
        return len(asyncio.all_tasks())

    assert asyncio.run(batch()) == 1
    assert sorted(ended) == list(range(4))


@EVERY
@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager needs Python 3.12")
def test_an_eager_task_that_fails_at_once_leaves_none_that_nobody_awaits(dispatch):
    async def failing(i: int) -> None:
        raise LookupError("nothing there")

    with warnings.catch_warnings(record=True) as caught, asyncio.Runner() as loop:
        warnings.simplefilter("always")
        loop.get_loop().set_task_factory(asyncio.eager_task_factory)
        with pytest.raises((LookupError, ExceptionGroup)):
            loop.run(dispatch(failing, range(4), 4))
        gc.collect()
    assert [str(one.message) for one in caught] == []


@EVERY
def test_a_batch_that_is_cancelled_leaves_nothing_running(dispatch):
    async def batch() -> int:
        task = asyncio.create_task(dispatch(lambda i: asyncio.sleep(60), range(4), 2))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks())

    assert asyncio.run(batch()) == 1


def loop_under(**params: object) -> tuple[asyncio.AbstractEventLoop, Lanes]:
    lanes = Lanes(third("asquare"))
    built = Spec("asyncio", find("strategies", "asyncio").target, {"workers": 2, **params}).build()
    seen = []

    class Seeing(Lanes):
        def coroutines(self, loop):
            seen.append(loop.get_loop())
            return super().coroutines(loop)

    lanes.__class__ = Seeing
    with built.open(lanes) as batch:
        assert batch(range(4)) == [0, 1, 4, 9]
        (loop,) = seen
        assert loop.get_debug() == bool(params.get("debug"))
        return loop.get_task_factory(), lanes


def test_debug_is_the_loops_debug_mode():
    assert loop_under(debug=True)[1].loop == "asyncio._UnixSelectorEventLoop"
    loop_under(debug=False)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager needs Python 3.12")
def test_eager_is_the_loops_task_factory():
    assert loop_under(eager=True)[0] is asyncio.eager_task_factory
    assert loop_under()[0] is None


def test_the_loop_is_the_one_asked_for():
    pytest.importorskip("uvloop")
    assert loop_under(loop="uvloop")[1].loop == "uvloop.Loop"


def reason(**params: object) -> str | None:
    how = Spec("-", find("strategies", "asyncio").target, {"workers": 1, **params}).build()
    return how.cannot_run()


def test_a_loop_or_a_python_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("concbench.spec.find_spec", lambda name: None)
    assert reason() is None
    assert reason(loop="uvloop") == "uvloop is not installed: pip install 'concbench[uvloop]'"
    assert reason(loop="winloop") == "winloop does not run on linux: take loop=uvloop"
    monkeypatch.setattr(sys, "platform", "win32")
    assert reason(loop="winloop") == "winloop is not installed: pip install 'concbench[winloop]'"
    assert reason(loop="uvloop") == "uvloop does not run on win32: take loop=winloop"
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    assert reason(eager=True) == "eager needs Python 3.12"
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))
    assert reason(eager=True) is None
