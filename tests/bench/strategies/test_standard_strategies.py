"""What single strategies of the standard library promise, beside what holds for all of them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import pytest

from concbench.lanes import Lanes
from concbench.lanes.lane import Instruments
from concbench.lanes.loops import in_thread
from concbench.plan.plugins import find
from concbench.plan.selection import DEFAULTS
from concbench.probes.heartbeat import Heartbeats
from concbench.probes.recorder import Recorder
from concbench.spec import Spec

from ..lanes.test_lanes import third


@contextmanager
def running(name: str, workload: Spec, **params: object):
    """A batch of the strategy, its lanes, and what the instruments saw."""
    hearts = Heartbeats()
    lanes = Lanes(workload, Instruments(Recorder, hearts.watching))
    how = Spec(name, find("strategies", name).target, {"workers": 3, **params}).build()
    with how.open(lanes) as batch:
        yield batch, lanes, hearts


def test_what_is_a_mistake_is_never_chosen_by_default():
    assert DEFAULTS["strategies"] == (
        "sequential",
        "threading",
        "multiprocessing",
        "asyncio",
        "asyncio+to_thread",
        "asyncio+processpool",
    )


@pytest.mark.parametrize(
    ("name", "params"),
    [
        *(("asyncio", {"dispatch": dispatch}) for dispatch in ("gather", "queue")),
        ("asyncio", {"debug": True}),
        ("asyncio+run_in_executor", {}),
        ("asyncio+threadsafe", {}),
        ("asyncio+blocking", {}),
    ],
)
def test_instruments_see_every_loop_and_every_task(name, params):
    slow = third("asquare", seconds=0.01)
    with running(name, slow, **params) as (batch, lanes, hearts):
        batch(range(6))
    assert len(hearts.beats) == 1
    assert hearts.beats[0]
    assert hearts.left == []
    noted = [one.recording["times"] for one in lanes.reports]
    assert sorted(task for one in noted for task in one[::3]) == list(range(6))


def test_uvloop_can_be_watched():
    pytest.importorskip("uvloop")
    slow = third("asquare", seconds=0.01)
    with running("asyncio", slow, loop="uvloop") as (batch, lanes, hearts):
        batch(range(6))
    assert (lanes.loop, hearts.unwatched) == ("uvloop.Loop", [])
    assert hearts.beats[0]


def test_the_loop_of_threadsafe_is_in_a_thread_of_its_own(tmp_path):
    file = tmp_path / "where.py"
    file.write_text("import threading\nasync def where(i):\n    return threading.get_ident()\n")
    with running("asyncio+threadsafe", Spec("where", f"{file}:where")) as (batch, _, _):
        (place,) = set(batch(range(5)))
    assert place != threading.get_ident()
    assert place not in {thread.ident for thread in threading.enumerate()}


def test_threadsafe_has_at_most_so_many_submitted_as_it_has_workers(tmp_path):
    file = tmp_path / "most.py"
    file.write_text(
        "import asyncio\nrunning = most = 0\nasync def count(i):\n    global running, most\n"
        "    running += 1\n    most = max(most, running)\n    await asyncio.sleep(0.001)\n"
        "    running -= 1\n    return most\n"
    )
    with running("asyncio+threadsafe", Spec("count", f"{file}:count")) as (batch, _, _):
        assert max(batch(range(12))) == 3


def test_what_ends_a_task_does_not_end_the_loops_thread():
    with running("asyncio+threadsafe", third("Misbehaving", how="sys_exit")) as (batch, _, _):
        with pytest.raises(SystemExit, match="enough"):
            batch(range(4))
        assert batch(range(2)) == [0, 1]


def test_a_loop_that_cannot_be_opened_in_its_thread_says_why():
    @contextmanager
    def failing():
        raise OSError("too many open files")
        yield

    with pytest.raises(OSError, match="too many open files"), in_thread(failing()):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loop")]


def test_the_librarys_own_executor_has_as_many_threads_as_the_library_gives_it(tmp_path):
    with ThreadPoolExecutor() as pool:
        own = pool._max_workers
    with running("asyncio+to_thread", third("square"), executor="default") as (batch, lanes, _):
        batch(range(4))
    assert len(lanes.reports) == own


def test_the_executor_is_no_default_one_under_run_in_executor():
    seen = []

    class Seeing(Lanes):
        def runner(self, *given):
            runner = super().runner(*given)

            @contextmanager
            def kept():
                with runner as loop:
                    seen.append(loop.get_loop())
                    yield loop

            return kept()

    lanes = Lanes(third("square"))
    lanes.__class__ = Seeing
    target = find("strategies", "asyncio+run_in_executor").target
    with Spec("-", target, {"workers": 2}).build().open(lanes) as batch:
        assert batch(range(4)) == [0, 1, 4, 9]
        assert seen[0]._default_executor is None


def test_blocking_calls_stop_the_loop_and_the_others_with_it():
    work = find("workloads", "io_sleep")
    slow = Spec(work.name, work.target, {"seconds": 0.01})
    with running("asyncio+blocking", slow) as (batch, lanes, hearts):
        batch(range(4))
    due, came = hearts.beats[0][-2:]
    assert came - due >= 5e6
    assert lanes.form == "blocking"
    spans = sorted(
        zip(
            lanes.reports[0].recording["times"][1::3],
            lanes.reports[0].recording["times"][2::3],
            strict=True,
        )
    )
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_thread_per_task_starts_all_of_them_at_once():
    barrier = threading.Barrier(12)
    lanes = Lanes(third("square"))

    class Meeting:
        @contextmanager
        def open(self):
            yield lambda i: barrier.wait(5) * 0 + i  # all meet here, or the batch breaks

    lanes._workload = Meeting()
    how = Spec(
        "-", find("strategies", "threading").target, {"workers": 2, "pool": "thread-per-task"}
    )
    with how.build().open(lanes) as batch:
        assert batch(range(12)) == list(range(12))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task_")]


def test_threads_that_cannot_be_started_end_the_batch_with_those_that_could(monkeypatch):
    start = threading.Thread.start

    def starting(thread):
        if thread.name == "task_3":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", starting)
    with running("threading", third("square"), pool="thread-per-task") as (batch, lanes, _):
        with pytest.raises(RuntimeError, match="can't start new thread"):
            batch(range(6))
        assert len(lanes.reports) == 3


def test_an_async_workload_gets_a_loop_in_a_thread_where_one_runs_already():
    target = find("strategies", "sequential").target

    async def alone() -> list[int]:
        with Spec("-", target).build().open(Lanes(third("TaskBound"))) as batch:
            return batch(range(3))

    assert asyncio.run(alone()) == [0, -1, -2]
