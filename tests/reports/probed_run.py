"""A run of the default matrix with all its probes, made up as it is on a machine of two CPUs.

Tasks are scheduled by simple models: a thread takes its CPU seconds from those that the others
compute with, a loop runs side by side what waits and one after another what computes.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concbench.reports.run.histogram import Histogram

from .made import Made, folder, sequential

Task = tuple[int, int, float, float, float]
HEARTBEAT = 0.005
STRATEGIES = (
    *("sequential", "threading", "multiprocessing"),
    *("asyncio", "asyncio+to_thread", "asyncio+processpool"),
)


@dataclass(frozen=True)
class Work:
    """What a task waits and computes, in seconds; `native` has a form for a loop."""

    name: str
    wait: float
    cpu: float
    native: bool
    tasks: int = 64
    workers: int = 16


WORKS = (
    Work("io_sleep", 0.01, 0.00004, native=True),
    Work("http_get", 0.01, 0.0009, native=True),
    Work("cpu_sum", 0.0, 0.0064, native=False, tasks=16, workers=2),
)


def cells(works: Sequence[Work] = WORKS, rounds: int = 8) -> list[Made]:
    """Every work under every strategy; a batch takes as long as its tasks say."""
    found = []
    for block, work in enumerate(works):
        for name in STRATEGIES:
            took = max(ended for *_, ended in scheduled(work, name))
            chance = random.Random(f"{work.name} {name}")
            seconds = [took * chance.lognormvariate(0, 0.015) for _ in range(rounds)]
            more = {"workload": work.name, "params": {}, "tasks": work.tasks, "block": block}
            more["own_cpu"] = work.tasks * work.cpu
            if name == "sequential":
                found.append(sequential(seconds, **more))
            else:
                bent = "" if work.native or name != "asyncio" else "blocks the loop"
                found.append(Made(name, seconds, workers=work.workers, notes=bent, **more))
    return found


def write(path: Path, works: Sequence[Work] = WORKS, rounds: int = 8, **facts: Any) -> Path:
    """Write run.json, samples.json and probes.json, and give the folder."""
    facts.setdefault("canary", canary(rounds))
    folder(path, cells(works, rounds), **facts)
    return probe(path, works)


def probe(path: Path, works: Sequence[Work] = ()) -> Path:
    """Add CPU seconds and probes.json to a run, of works by block; other cells get a usual one."""
    run = json.loads((path / "run.json").read_text())
    run["probes"] = ["memory", "latency", "lag"]
    (path / "run.json").write_text(json.dumps(run))
    measured = [cell for cell in run["cells"] if cell["status"] == "measured"]
    _add_cpu(path, {cell["id"]: cell for cell in measured})
    found = []
    for cell in measured:
        work = works[cell["block"]] if works else Work("work", 0.01, 0.0009, True)
        work = replace(work, workers=cell["workers"])
        found.append(_probed(cell["id"], work, cell["strategy"]["name"]))
    (path / "probes.json").write_text(json.dumps({"schema": 1, "cells": found}))
    return path


def _add_cpu(path: Path, measured: dict[int, dict[str, Any]]) -> None:
    """A little is paid for each task by what runs it."""
    suite = json.loads((path / "samples.json").read_text())
    for benchmark in suite["benchmarks"]:
        told = benchmark["metadata"]
        cell = measured[told["cb_cell"]]
        each = {"sequential": 1e-5, "threading": 6e-5, "asyncio": 4e-5, "asyncio+to_thread": 1.3e-4}
        extra = each.get(cell["strategy"]["name"], 2.4e-4)
        known = {**suite["metadata"], **told}
        told["cb_cpu_s"] = known.get("cb_own_cpu_s", 0.001) + cell["tasks"] * extra
    (path / "samples.json").write_text(json.dumps(suite))


def canary(rounds: int) -> list[dict[str, Any]]:
    """Rounds on two CPUs, the fourth with one of them, which was not measured again."""
    return [
        {
            "round": number,
            "cpus": 2,
            "delivered": 0.97 if number == 3 else 1.95 - 0.01 * (number % 3),
            "jitter_seconds": 0.004 if number == 3 else 0.0001 + 0.00002 * number,
            "low": number == 3,
            "replaced": False,
        }
        for number in range(rounds)
    ]


def scheduled(work: Work, strategy: str) -> list[Task]:
    """When each task of a batch was submitted, started and ended, and on which lane."""
    chance = random.Random(ascii((work.name, strategy)))
    if strategy == "sequential":
        return list(_in_turn(work, chance))
    if strategy == "asyncio":
        return list(_in_a_loop(work, chance) if work.native else _in_turn(work, chance))
    processes = "process" in strategy
    at_once = min(2, work.workers) if processes else 1
    busy = work.workers * work.cpu / at_once
    each = max(work.wait + work.cpu, busy if not work.wait else work.wait + 0.4 * busy)
    return list(_in_lanes(work, each, 0.0003 if processes else 0.00003, chance))


def _in_turn(work: Work, chance: random.Random) -> Iterator[Task]:
    now = 0.0
    for task in range(work.tasks):
        took = (work.wait + work.cpu) * chance.lognormvariate(0.01, 0.02)
        yield task, 0, now, now, now + took
        now += took + 2e-6


def _in_a_loop(work: Work, chance: random.Random) -> Iterator[Task]:
    """So many going at once; each computes for a moment while the others wait."""
    free = [0.00004 * place for place in range(work.workers)]
    for task in range(work.tasks):
        start = heapq.heappop(free)
        took = work.wait + chance.uniform(0.2, 1.0) * work.workers * work.cpu / 2 + 0.0003
        heapq.heappush(free, start + took + 2e-5)
        yield task, 0, max(0.0, start - 1e-5), start, start + took


def _in_lanes(work: Work, each: float, start_up: float, chance: random.Random) -> Iterator[Task]:
    """All submitted at once; a lane takes the next when it is free."""
    lanes = [(start_up * (place + 1), place) for place in range(work.workers)]
    for task in range(work.tasks):
        free, lane = heapq.heappop(lanes)
        took = each * chance.lognormvariate(0.01, 0.05)
        heapq.heappush(lanes, (free + took + start_up / 4, lane))
        yield task, lane, 1e-5 * (task + 1) if task * 1e-5 < free else free, free, free + took


def _beats(work: Work, strategy: str, end: float) -> list[tuple[float, float]]:
    """When the loop's heartbeat came, and how late."""
    chance = random.Random(ascii((work.name, strategy, "beats")))
    if strategy == "asyncio" and not work.native:
        return [(0.001, 0.0001), (end, end - HEARTBEAT - 0.001)]
    found, now = [], 0.001
    while now < end:
        lag = chance.expovariate(1 / (0.0004 if work.name == "io_sleep" else 0.0012))
        found.append((now + lag, lag))
        now += lag + HEARTBEAT
    return found


