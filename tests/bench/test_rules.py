"""Rules that no other file holds, each seen to be broken by `nox -s mutants`."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pyperf
import pytest

from concbench.driver import run, workers
from concbench.driver.lab import laboratory
from concbench.engine import arguments
from concbench.lanes import Lanes
from concbench.lanes.dispatch import in_flight
from concbench.plan.plugins import find
from concbench.plan.selection import DEFAULTS, selected
from concbench.plan.settings import Settings
from concbench.spec import Spec

from .driver.test_rounds import PLAN, MadeUpLab, course, everything, planned
from .lanes.test_lanes import batch_of, third


def test_results_come_in_task_order_when_tasks_end_in_another():
    async def late(i):
        for _ in range(10 - i):
            await asyncio.sleep(0)
        return i

    assert asyncio.run(in_flight(late, range(3, 9), 6)) == list(range(3, 9))


def test_a_process_pool_has_one_more_task_queued_for_each_worker():
    most, running, four, lock = 0, 0, threading.Barrier(4), threading.Lock()

    class Counting:
        @contextmanager
        def open(self):
            yield self.call

        def call(self, i):
            nonlocal most, running
            with lock:
                running += 1
                most = max(most, running)
            four.wait(5)  # four meet here, or the batch breaks
            with lock:
                running -= 1
            return i

    lanes = Lanes(third("square"))
    lanes._workload = Counting()
    many_threads = SimpleNamespace(
        processes=lambda workers, start, preload: lanes.threads(8), runner=lanes.runner
    )
    target = find("strategies", "asyncio+processpool").target
    with Spec("-", target, {"workers": 2}).build().open(many_threads) as batch:
        assert batch(range(8)) == list(range(8))
    assert most == 4


@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("name", ["multiprocessing", "asyncio+processpool"])
def test_children_are_started_as_asked(tmp_path, name, start):
    file = tmp_path / "kinds.py"
    file.write_text(
        "from multiprocessing import current_process\n"
        "def kind(i):\n    return type(current_process()).__name__.lower()\n"
    )
    kinds = batch_of(Spec("kind", f"{file}:kind"), name, {"workers": 1, "start": start}, 2)
    assert kinds == [f"{start}process"] * 2


def test_chunk_is_how_many_tasks_go_to_a_child_at_a_time():
    sizes = []

    def recorded(function, tasks, chunksize):
        sizes.append(chunksize)
        return tasks

    @contextmanager
    def pool(workers, start, preload):
        yield SimpleNamespace(map=recorded)

    made = Spec("-", find("strategies", "multiprocessing").target, {"workers": 1, "chunk": 5})
    with made.build().open(SimpleNamespace(processes=pool)) as batch:
        batch(range(10))
    assert sizes == [5]


SLOW = """
import time
from contextlib import contextmanager
from dataclasses import dataclass

@dataclass(frozen=True)
class Slow:
    @contextmanager
    def open(self):
        time.sleep(0.11)
        done = []
        def call(i):
            time.sleep(0 if done else 0.12)
            done.append(i)
            return i
        yield call
        time.sleep(0.13)
