"""A pyperf file without a run.json: one of ours on its own, or anybody's.

What such a file holds becomes a run; what it does not hold stays absent.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyperf

from . import facts
from .errors import DamagedRun
from .facts import Facts
from .samples import Process, processes_of, python, suite
from .stored import Stored

REFERENCE = "sequential"
STRATEGY = "pyperf"
"""What stands for the strategy where nobody named one."""

_ALONE = "its run.json is missing: failures, CPUs delivered and seed are not known"
_FOREIGN = "not written by concbench: it holds times, and not what was done"


def read(path: Path) -> Stored:
    """The suite in a file as a run.

    Benchmarks of concbench are cells as they were planned, except for their limits: the CPUs
    delivered are not in the file.  Any other benchmark is a workload of one task under the strategy
    "pyperf", each in a block of its own, with pyperf's runs as rounds.

    Raises DamagedRun when it is no pyperf file, or holds no time.
    """
    benchmarks = list(suite(path))
    told = [run.get_metadata() for benchmark in benchmarks for run in benchmark.get_runs()]
    if all("cb_cell" in metadata for metadata in told):
        return _ours(benchmarks, told, path)
    return _foreign(benchmarks, path)


def _ours(
    benchmarks: Sequence[pyperf.Benchmark], told: Sequence[Mapping[str, Any]], path: Path
) -> Stored:
    try:
        cells = _cells(told)
    except KeyError as error:
        raise DamagedRun(f"{path} was not written by concbench: a run has no {error}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None
    known = {"sides": _sides(cells), "reference": REFERENCE, "warnings": [_ALONE]}
    run = _facts(benchmarks, path, cells=cells, **known)
    found = processes_of(benchmarks, run.cells, path)
    if len({(one.cell, one.round) for one in found}) < len(found):
        raise DamagedRun(f"{path} is of several runs: it has a cell twice in one round")
    return Stored(path.parent, run, found)


def _sides(cells: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    titles = enumerate(dict.fromkeys(cell["side"] for cell in cells if cell["side"]), 1)
    return [{"title": one, "name": one, "samples": f"samples-{n}.json"} for n, one in titles]


def _cells(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first: dict[int, Mapping[str, Any]] = {}
    for metadata in told:
        number, name = metadata["cb_cell"], metadata["name"]
        if first.setdefault(number, metadata)["name"] != name:
            raise ValueError(f"two cells have the number {number}")
    blocks: dict[tuple[Any, ...], int] = {}
    cells: list[dict[str, Any]] = []
    for number, metadata in sorted(first.items()):
        key = tuple(map(metadata.get, ("cb_workload", "cb_workload_params", "cb_tasks", "cb_side")))
        block = blocks.setdefault(key, len(blocks))
        taken = any(cell["block"] == block and cell["reference"] for cell in cells)
        refers = metadata["cb_strategy"] == REFERENCE and not taken
        cells.append({**_cell(number, metadata), "block": block, "reference": refers})
    return cells


def _cell(number: int, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "name": told["name"],
        "workload": _plugin(told["cb_workload"], told["cb_workload_params"]),
        "strategy": _plugin(told["cb_strategy"], told["cb_strategy_params"]),
        "tasks": told["cb_tasks"],
        "measured_tasks": told["cb_measured_tasks"],
        "workers": told["cb_workers"],
        "loops": told.get("loops"),
        "status": "measured",
        "side": told.get("cb_side", ""),
    }


def _plugin(name: str, params: str) -> dict[str, Any]:
    return {"name": name, "params": json.loads(params)}


def _foreign(benchmarks: Sequence[pyperf.Benchmark], path: Path) -> Stored:
    warnings = [_FOREIGN]
    cells: list[dict[str, Any]] = []
    found: list[Process] = []
    for benchmark in benchmarks:
        name, unit = benchmark.get_name(), benchmark.get_unit()
        runs = [run for run in benchmark.get_runs() if run.values]  # none in a calibration
        if unit != "second":
            warnings.append(f"{name} is left out: its unit is the {unit}")
        elif not runs:
            warnings.append(f"{name} is left out: it has no values")
        else:
            found += _processes(len(cells), runs, path)
            cells.append(_benchmark(len(cells), name))
    if not cells:
        raise DamagedRun(f"{path} holds no times: {'; '.join(warnings[1:])}")
    # Nobody stopped it by looking at what this reader shows: nothing is spent on looks.
    rounds = max(Counter(process.cell for process in found).values())
    run = _facts(benchmarks, path, cells=cells, rounds_limit=rounds, warnings=warnings)
    return Stored(path.parent, run, tuple(sorted(found, key=lambda one: (one.round, one.cell))))


def _benchmark(number: int, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "workload": {"name": name, "params": {}},
        "strategy": {"name": STRATEGY, "params": {}},
        "tasks": 1,
        "workers": 1,
        "block": number,
        "status": "measured",
    }


def _processes(number: int, runs: Iterable[pyperf.Run], path: Path) -> Iterator[Process]:
    for place, run in enumerate(runs):
        if not all(map(math.isfinite, run.values)):
            raise DamagedRun(f"{path} has a damaged run: a time that is infinite")
        yield Process(
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


def _facts(benchmarks: Sequence[pyperf.Benchmark], path: Path, **known: Any) -> Facts:
    first, last = _dates(benchmarks, path)
    found = {
        "schema": facts.SCHEMA,
        "id": path.name,
        "started": first,
        "ended": last or None,
        "state": "finished",
        "seed": None,
        "environment": _environment(benchmarks[0].get_metadata()),
        **known,
    }
    return facts.checked(found, path)


def _dates(benchmarks: Iterable[pyperf.Benchmark], path: Path) -> tuple[str, str]:
    try:
        dates: list[tuple[datetime, datetime]] = [d for b in benchmarks if (d := b.get_dates())]
    except (TypeError, ValueError, OverflowError) as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None
    if not dates:
        return "", ""
    first, last = min(dates)[0], max(date[1] for date in dates)
    return first.isoformat(timespec="seconds"), last.isoformat(timespec="seconds")


def _environment(told: Mapping[str, Any]) -> dict[str, Any]:
    implementation, _, version = python(told).partition(" ")
    found = {
        "python": version,
        "implementation": implementation,
        "platform": told.get("platform"),
        "cpu_model": told.get("cpu_model_name"),
        "cpus": told.get("cpu_count"),
        "affinity": told.get("cpu_affinity"),
        "hostname": told.get("hostname"),
    }
    return {key: value for key, value in found.items() if value}