def _probed(cell: int, work: Work, strategy: str) -> dict[str, Any]:
    tasks = scheduled(work, strategy)
    waiting = [started - submitted for _, _, submitted, started, _ in tasks]
    running = [ended - started for _, _, _, started, ended in tasks]
    end = max(ended for *_, ended in tasks)
    lanes = max(lane for _, lane, *_ in tasks) + 1
    peak = {"sequential": 21, "threading": 24, "asyncio": 29, "asyncio+to_thread": 31}
    bytes_ = 1_000_000 * peak.get(strategy, 28 + 9 * work.workers)
    found = {
        "cell": cell,
        "tasks": work.tasks,
        "memory": {"peak_pss_bytes": bytes_, "samples": 12},
        "latency": {
            "waiting": histogram(waiting),
            "running": histogram(running),
            "waiting_seconds": quantiles(waiting),
            "running_seconds": quantiles(running),
        },
        "concurrency": {
            "mean": sum(running) / end,
            "most": work.workers if lanes > 1 or "asyncio" in strategy else 1,
            "lanes": lanes,
        },
        "left": [],
        "timeline": {"lanes": [f"lane_{lane}" for lane in range(lanes)], "tasks": tasks[:2000]},
        "absent": {},
    }
    if "asyncio" not in strategy:
        found["absent"] = {"lag": "it runs no event loop"}
        return found
    beats = _beats(work, strategy, end)
    lags = [lag for _, lag in beats]
    found["timeline"]["beats"] = beats
    about = {"histogram": histogram(lags), "loops": 1, "beats": len(beats)}
    known = quantiles(lags)
    del known["p95"]
    return {**found, "lag": {**about, **known}}


def histogram(seconds: Sequence[float]) -> str:
    """As the probes keep it: whole nanoseconds, two significant digits."""
    made = Histogram()
    for second in seconds:
        made.add(round(second * 1e9))
    return made.text()


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    known = {f"p{q}": ordered[min(last, int(q / 100 * len(ordered)))] for q in (50, 95, 99)}
    return {**known, "max": ordered[-1]}
