"""The probes of runs made up for the benchmark of reports: a timeline and histograms a cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from concbench.reports.run.histogram import Histogram

BEAT_SECONDS = 0.002


def write(folder: Path, cells: Sequence[dict[str, Any]]) -> None:
    """Write probes.json of these cells of run.json."""
    found = [_probed(cell) for cell in cells]
    text = json.dumps({"schema": 1, "cells": found})
    (folder / "probes.json").write_text(text, encoding="utf-8")


def _probed(cell: dict[str, Any]) -> dict[str, Any]:
    chance = Random(f"{cell['name']} probed")
    tasks = _tasks(cell["tasks"], cell["workers"], chance)
    end = max(ended for *_, ended in tasks)
    beats = [(at * BEAT_SECONDS, chance.expovariate(2000)) for at in range(int(500 * end))]
    lags = [lag for _, lag in beats]
    running = [ended - started for *_, started, ended in tasks]
    waiting = [started for *_, started, _ in tasks]
    return {
        "cell": cell["id"],
        "tasks": cell["tasks"],
        "memory": {"peak_pss_bytes": 20_000_000 + 1_000_000 * cell["workers"], "samples": 9},
        "latency": {
            "waiting": _histogram(waiting),
            "running": _histogram(running),
            "waiting_seconds": _quantiles(waiting),
            "running_seconds": _quantiles(running),
        },
        "lag": {"histogram": _histogram(lags), **_quantiles(lags), "loops": 1, "beats": len(lags)},
        "left": [],
        "timeline": {
            "lanes": [f"lane_{lane}" for lane in range(cell["workers"])],
            "tasks": tasks,
            "beats": beats,
        },
        "absent": {},
    }


def _tasks(count: int, workers: int, chance: Random) -> list[tuple[int, int, float, float, float]]:
    """Ten milliseconds each, all submitted at once."""
    free = [0.0] * workers
    found = []
    for task in range(count):
        lane = task % workers
        began = free[lane] + 0.0001
        free[lane] = began + 0.01 * chance.lognormvariate(0, 0.05)
        found.append((task, lane, 0.0, began, free[lane]))
    return found


def _histogram(seconds: Sequence[float]) -> str:
    made = Histogram()
    for second in seconds:
        made.add(round(1e9 * second))
    return made.text()


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    last = len(ordered) - 1
    places = {f"p{percent}": percent * last // 100 for percent in (50, 95, 99)}
    return {**{name: ordered[place] for name, place in places.items()}, "max": ordered[-1]}
