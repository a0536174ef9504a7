"""From what a worker's probe pass left to what is stored of a cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain, islice
from typing import Any

from . import flights, histograms
from .flights import Pass
from .heartbeat import INTERVAL

SHOWN = 2000
"""Tasks of a timeline: more do not fit into a chart."""
NANOSECOND = 1e-9


def probed(result: Mapping[str, Any], asked: Collection[str]) -> dict[str, Any]:
    """What is stored of a cell beside its memory, from the worker's `result.json`.

    A metric that was asked for is there, or its reason is in `absent`.
    """
    recorded = flights.read(result)
    found: dict[str, Any] = {"absent": {}}
    if {"latency", "trace"} & set(asked):
        found["timeline"] = recorded.disorder or _timeline(recorded)
    if "latency" in asked:
        found["latency"] = recorded.disorder or _latency(recorded)
        found["concurrency"] = recorded.disorder or _concurrency(recorded, result["at_once"])
    if "lag" in asked:
        found["lag"] = _lag(recorded, result)
    if {"latency", "lag"} & set(asked):
        found["left"] = result.get("left", result.get("left_unknown", "nobody looked"))
    for metric in [key for key, value in found.items() if isinstance(value, str)]:
        found["absent"][metric] = found.pop(metric)
    return found


def _latency(recorded: Pass) -> dict[str, Any] | str:
    if not all(one.submitted for one in recorded.flights):
        return "it does not take its tasks from the batch: nobody knows since when they waited"
    waiting = [one.started - one.submitted for one in recorded.flights]
    running = [one.ended - one.started for one in recorded.flights]
    return {
        "waiting": histograms.text(waiting),
        "running": histograms.text(running),
        "waiting_seconds": _percentiles(waiting),
        "running_seconds": _percentiles(running),
    }


def _percentiles(durations: list[int]) -> dict[str, float]:
    ordered = sorted(durations)
    found = {f"p{n}": _seconds(histograms.percentile(ordered, n)) for n in (50, 95, 99)}
    return {**found, "max": _seconds(ordered[-1])}


def _concurrency(recorded: Pass, declared: int | None) -> dict[str, Any]:
    mean, most = recorded.in_flight
    lanes = len({one.lane for one in recorded.flights})
    return {"mean": mean, "most": most, "lanes": lanes, "declared": declared}


def _lag(recorded: Pass, result: Mapping[str, Any]) -> dict[str, Any] | str:
    if not recorded.beats:
        if result["unwatched"]:
            return f"its event loop, {result['unwatched'][0]}, cannot be watched"
        if result["loop"]:
            return "it makes its event loop itself: one from lanes.runner() is watched"
        return "it runs no event loop"
    delays = [at - due for due, at in chain.from_iterable(recorded.beats)]
    if not delays:
        return f"its event loop never ran for {1000 * INTERVAL:g} ms at a time"
    histogram, most = histograms.corrected(delays, int(INTERVAL * 1e9)), max(delays)

    def percentile(percent: float) -> float:
        return _seconds(min(most, histogram.get_value_at_percentile(percent)))

    return {
        "histogram": histograms.encoded(histogram),
        "p50": percentile(50),
        "p99": percentile(99),
        "max": _seconds(most),
        "loops": sum(bool(beats) for beats in recorded.beats),
        "beats": len(delays),
    }


def _timeline(recorded: Pass) -> dict[str, Any]:
    began = recorded.began
    tasks = [
        [one.task, one.lane, *(_seconds(at - began) for at in _moments(one))]
        for one in recorded.flights[:SHOWN]
    ]
    beats = sorted(chain.from_iterable(recorded.beats))
    return {
        "lanes": [lane.name for lane in recorded.lanes],
        "tasks": tasks,
        "beats": [[_seconds(at - began), _seconds(at - due)] for due, at in islice(beats, SHOWN)],
    }


def _moments(one: flights.Flight) -> tuple[int, int, int]:
    return one.submitted or one.started, one.started, one.ended


def _seconds(nanoseconds: int) -> float:
    return round(nanoseconds * NANOSECOND, 9)
