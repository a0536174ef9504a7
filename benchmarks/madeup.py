"""Runs made up for the benchmark of reports: as stored, of any size, the same each time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import madeup_probes
import pyperf

STRATEGIES = ("sequential", "threading", "multiprocessing", "asyncio", "asyncio+to_thread")
TASKS, WORKERS = 64, 16


@dataclass(frozen=True)
class Size:
    """So many cells, `together` in a block; rounds, and values of each process."""

    cells: int
    together: int
    rounds: int
    values: int

    @property
    def runs(self) -> int:
        return self.cells * self.rounds


def write(folder: Path, size: Size) -> Path:
    """Write run.json, samples.json and probes.json, and give the folder."""
    folder.mkdir(parents=True)
    cells = [_cell(number, size) for number in range(size.cells)]
    record = {
        "schema": 1,
        "id": folder.name,
        "started": "2026-11-21T04:50:00Z",
        "state": "finished",
        "seed": 1,
        "reference": "sequential",
        "cells": cells,
        "canary": [{"round": n, "cpus": 2, "delivered": 1.95} for n in range(size.rounds)],
        "environment": {"python": "3.13.0", "implementation": "CPython", "gil": True, "cpus": 2},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    suite = pyperf.BenchmarkSuite([pyperf.Benchmark(list(_runs(cell, size))) for cell in cells])
    suite.dump(str(folder / "samples.json"))
    madeup_probes.write(folder, cells)
    return folder


def _cell(number: int, size: Size) -> dict[str, Any]:
    block, place = divmod(number, size.together)
    strategy = _strategy(place)
    return {
        "id": number,
        "name": f"work[size={2**block}] x {TASKS} / {strategy}",
        "workload": {"name": "work", "target": "made:Up", "params": {"size": 2**block}},
        "strategy": {"name": strategy, "target": "made:Up", "params": {}},
        "tasks": TASKS,
        "measured_tasks": TASKS,
        "workers": WORKERS if place else 1,
        "block": block,
        "reference": not place,
        "status": "measured",
    }


def _strategy(place: int) -> str:
    return STRATEGIES[place] if place < len(STRATEGIES) else f"strategy_{place}"


def _runs(cell: dict[str, Any], size: Size) -> Iterator[pyperf.Run]:
    chance = Random(cell["name"])
    place = cell["id"] % size.together
    middle = 0.04 * (1 + place / 10) if place else 0.64
    for number in range(size.rounds):
        values = [middle * chance.lognormvariate(0, 0.02) for _ in range(size.values)]
        yield pyperf.Run(values, metadata=_metadata(cell, number, values), collect_metadata=False)


def _metadata(cell: dict[str, Any], number: int, values: Sequence[float]) -> dict[str, Any]:
    return {
        "name": cell["name"],
        "cb_cell": cell["id"],
        "cb_round": number,
        "cb_position": cell["id"],
        "cb_measured_tasks": TASKS,
        "cb_startup_s": 0.01 + values[0] / 100,
        "cb_first_batch_s": values[0],
        "cb_close_s": 0.001,
        "cb_own_cpu_s": 0.01,
        "cb_cpu_s": 0.012 + cell["id"] / 1000,
        "cb_in_process": 1,
        "cb_form": "blocking",
    }