"""


def test_open_first_batch_values_and_close_are_timed_apart(tmp_path):
    file = tmp_path / "slow.py"
    file.write_text(SLOW)
    settings = Settings(
        workload=(f"{file}:Slow",),
        strategy=("sequential",),
        tasks=1,
        rounds=1,
        results=tmp_path / "results",
    )
    samples = run(settings, [], lambda event: None) / "samples.json"
    (one,) = pyperf.BenchmarkSuite.load(str(samples)).get_benchmarks()[0].get_runs()
    told = one.get_metadata()
    assert told["cb_startup_s"] >= 0.11
    assert told["cb_first_batch_s"] >= 0.12
    assert told["cb_close_s"] >= 0.13
    assert max(one.values) < told["cb_first_batch_s"]


def test_a_cell_is_calibrated_in_its_first_round_alone():
    lab = MadeUpLab(seconds=lambda visit: 0.001, loops=8)
    one = course(PLAN, lab, rounds=3)
    one.run(everything())
    found = Counter(entry["cell"] for entry in one.history.entries if entry["event"] == "loops")
    assert found == {0: 1, 1: 1, 2: 1}


def test_every_round_has_its_canary_and_its_order():
    one = course(PLAN, MadeUpLab(), rounds=3)
    one.run(everything())
    assert [canary["round"] for canary in one.history.canary()] == [0, 1, 2]
    assert {canary["delivered"] for canary in one.history.canary()} == {2.0}
    assert len(one.history.orders) == 3


def test_a_block_is_scouted_before_it_is_measured_and_its_patience_follows():
    made = MadeUpLab(per_task=0.5)
    course(PLAN, made, rounds=1).run(everything())
    assert {visit.timeout for visit in made.visits} == {60}
    made = MadeUpLab(per_task=0.001)
    course(PLAN, made, rounds=1).run(everything())
    (patience,) = {visit.timeout for visit in made.visits}
    assert patience == pytest.approx(10 + 8 * 0.064)


def test_a_worker_gets_no_more_than_its_timeout(tmp_path, monkeypatch):
    waited = []

    def wait(process, seconds):
        waited.append(seconds)
        process.kill()
        return process.wait()

    monkeypatch.setattr(workers, "wait", wait)
    cell = planned(0, "sequential")
    with laboratory(()) as real:
        real.scout(cell, 7.0)
    assert [0 < seconds <= 7.0 for seconds in waited] == [True]


@pytest.mark.parametrize("made", [arguments(1, 1, "0-1"), arguments(0, 1, "0-1")])
def test_affinity_is_always_passed(made):
    assert "--affinity=0-1" in made


@pytest.fixture
def server():
    """Echoes the task's number; remembers connections and paths."""
    seen = SimpleNamespace(connections=0, paths=[], port=0)

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            seen.connections += 1
            super().setup()

        def do_GET(self):
            seen.paths.append(self.path)
            body = self.path[1:].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        seen.port = serving.server_port
        yield seen
        serving.shutdown()
        thread.join()


HTTP = find("workloads", "http_get").target


@pytest.mark.parametrize("strategy", ["sequential", "threading", "asyncio", "asyncio+to_thread"])
def test_http_get_asks_once_a_task_on_kept_connections(server, strategy):
    params = {} if strategy == "sequential" else {"workers": 2}
    workload = Spec("http_get", HTTP, given={"port": server.port})
    answers = batch_of(workload, strategy, params, 10)
    assert answers == [[200, 1, str(i)] for i in range(10)]
    assert Counter(server.paths) == {f"/{i}": 2 for i in range(10)}  # two batches
    assert server.connections <= params.get("workers", 1)


@pytest.mark.parametrize("strategy", ["sequential", "asyncio"])
def test_a_users_server_answers_with_its_status_alone(server, strategy):
    params = {} if strategy == "sequential" else {"workers": 2}
    workload = Spec("http_get", HTTP, {"url": f"http://127.0.0.1:{server.port}/page"})
    assert batch_of(workload, strategy, params, 3) == [200] * 3
    assert set(server.paths) == {"/page"}


@pytest.mark.parametrize("name", ["io_sleep", "cpu_sum"])
def test_every_task_of_a_workload_has_an_answer_of_its_own(name):
    params = {"seconds": 0.0} if name == "io_sleep" else {"size": 10}
    workload = Spec(name, find("workloads", name).target, params)
    answers = batch_of(workload, "sequential", {}, 16)
    assert len(set(map(json.dumps, answers))) == 16
    if name == "cpu_sum":
        assert answers[3] == sum(n * n for n in range(3, 13))


def test_a_name_without_wildcards_excludes_that_one_alone():
    chosen = [one.spec.name for one in selected("strategies", ["!asyncio"])]
    assert chosen == [name for name in DEFAULTS["strategies"] if name != "asyncio"]
