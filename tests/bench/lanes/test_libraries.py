"""Lanes in trio, by anyio, and in joblib's pools; what an extra that is not installed says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from concbench.errors import UsageError
from concbench.lanes import Lanes
from concbench.lanes.report import total
from concbench.plan import plugins
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.spec import Spec, missing

THIRD = Path(__file__).parents[2] / "third_party.py"
EXTRAS = {
    "trio": ("trio", "trio"),
    "anyio": ("trio", "anyio"),
    "gevent": ("gevent", "gevent"),
    "joblib": ("joblib", "joblib"),
    "dask": ("dask", "distributed"),
}
"""By strategy: its extra, and the library that is looked for."""


def cell(name: str, **params: object):
    extra, library = EXTRAS[name]
    why = missing(extra, library)
    marks = pytest.mark.skipif(why is not None, reason=why or "")
    return pytest.param(name, {"workers": 3, **params}, marks=marks)


IN_TRIO = [cell("trio"), cell("anyio", backend="trio")]
LOOPS = [*IN_TRIO, cell("anyio")]
POOLS = [cell("joblib", workers=2), cell("joblib", backend="threading")]
ALL = [*LOOPS, *POOLS]


def third(name: str, **params: object) -> Spec:
    return Spec(name, f"{THIRD}:{name}", params)


def built(name: str, params: dict[str, object]):
    return Spec(name, plugins.find("strategies", name).target, params).build()


@pytest.mark.parametrize(("name", "params"), ALL)
def test_every_library_gives_the_answer_of_sequential_in_task_order(name, params):
    with Lanes(third("Anywhere")).blocking() as call:
        alone = [call(i) for i in range(12)]
    with built(name, params).open(Lanes(third("Anywhere"))) as batch:
        assert batch(range(12)) == batch(range(12)) == alone


@pytest.mark.parametrize(("name", "params"), LOOPS)
def test_a_workload_written_against_anyio_runs_in_both_loops(name, params):
    lanes = Lanes(third("Anywhere"))
    with built(name, params).open(lanes) as batch:
        assert batch(range(6)) == [2 * i for i in range(6)]
    assert (lanes.form, lanes.notes, total(lanes.reports)) == ("async", [], {"tasks": 6})
    assert lanes.loop.startswith("trio" if "trio" in (name, params.get("backend")) else "asyncio")


@pytest.mark.parametrize(("name", "params"), IN_TRIO)
@pytest.mark.parametrize("workload", ["asquare", "TaskBound"])
def test_what_is_written_for_asyncio_alone_is_no_cell_of_trio(name, params, workload):
    strategy, spec = built(name, params), third(workload)
    why = plugins.unfit(spec.build(), strategy)
    assert why.startswith("its async form is for asyncio, not for trio")
    with pytest.raises(UsageError, match="not for trio"), strategy.open(Lanes(spec)):
        pass


@pytest.mark.parametrize(("name", "params"), IN_TRIO)
def test_what_says_that_it_is_for_trio_and_is_not_fails_at_once(name, params):
    with (
        built(name, params).open(Lanes(third("Pretending"))) as batch,
        pytest.raises(ExceptionGroup) as caught,
    ):
        batch(range(2))
    assert "no running event loop" in str(caught.value.exceptions[0])


@pytest.mark.parametrize(("name", "params"), LOOPS)
def test_a_blocking_workload_runs_inline_and_is_said_to_block(name, params):
    lanes = Lanes(third("ThreadBound"))
    with built(name, params).open(lanes) as batch:
        assert batch(range(5)) == list(range(5))
    assert (lanes.form, lanes.notes) == ("blocking", [{"code": "blocks-loop"}])


@pytest.mark.parametrize(("name", "params"), IN_TRIO)
def test_io_sleep_sleeps_by_the_library_that_runs_it(name, params):
    spec = Spec("io_sleep", "concbench.workloads.io_sleep:IoSleep", {"seconds": 0.001})
    lanes = Lanes(spec)
    with built(name, params).open(lanes) as batch:
        assert batch(range(6)) == list(range(6))
    assert (lanes.form, lanes.loop) == ("async", "trio")


@pytest.mark.parametrize(("name", "params"), LOOPS)
def test_workers_is_what_runs_at_the_same_time(name, params):
    with built(name, params).open(Lanes(third("Together"))) as batch:
        assert max(batch(range(9))) == 3


@pytest.mark.parametrize(("name", "params"), ALL)
def test_an_error_in_a_task_arrives_as_it_was_raised_with_task_and_lane(name, params):
    with (
        pytest.raises((LookupError, ExceptionGroup)) as caught,
        built(name, params).open(Lanes(third("Misbehaving", how="raise_"))) as batch,
    ):
        batch(range(4))
    error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
    assert str(error) == "nothing there"
    assert "in task 2, lane " in error.__notes__[0]


@pytest.mark.parametrize(("name", "params"), ALL)
@pytest.mark.parametrize(
    ("how", "said"), [("raise in open", "no such disk"), ("raise in close", "disk is full")]
)
def test_an_error_in_open_or_close_arrives_as_it_was_raised(name, params, how, said):
    with (
        pytest.raises(OSError, match=said),
        built(name, params).open(Lanes(third("Misbehaving", how=how))) as batch,
    ):
        batch(range(4))


@pytest.mark.parametrize(("name", "params"), IN_TRIO)
@pytest.mark.parametrize(
    ("how", "said"), [("raise in open", "no such disk"), ("raise in close", "disk is full")]
)
def test_an_error_in_an_async_lane_arrives_as_it_was_raised(name, params, how, said):
    with (
        pytest.raises(OSError, match=said),
        built(name, params).open(Lanes(third("Anywhere", how=how))) as batch,
    ):
        batch(range(4))


@pytest.mark.parametrize(("name", "params"), POOLS)
@pytest.mark.parametrize("workload", ["ThreadBound", "TaskBound", "Counting"])
def test_a_lane_is_opened_used_and_closed_in_one_worker(name, params, workload):
    lanes = Lanes(third(workload))
    with built(name, params).open(lanes) as batch:
        assert [abs(i) for i in batch(range(12))] == list(range(12))
    assert len(lanes.reports) == params["workers"]
    assert lanes.in_process == (params.get("backend") == "threading")
    assert total(lanes.reports) == ({"bytes": 36} if workload == "Counting" else {})


@pytest.mark.parametrize(("name", "params"), [cell("joblib", workers=2)])
def test_an_error_that_does_not_pickle_still_says_what_it_was(name, params):
    with (
        pytest.raises(RuntimeError, match=r"Local \(which does not pickle\): of no use"),
        built(name, params).open(Lanes(third("Misbehaving", how="unpicklable"))) as batch,
    ):
        batch(range(4))


def test_one_worker_of_joblib_is_this_thread():
    pytest.importorskip("joblib", reason=missing("joblib"))
    lanes = Lanes(third("main_thread"))
    with built("joblib", {"workers": 1}).open(lanes) as batch:
        assert batch(range(3)) == [os.getpid()] * 3
    assert lanes.in_process


@pytest.mark.parametrize(("name", "params"), IN_TRIO)
def test_a_coroutine_function_says_its_loops_too(name, params):
    with built(name, params).open(Lanes(third("anywhere"))) as batch:
        assert batch(range(3)) == [0, 1, 2]


@pytest.mark.parametrize("strategy", EXTRAS)
def test_an_extra_that_is_not_installed_says_how_to_install_it_and_nothing_else_is_lost(
    strategy, monkeypatch
):
    extra, library = EXTRAS[strategy]
    monkeypatch.setitem(sys.modules, library, None)
    why = f"{library} is not installed: pip install 'concbench[{extra}]'"
    found = {one.name: one.reason for one in plugins.describe("strategies")}
    assert found[strategy] == why
    assert found["threading"] == ""
    chosen = {"workload": ("io_sleep",), "strategy": ("sequential", strategy, "threading")}
    assert [one.reason for one in plan(resolve(chosen))] == ["", why, ""]


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("anyio[backend=curio]", "backend must be asyncio or trio, not 'curio'"),
        ("joblib[backend=dask]", "backend must be loky or threading, not 'dask'"),
        ("joblib[chunk=0]", "chunk must be a whole number, 1 or more, not 0"),
        ("dask[scheduler=localhost]", "scheduler must be like tcp://host:8786, not 'localhost'"),
        ("dask[scheduler=tcp://a:1,start=spawn]", "scheduler and start exclude each other"),
        ("dask[start=osmosis]", "start must be one of "),
        ("dask[timeout=0]", "timeout must be above 0 seconds"),
    ],
)
def test_parameters_that_mean_nothing_are_found_before_anything_runs(strategy, said):
    with pytest.raises(UsageError) as caught:
        plan(resolve({"workload": ("io_sleep",), "strategy": ("sequential", strategy)}))
    assert said in str(caught.value)


def test_no_extra_is_part_of_the_default_selection():
    names = {one.cell.strategy.name for one in plan(resolve({}))}
    assert not names & set(EXTRAS)
