"""The probe pass of a worker: its protocol, and the faults that it finds."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
from contextlib import contextmanager

import pytest

from concbench.driver.probe_results import probed
from concbench.plan.selection import named
from concbench.probes.empty import emptied
from concbench.processes.children import line
from concbench.spec import Spec

from .passes import ALL, COMMAND, FAULTY, THIRD, job, seen, strategy, worked, workload

STARTS = multiprocessing.get_all_start_methods()
THREADED = ["threading", "asyncio", "asyncio+to_thread"]
POOLED = ["multiprocessing", "asyncio+processpool"]


def cells(starts: list[str]) -> list[Spec]:
    """Every strategy, pools of processes by each of these start methods."""
    threaded = [strategy(name, workers=3) for name in THREADED]
    return [
        strategy("sequential"),
        *threaded,
        *(strategy(name, workers=2, start=start) for name in POOLED for start in starts),
    ]


@pytest.mark.parametrize("how", cells(STARTS), ids=lambda one: one.label)
def test_every_strategy_tells_of_every_task_and_leaves_nothing(how):
    found = seen(workload("io_sleep", seconds=0.002), how)
    assert found["left"] == []
    assert found["concurrency"]["most"] == how.params.get("workers", 1)
    running, waiting = found["latency"]["running_seconds"], found["latency"]["waiting_seconds"]
    assert 0.002 <= running["p50"] <= running["p95"] <= running["p99"] <= running["max"]
    assert waiting["p50"] <= waiting["max"]
    assert sorted(task for task, *_ in found["timeline"]["tasks"]) == list(range(24))
    for _, _, submitted, started, ended in found["timeline"]["tasks"]:
        assert 0 <= submitted <= started <= ended
    if "asyncio" in how.name:
        assert found["lag"]["loops"] == 1
        assert not found["absent"]
    else:
        assert found["absent"] == {"lag": "it runs no event loop"}


AT_ONCE = {
    "asyncio[workers=3,dispatch=gather]": 24,
    "asyncio[workers=3,dispatch=taskgroup]": 24,
    "asyncio[workers=3,dispatch=queue]": 3,
    "asyncio[workers=3,dispatch=semaphore]": 3,
    "asyncio+run_in_executor[workers=3]": 3,
    "asyncio+threadsafe[workers=3]": 3,
    "asyncio+blocking[workers=3]": 1,
    "threading[workers=3,pool=thread-per-task]": None,  # those that end before the last starts
    "multiprocessing[workers=2,pool=Pool.map]": 2,
    "multiprocessing[workers=2,pool=Pool.imap_unordered,max_tasks_per_child=3]": 2,
}


@pytest.mark.parametrize("label", AT_ONCE)
def test_what_is_seen_in_flight_is_what_a_strategy_says(label):
    name, params = named(label)
    numbers = ("workers", "max_tasks_per_child")
    given = {key: int(text) if key in numbers else text for key, text in params.items()}
    found = seen(workload("io_sleep", seconds=0.02), strategy(name, **given))
    assert found["left"] == []
    assert sorted(task for task, *_ in found["timeline"]["tasks"]) == list(range(24))
    for _, _, submitted, started, ended in found["timeline"]["tasks"]:
        assert 0 <= submitted <= started <= ended
    if AT_ONCE[label]:
        assert found["concurrency"]["most"] == AT_ONCE[label]
    assert ("lag" in found) == name.startswith("asyncio")


@pytest.fixture(scope="module")
def server():
    from concbench.driver.fixtures import running
    from concbench.processes.children import Children

    served = workload("http_get", delay=0.001)
    with Children() as children, running(children, [served]) as fixtures:
        yield Spec(served.name, served.target, served.params, fixtures.given[served.label])


@pytest.mark.parametrize("how", cells(["forkserver"]), ids=lambda one: one.label)
def test_clients_of_http_leave_nothing(how, server):
    assert seen(server, how, 12)["left"] == []


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("nothing", []),
        ("thread", ["2 threads: sleeper (2 times)"]),
        ("thousand", ["2000 threads: sleeper (2000 times)"]),
        ("dead", ["2 processes: a dead one that nobody waited for (2 times)"]),
        ("unclosed", [f"2 resources never closed: file '{FAULTY}' (2 times)"]),
        ("coroutine", ["2 coroutines never awaited: fetch (2 times)"]),
    ],
)
def test_what_a_workload_leaves_behind_is_told(what, left):
    found = seen(workload("Leaking", what=what), strategy("threading", workers=2), 4, ["latency"])
    assert found["left"] == left


@pytest.mark.parametrize(("what", "noun"), [("child", "processes"), ("file", "files")])
def test_children_and_files_left_behind_are_told(what, noun):
    found = seen(workload("Leaking", what=what), strategy("threading", workers=2), 4, ["latency"])
    (told,) = found["left"]
    assert told.startswith(f"2 {noun}: ")


def test_a_task_left_in_the_loop_is_told():
    found = seen(workload("LeavingTasks"), strategy("asyncio", workers=2), 4)
    assert found["left"] == ["1 task: refresh"]


def test_a_loop_that_is_frozen_is_told_for_how_long():
    found = seen(workload("Freezing"), strategy("asyncio", workers=2), 40)
    assert found["lag"]["max"] >= 0.045
    assert found["lag"]["p50"] < found["lag"]["p99"]


def test_a_blocking_workload_in_a_loop_freezes_it_for_the_whole_batch():
    found = seen(workload("Sleeping"), strategy("asyncio", workers=4), 10)
    assert found["lag"]["max"] >= 0.048 - 0.001
    assert found["concurrency"]["mean"] == pytest.approx(1, abs=0.1)


def test_a_pool_with_fewer_lanes_than_workers_is_found_out():
    found = seen(workload("Sleeping"), strategy("Starved", workers=6))["concurrency"]
    assert found == {"mean": pytest.approx(2, abs=0.4), "most": 2, "lanes": 2, "declared": 6}


def test_a_thousand_lanes_are_seen():
    how = strategy("threading", workers=1000)
    found = seen(workload("Sleeping", seconds=0.5), how, 1000, ["latency"])
    assert (found["concurrency"]["lanes"], found["concurrency"]["most"]) == (1000, 1000)
    assert found["left"] == []


@pytest.mark.parametrize(
    ("how", "absent"),
    [
        (strategy("OwnLoop", workers=2), {"lag": "it creates its own event loop"}),
        (strategy("Counting"), {"latency": "does not take its tasks", "lag": "no event loop"}),
        (strategy("Lazy"), {"latency": "0 of 6 tasks", "concurrency": "0 of", "lag": "no event"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_what_cannot_be_known_has_its_reason(how, absent):
    found = seen(workload("Sleeping"), how, 6, ["latency", "lag"])
    for metric, why in absent.items():
        assert metric not in found
        assert why in found["absent"][metric]


def test_tasks_that_are_taken_in_pieces_have_their_times():
    found = seen(workload("Sleeping"), strategy("Slicing"), 9)
    assert len(found["timeline"]["tasks"]) == 9
    assert found["latency"]["waiting_seconds"]["max"] > 0.01  # the second half was taken at once


def test_a_batch_shorter_than_a_beat_has_no_lag():
    found = seen(workload("Leaking"), strategy("asyncio", workers=2), 2)
    assert "never ran for 2 ms" in found["absent"]["lag"]


def test_only_what_was_asked_for_is_there():
    result, _ = worked(job(workload("Sleeping"), strategy("threading", workers=2), 4, ALL))
    assert probed(result, ["lag"]).keys() == {"absent", "left"}
    assert probed(result, ["trace"]).keys() == {"absent", "timeline"}
    assert probed(result, ["latency"]).keys() == {
        *("absent", "timeline", "latency", "concurrency", "left"),
    }


def test_a_long_timeline_is_cut():
    found = seen(workload("Leaking"), strategy("sequential"), 2500, ["trace"])
    assert len(found["timeline"]["tasks"]) == 2000
    assert "left" not in found


def test_memory_without_the_rest_records_nothing():
    result, said = worked(job(workload("Sleeping"), strategy("sequential"), 3, ["memory"]))
    assert (result, said) == ({"tasks": 3}, "memory\n")


@contextmanager
def warm(tmp_path, probes):
    """A worker that says it is warm, and its result's path."""
    (tmp_path / "job.json").write_text(
        json.dumps(job(workload("Sleeping"), strategy("threading", workers=2), 4, probes))
    )
    both = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, str(tmp_path / "job.json")], bufsize=0, **both) as worker:
        assert line(worker, 30) == b"memory"
        yield worker
    assert worker.returncode == 0
    assert (tmp_path / "result.json").exists()


