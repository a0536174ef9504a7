"""Dask: a cluster of this machine, and somebody's, of which some workers are chosen."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from concbench.lanes import Lanes
from concbench.lanes.report import total
from concbench.spec import Spec, missing

distributed = pytest.importorskip("distributed", reason=missing("dask", "distributed") or "")

from concbench.strategies.dask import (  # noqa: E402  # it is there only if the library is
    Dask,
    check,
    connected,
)

THIRD = Path(__file__).parents[2] / "third_party.py"


def third(name: str, **params: object) -> Spec:
    return Spec(name, f"{THIRD}:{name}", params)


def cluster(*threads: int, processes: bool = False):
    """A cluster as somebody may have it: a worker for each count of threads."""
    nobody_else = "127.0.0.1:0"
    about = {"memory_limit": 0, "dashboard_address": nobody_else, "host": "127.0.0.1"}
    kind = distributed.Nanny if processes else distributed.Worker
    workers = {n: {"cls": kind, "options": {**about, "nthreads": t}} for n, t in enumerate(threads)}
    about = {"dashboard_address": nobody_else, "host": "127.0.0.1"}
    scheduler = {"cls": distributed.Scheduler, "options": about}
    return distributed.SpecCluster(workers, scheduler, silence_logs=50)


@pytest.fixture(scope="module")
def address():
    before = dict(os.environ)
    with cluster(1, 1, processes=True) as there:
        os.environ.clear()
        os.environ.update(before)  # a nanny sets a hash seed for its children in this process
        yield there.scheduler_address


@pytest.mark.parametrize("workload", ["Both", "asquare", "ThreadBound", "TaskBound"])
def test_lanes_are_opened_used_and_closed_in_dask_workers(address, workload):
    lanes = Lanes(third(workload))
    with Dask(2, address).open(lanes) as batch:
        results = batch(range(12))
        assert batch(range(12)) == results
    assert [abs(i) for i in results] == [i * i if workload == "asquare" else i for i in range(12)]
    assert not lanes.in_process
    assert lanes.notes[0] == {"code": "dask-workers", "workers": 2, "hosts": "127.0.0.1"}


def test_a_dask_worker_tells_what_its_lane_counted(address):
    lanes = Lanes(third("Counting"))
    with Dask(2, address).open(lanes) as batch:
        batch(range(10))
    assert (len(lanes.reports), total(lanes.reports)) == (2, {"bytes": 30})


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ("raise_", LookupError, "nothing there"),
        ("raise in open", OSError, "no such disk"),
        ("raise in close", OSError, "disk is full"),
        ("unpicklable", RuntimeError, "Local \\(which does not pickle\\)"),
    ],
)
def test_errors_arrive_as_they_were_raised_and_name_the_worker(address, how, error, said):
    with (
        pytest.raises(error, match=said) as caught,
        Dask(2, address).open(Lanes(third("Misbehaving", how=how))) as batch,
    ):
        batch(range(4))
    if " in " not in how:
        assert "in task 2, lane tcp://127.0.0.1:" in caught.value.__notes__[0]


def test_the_next_run_finds_workers_without_lanes_of_the_last(address):
    with Dask(2, address).open(Lanes(third("Both"))) as batch:
        batch(range(4))
    with connected(address, 5) as client:
        found = client.submit(_has_a_lane, pure=False).result()
    assert not found


def _has_a_lane():
    from concbench.lanes.lane import lane

    return bool(vars(lane))


def test_a_worker_that_dies_ends_the_batch():
    with (
        cluster(1, 1, processes=True) as there,
        pytest.raises((ConnectionError, distributed.KilledWorker)),
        Dask(2, there.scheduler_address).open(Lanes(third("Misbehaving", how="exit"))) as batch,
    ):
        batch(range(4))


def test_all_threads_of_the_workers_that_are_chosen_have_lanes():
    with cluster(2, 3, 1) as there:
        lanes = Lanes(third("ThreadBound"))
        with Dask(3, there.scheduler_address).open(lanes) as batch:
            assert batch(range(30)) == list(range(30))
        assert len(lanes.reports) == 3


def test_workers_that_cannot_be_had_are_said():
    with cluster(2) as there:
        with pytest.raises(LookupError, match="have 2 threads together, not 3: start"):
            Dask(3, there.scheduler_address, 0.1).open(Lanes(third("Both"))).__enter__()
        with pytest.raises(LookupError, match="have 2 threads: 1 are not all of some of them"):
            Dask(1, there.scheduler_address, 0.1).open(Lanes(third("Both"))).__enter__()


@pytest.mark.parametrize("listening", [False, True])
def test_an_address_where_no_scheduler_answers_is_said_in_time(listening):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        if not listening:
            server.close()
        with pytest.raises(ConnectionError, match=f"answers at {address} within 0.3 s"):
            Dask(2, address, 0.3).open(Lanes(third("Both"))).__enter__()


HERE = {"host": {"python": "3.13.0.final.0"}, "packages": {"concbench": "1"}}


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({**HERE, "host": {"python": "3.12.1.final.0"}}, "a runs Python 3.12, here it is 3.13"),
        ({**HERE, "packages": {"concbench": None}}, "concbench is not installed at Dask worker a"),
        ({**HERE, "packages": {"concbench": "2"}}, "a runs concbench 2, here it is 1"),
    ],
)
def test_workers_that_are_of_another_kind_are_said(there, said):
    class Client:
        def get_versions(self, packages):
            assert packages == ["concbench"]
            return {"client": HERE, "workers": {"a": there}}

    with pytest.raises(LookupError, match=said):
        check(Client(), ["a"])


def test_a_plug_in_that_the_workers_lack_is_said(address, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("def f(i):\n    return i\n")
    lanes = Lanes(Spec("f", f"{mine}:f"))
    assert lanes._workload
    mine.unlink()
    with pytest.raises(Exception, match=f"there is no file {mine}"), Dask(2, address).open(lanes):
        pass


def test_processes_of_this_machine_are_a_cluster_too():
    lanes = Lanes(third("ThreadBound"))
    with Dask(2).open(lanes) as batch:
        assert batch(range(12)) == list(range(12))
    assert (lanes.notes, lanes.start, lanes.far, len(lanes.reports)) == ([], "spawn", False, 2)
