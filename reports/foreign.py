"""A pyperf file without a run.json: one of ours on its own, or anybody's.

What such a file holds becomes a run; what it does not hold stays absent.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyperf

from .errors import DamagedRun
from .facts import SCHEMA, Facts, Planned, Plugin
from .stored import Process, Stored, processes_of, suite

REFERENCE = "sequential"


def read(path: Path) -> Stored:
    """The suite in a file as a run.

    Benchmarks of concbench are cells as they were planned, except for their limits: the CPUs
    delivered are not in the file.  Any other benchmark is a workload of one task under the strategy
    "pyperf", each in a block of its own, with pyperf's runs as rounds.
    """
    benchmarks = list(suite(path))
    if not benchmarks:
        raise DamagedRun(f"{path} holds no benchmark")
    told = [benchmark.get_metadata() for benchmark in benchmarks]
    first = told[0]
    ours = all("cb_cell" in metadata for metadata in told)
    cells = _cells(told) if ours else _benchmarks(benchmarks)
    run = Facts(
        schema=SCHEMA,
        id=path.name,
        started=str(first.get("date", "")),
        state="finished",
        seed=0,
        cells=cells,
        rounds_limit=max(benchmark.get_nrun() for benchmark in benchmarks),
        environment=_environment(first),
    )
    if ours:
        return Stored(path.parent, run, processes_of(benchmarks, cells, path))
    found = (
        process
        for number, benchmark in enumerate(benchmarks)
        for process in _processes(number, benchmark)
    )
    return Stored(path.parent, run, tuple(sorted(found, key=lambda one: (one.round, one.cell))))


def _cells(told: list[Mapping[str, Any]]) -> tuple[Planned, ...]:
    blocks: dict[tuple[Any, ...], int] = {}
    cells = []
    for metadata in told:
        key = (metadata["cb_workload"], metadata["cb_workload_params"], metadata["cb_tasks"])
        strategy = metadata["cb_strategy"]
        block = blocks.setdefault(key, len(blocks))
        cells.append(
            Planned(
                id=metadata["cb_cell"],
                name=metadata["name"],
                workload=Plugin(key[0], json.loads(key[1])),
                strategy=Plugin(strategy, json.loads(metadata["cb_strategy_params"])),
                tasks=metadata["cb_tasks"],
                measured_tasks=metadata["cb_measured_tasks"],
                workers=metadata["cb_workers"],
                block=block,
                status="measured",
                reference=strategy == REFERENCE,
            )
        )
    return tuple(cells)


def _benchmarks(benchmarks: list[pyperf.Benchmark]) -> tuple[Planned, ...]:
    return tuple(
        Planned(
            id=number,
            name=benchmark.get_name() or f"benchmark {number}",
            workload=Plugin(benchmark.get_name() or f"benchmark {number}", {}),
            strategy=Plugin("pyperf", {}),
            tasks=1,
            workers=1,
            block=number,
            status="measured",
        )
        for number, benchmark in enumerate(benchmarks)
    )


def _processes(number: int, benchmark: pyperf.Benchmark) -> list[Process]:
    runs = [run for run in benchmark.get_runs() if run.values]
    return [
        Process(
            cell=number,
            round=place,
            position=number,
            seconds=statistics.median(run.values),
            values=tuple(run.values),
            startup_seconds=math.nan,
            first_batch_seconds=math.nan,
            close_seconds=math.nan,
            own_cpu_seconds=math.nan,
            in_process=False,
            form="",
            client="",
            notes=(),
        )
        for place, run in enumerate(runs)
    ]


def _environment(told: Mapping[str, Any]) -> dict[str, Any]:
    version = str(told.get("python_version", "")).partition(" ")[0]
    found = {
        "python": version,
        "implementation": told.get("python_implementation"),
        "platform": told.get("platform"),
        "cpu_model": told.get("cpu_model_name"),
        "cpus": told.get("cpu_count"),
        "hostname": told.get("hostname"),
    }
    return {key: value for key, value in found.items() if value}