def test_a_warm_worker_goes_on_until_it_is_answered(tmp_path):
    with warm(tmp_path, ["memory"]) as worker:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(1)
        worker.stdin.write(b"on\n")
        worker.wait(30)


def test_a_warm_worker_ends_with_its_driver(tmp_path):
    with warm(tmp_path, ["memory"]) as worker:
        worker.stdin.close()
        worker.wait(30)


def test_what_a_workload_prints_and_reads_does_not_reach_the_driver():
    work = workload("Printing")
    for how in (strategy("sequential"), strategy("multiprocessing", workers=2, start="fork")):
        _, said = worked(job(work, how, 2, ["memory", "trace"]))
        assert said == "memory\n"


@pytest.mark.parametrize(
    ("name", "forms"),
    [("Both", (True, True)), ("ThreadBound", (True, False)), ("TaskBound", (False, True))],
)
def test_an_empty_workload_has_the_forms_of_the_one_it_stands_for(name, forms):
    empty = emptied(Spec(name, f"{THIRD}:{name}")).build()
    assert (hasattr(empty, "open"), hasattr(empty, "aopen")) == forms


@pytest.mark.parametrize("name", ["ThreadBound", "TaskBound"])
@pytest.mark.parametrize("how", cells(STARTS[:1]), ids=lambda one: one.label)
def test_an_empty_workload_runs_under_every_strategy(name, how):
    found = seen(emptied(Spec(name, f"{THIRD}:{name}")), how, 6, ["trace"])
    assert len(found["timeline"]["tasks"]) == 6
