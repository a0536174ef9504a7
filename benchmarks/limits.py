"""How much of the limit is reached, and what holds http_get back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import psutil
from figures import Figure, show_rows

from concbench.driver.fixtures import running
from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.processes.children import Children
from concbench.reports.analysis.cells import Row, rows
from concbench.reports.run.stored import Stored

LIMITS = {
    ("io_sleep", "threading"): 95,
    ("io_sleep", "asyncio"): 95,
    ("cpu_sum", "multiprocessing"): 90,
    ("cpu_sum", "asyncio+processpool"): 90,
}


def shares(stored: Stored) -> Iterator[Figure]:
    """The cells of the run that have a limit to reach."""
    for row in rows(stored):
        least = LIMITS.get((row.workload, row.strategy))
        if least is None or row.of_limit is None:
            continue
        low, high = _bounds(row)
        what = f"{row.workload} {row.strategy}, of limit"
        beside = f"{row.rounds} rounds, {median(stored.run.delivered):.2f} CPUs delivered"
        yield Figure(what, 100 * row.of_limit, "%", least, True, low, high, beside)


def _bounds(row: Row) -> tuple[float, float] | tuple[None, None]:
    if row.limit_seconds is None or row.batch_low is None or row.batch_high is None:
        return None, None
    return 100 * row.limit_seconds / row.batch_high, 100 * row.limit_seconds / row.batch_low


def http(stored: Stored, batches: int) -> None:
    """Print what http_get reaches, and the CPU that client and server need for a request."""
    told = []
    found = {row.strategy: row for row in rows(stored) if row.workload == "http_get"}
    for strategy in ("threading", "asyncio"):
        row = found.get(strategy)
        if row is None or row.of_limit is None or row.batch_seconds is None:
            continue
        client, server = cpu_of_a_request(strategy, batches)
        floor = row.tasks * (client + server) / median(stored.run.delivered)
        percent = f"{100 * row.of_limit:.0f} %"
        used = (f"{1000 * seconds:.2f} ms" for seconds in (client, server))
        both = f"{1000 * floor:.1f} ms of {1000 * row.batch_seconds:.1f} ms"
        told.append((strategy, percent, *used, both))
    columns = ("http_get", "of limit", "client CPU", "server CPU", "both, of a batch")
    show_rows("what holds http_get back: CPU seconds of a request", columns, told)


def cpu_of_a_request(strategy: str, batches: int) -> tuple[float, float]:
    """CPU seconds of client and server for a GET, 16 in flight."""
    workload = find("workloads", "http_get")
    model = replace(find("strategies", strategy), params={"workers": 16}).build()
    with Children() as children, running(children, [workload]) as fixtures:
        server = psutil.Process(fixtures.hosts[0].process.pid)
        served = replace(workload, given=fixtures.given[workload.label])
        with model.open(Lanes(served)) as batch:
            batch(range(64))
            client, before = time.process_time(), _cpu(server)
            for _ in range(batches):
                batch(range(64))
            requests = 64 * batches
            return (time.process_time() - client) / requests, (_cpu(server) - before) / requests


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()  # in steps of 10 ms: over enough batches that is nothing
    return times.user + times.system
