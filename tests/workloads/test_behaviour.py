"""What each workload says of itself: what it waits for, holds, hands over and counts."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest
import requests

from concbench.lanes.report import total
from concbench.plan.plugins import find
from concbench.spec import load

from .cases import batches, planned, ready

NATIVE = [
    "cpu_native[size=20000000]",
    "cpu_native[kind=zlib,size=5000000]",
    "cpu_numpy[size=2000000]",
    "sqlite[rows=100000]",
]

CHANCES = 50
"""To look while a task runs: a busy machine may let each of them pass."""


@pytest.mark.parametrize("text", [*NATIVE, "cpu_sum[size=100000]"])
def test_native_code_releases_the_gil_and_python_does_not(text):
    """With threads that never offer the GIL, only code that releases it lets another one look."""
    spec = planned(text)
    state, seen = ["out"], set()

    def work(workload) -> None:
        with workload.open() as made:
            call = made[0] if isinstance(made, tuple) else made
            call(0)
            for i in range(CHANCES):
                state[0] = "in"
                call(i)
                state[0] = "out"
                if "in" in seen:
                    break

    interval = sys.getswitchinterval()
    sys.setswitchinterval(100)
    try:
        with ready([spec]) as found, ThreadPoolExecutor(1) as pool:
            done = pool.submit(work, found[spec.label].build())
            while not done.done():
                seen.add(state[0])
                time.sleep(0.0002)
            done.result()
    finally:
        sys.setswitchinterval(interval)
    assert ("in" in seen) == (text in NATIVE)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("pipeline[items=4,consumers=2,seconds=0.005]", 0.01),
        ("stream[items=3,seconds=0.003]", 0.009),
        ("timers[ticks=3,seconds=0.003]", 0.009),
        ("timers[by=call_at,ticks=3,seconds=0.003]", 0.009),
        ("http_get[delay=0.01]", 0.01),
    ],
)
def test_a_limit_finds_the_waiting_that_a_task_is_told(text, seconds):
    """Wall less CPU of sequential, as a limit takes it; more only where the machine is busy."""
    spec = planned(text)
    with ready([spec]) as found:
        workload = found[spec.label]
        batches(workload, "sequential", 1)
        wall, cpu = time.perf_counter(), time.process_time()
        batches(workload, "sequential", 2)
        waited = time.perf_counter() - wall - (time.process_time() - cpu)
    assert waited >= 0.9 * 4 * seconds


@pytest.mark.parametrize("strategy", ["threading", "asyncio"])
def test_mixed_waits_for_its_ratio(strategy, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    batches(planned("mixed[seconds=0.4,ratio=0.999]"), strategy, 3, workers=2)
    assert waited == pytest.approx([0.3996] * 6)


@pytest.mark.parametrize("strategy", ["threading", "asyncio", "multiprocessing"])
@pytest.mark.parametrize(
    ("text", "per_task"),
    [("file_io[size=100]", 200), ("tcp_echo[size=100]", 200), ("cpu_native[size=9000]", 9000)],
)
def test_bytes_are_counted(strategy, text, per_task):
    spec = planned(text)
    with ready([spec]) as found:
        _, _, lanes = batches(found[spec.label], strategy, 5, workers=2)
    assert total(lanes.reports) == {"bytes": 2 * 5 * per_task}


@pytest.mark.parametrize("strategy", ["threading", "asyncio"])
def test_a_producer_is_held_back_by_a_full_queue_alone(strategy):
    def held_back(room: int) -> float:
        spec = planned(f"pipeline[items=5,consumers=1,room={room},seconds=0.005]")
        return total(batches(spec, strategy, 2, workers=2)[2].reports)["held_back"]

    assert held_back(room=1) > 0
    assert held_back(room=100) == 0


@pytest.mark.parametrize("by", ["call_at", "call_later"])
def test_call_at_keeps_to_a_grid_and_call_later_drifts_from_it(by):
    due = []

    class Noting(asyncio.SelectorEventLoop):
        def call_at(self, when, callback, *args, context=None):
            if callback.__name__ == "tick":
                due.append(when)
            return super().call_at(when, callback, *args, context=context)

    async def ticking(workload):
        async with workload.aopen() as (call, metrics):
            await call(0)
            return metrics()["late_seconds"]

    with asyncio.Runner(loop_factory=Noting) as loop:
        late = loop.run(ticking(planned(f"timers[by={by},seconds=0.001,ticks=20]").build()))
    grid = [due[0] + n * 0.001 for n in range(20)]
    behind = [when - on_time for when, on_time in zip(due, grid, strict=True)]
    assert behind == sorted(behind) if by == "call_later" else max(map(abs, behind)) < 1e-6
    assert (behind[-1] > 1e-6) == (by == "call_later")
    assert late >= behind[-1] - 1e-6


def test_a_file_is_forced_to_the_disk_once_a_task(monkeypatch):
    forced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (forced.append(file), fsync(file)))
    batches(planned("file_io[size=9]"), "threading", 5, workers=2)
    assert len(forced) == 2 * 5


def test_a_loop_waits_for_as_many_files_as_there_are_tasks_in_flight(monkeypatch):
    meeting = threading.Barrier(3)
    monkeypatch.setattr(os, "fsync", lambda file: meeting.wait(10))
    batches(planned("file_io[size=9]"), "asyncio", 6, workers=3)  # or the barrier breaks


def test_a_loop_keeps_a_connection_for_each_task_in_flight(monkeypatch):
    opened = []
    connect = asyncio.open_connection

    async def counted(*args, **kwargs):
        opened.append(args)
        return await connect(*args, **kwargs)

    monkeypatch.setattr(asyncio, "open_connection", counted)
    spec = planned("tcp_echo")
    with ready([spec]) as found:
        batches(found[spec.label], "asyncio", 20, workers=3)
    assert 1 <= len(opened) <= 3


def test_a_parcel_is_a_number_that_carries_its_text_through_pickle():
    (parcel,) = load(find("workloads", "payload").target)(size=500).arguments(range(7, 8))
    there = pickle.loads(pickle.dumps(parcel))
    assert (there, there.text, f"{there}") == (7, f"{7:0500d}", "7")


@pytest.mark.parametrize("strategy", ["threading", "asyncio"])
@pytest.mark.parametrize("client", ["default", "httpx"])
def test_the_client_that_is_used_is_the_one_that_is_said(client, strategy, monkeypatch):
    """Without what makes a session of any other library."""
    spec = planned(f"http_get[delay=0,client={client}]")
    said = spec.build().clients["async" if strategy == "asyncio" else "blocking"]
    sessions = {
        "requests": (requests, "Session"),
        "aiohttp": (aiohttp, "ClientSession"),
        "httpx": (httpx, "AsyncClient" if strategy == "asyncio" else "Client"),
    }
    for library, (module, name) in sessions.items():
        if library != said:
            monkeypatch.delattr(module, name)
    with ready([spec]) as found:
        first, _, _ = batches(found[spec.label], strategy, 3, workers=2)
    assert first == [[200, 1, str(i)] for i in range(3)]
    assert (said == "httpx") == (client == "httpx")
