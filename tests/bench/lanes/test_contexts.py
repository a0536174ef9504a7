"""A context for each task, where tasks set context variables."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from types import SimpleNamespace

import pytest

from concbench.lanes import Lanes, contexts
from concbench.plan.plugins import find
from concbench.spec import Spec

WORK = """
import asyncio
from contextvars import ContextVar

seen = ContextVar("seen", default=None)

def sets(i):
    before = seen.get()
    seen.set(i)
    return before

async def asets(i):
    before = seen.get()
    seen.set(i)
    await asyncio.sleep(0)
    return before if seen.get() == i else "lost"

def leaves(i):
    return i

async def aleaves(i):
    return i

def divides(i):
    import decimal

    decimal.Decimal(1) / 7
    return i
"""


@pytest.fixture
def work(tmp_path):
    (tmp_path / "mine.py").write_text(WORK)
    return lambda name: Spec(name, f"{tmp_path / 'mine.py'}:{name}")


STRATEGIES = [
    ("sequential", {}),
    ("threading", {"workers": 2}),
    ("multiprocessing", {"workers": 2}),
    ("asyncio", {"workers": 2}),
    ("asyncio", {"workers": 2, "dispatch": "queue"}),
    ("asyncio", {"workers": 2, "dispatch": "gather"}),
    ("asyncio+to_thread", {"workers": 2}),
    ("asyncio+blocking", {"workers": 2}),
    ("multiprocessing+asyncio", {"workers": 4, "processes": 2}),
    ("threading+asyncio", {"workers": 4, "threads": 2}),
    ("anyio", {"workers": 2}),
]


@pytest.mark.parametrize("name", ["sets", "asets"])
@pytest.mark.parametrize(("strategy", "params"), STRATEGIES)
def test_a_task_sees_nothing_that_another_has_set(work, strategy, params, name):
    if strategy == "anyio":
        pytest.importorskip("anyio")
    how = Spec(strategy, find("strategies", strategy).target, params).build()
    lanes = Lanes(work(name))
    with how.open(lanes) as batch:
        for _ in range(3):
            assert batch(range(8)) == [None] * 8
    blocking = strategy == "asyncio+blocking" and name == "asets"
    tasks_have_one_anyway = params.get("dispatch") == "gather" or lanes.form == "async"
    assert any(one.contexts for one in lanes.reports) or tasks_have_one_anyway or blocking


@pytest.mark.parametrize(
    ("name", "strategy"),
    [("leaves", "sequential"), ("aleaves", "asyncio"), ("divides", "threading")],
)
def test_work_that_sets_none_runs_as_it_is_after_the_first(work, monkeypatch, name, strategy):
    made = []
    monkeypatch.setattr(contexts, "copy_context", _counted(made))
    params = {} if strategy == "sequential" else {"workers": 2}
    how = Spec(strategy, find("strategies", strategy).target, params).build()
    lanes = Lanes(work(name))
    with how.open(lanes) as batch:
        batch(range(8))
        first = len(made)
        assert batch(range(8)) == list(range(8))
    # The first task of a lane pays, and a thread may have had none in the first batch.
    assert 0 < first <= len(made) <= first + (strategy == "threading")
    assert not any(one.contexts for one in lanes.reports)


def _counted(made):
    from contextvars import copy_context

    return lambda: made.append(1) or copy_context()


def test_a_coroutine_within_a_context_can_be_cancelled_and_cleans_up():
    variable, seen = ContextVar("variable"), SimpleNamespace(value=None)

    async def task(i):
        variable.set(i)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            seen.value = variable.get()

    async def main():
        running = asyncio.create_task(contexts.awaited_apart(task, lambda: None)(7))
        await asyncio.sleep(0.001)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with asyncio.timeout(60):
            return variable.get("nothing")

    assert asyncio.run(main()) == "nothing"
    assert seen.value == 7


def test_errors_come_through_and_whatever_can_be_awaited_may_be_returned():
    async def failing(i):
        await asyncio.sleep(0)
        raise LookupError(i)

    async def main():
        with pytest.raises(LookupError):
            await contexts.awaited_apart(failing, lambda: None)(1)
        loop = asyncio.get_running_loop()

        def later(i):
            future = loop.create_future()
            loop.call_soon(future.set_result, i)
            return future

        return await contexts.awaited_apart(later, lambda: None)(3)

    assert asyncio.run(main()) == 3
