"""A stored run, read: the facts of run.json and one record per worker process.

Any pyperf file, one of ours without its run.json or somebody else's, is read as a run too; what it
does not hold stays absent.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyperf

from ..errors import DamagedRun
from . import keys, probes, schema
from .probes import Probed
from .samples import Process, in_order, processes_of, python, suite
from .schema import Facts, Planned

FILES = re.compile(r"run\.json|samples(-\d+)?\.json|probes\.json")


@dataclass(frozen=True)
class Stored:
    """A run and its worker processes, in the order of rounds and positions.

    `replaced` are those of rounds that were measured again: they count in nothing.  `probes` is by
    cell.
    """

    folder: Path
    run: Facts
    processes: tuple[Process, ...]
    probes: Mapping[int, Probed] = field(default_factory=dict)
    replaced: tuple[Process, ...] = ()

    def of(self, cell: int) -> tuple[Process, ...]:
        """The processes of one cell, by round."""
        return self._by_cell.get(cell, ())

    @cached_property
    def _by_cell(self) -> dict[int, tuple[Process, ...]]:
        by_cell: dict[int, list[Process]] = {}
        for process in self.processes:
            by_cell.setdefault(process.cell, []).append(process)
        return {cell: tuple(processes) for cell, processes in by_cell.items()}

    def blocks(self) -> dict[int, tuple[Planned, ...]]:
        """The cells that are compared with each other, by the number of their block."""
        numbers = dict.fromkeys(cell.block for cell in self.run.cells)
        return {
            number: tuple(cell for cell in self.run.cells if cell.block == number)
            for number in numbers
        }


def read(path: Path) -> Stored:
    """The run in a folder, which may be a link such as `.concbench/latest`, or in a pyperf file.

    A file of a run's folder stands for all of it.
    Raises DamagedRun when a file is missing, damaged, newer or no run.  A run that never measured
    a cell, of a side if it has several, has no samples of it, and that is no damage.
    """
    folder = Path(path)
    if FILES.fullmatch(folder.name) and folder.with_name("run.json").is_file():
        folder = folder.parent
    if folder.is_file():
        return read_foreign(folder)
    run = schema.read(folder / "run.json")
    if not run.sides:
        processes = _measured(folder / "samples.json", run.cells)
    else:
        parts = [
            _measured(folder / side.samples, [one for one in run.cells if one.side == side.title])
            for side in run.sides
        ]
        processes = in_order(one for part in parts for one in part)
    again = {one.round for one in run.canary} - set(run.counted)
    return Stored(
        folder,
        run,
        tuple(one for one in processes if one.round not in again),
        probes.read(folder, {cell.id for cell in run.cells}),
        tuple(one for one in processes if one.round in again),
    )


def _measured(samples: Path, cells: Sequence[Planned]) -> tuple[Process, ...]:
    if not samples.exists() and all(cell.status != "measured" for cell in cells):
        return ()
    return processes_of(suite(samples), cells, samples)


REFERENCE = "sequential"
STRATEGY = "pyperf"
"""What stands for the strategy where nobody named one."""

_ALONE = "its run.json is missing: failures, CPUs delivered and seed are not known"
_FOREIGN = "not written by concbench: it holds times, and not what was done"


def read_foreign(path: Path) -> Stored:
    """The suite in a file as a run.

    Benchmarks of concbench are cells as they were planned, except for their limits: the CPUs
    delivered are not in the file.  Any other benchmark is a workload of one task under the strategy
    "pyperf", each in a block of its own, with pyperf's runs as rounds.

    Raises DamagedRun when it is no pyperf file, or holds no time.
    """
    benchmarks = list(suite(path))
    runs = [run.get_metadata() for benchmark in benchmarks for run in benchmark.get_runs()]
    if all(keys.CELL in metadata for metadata in runs):
        return _ours(benchmarks, runs, path)
    return _foreign(benchmarks, path)


def _ours(
    benchmarks: Sequence[pyperf.Benchmark], runs: Sequence[Mapping[str, Any]], path: Path
) -> Stored:
    try:
        cells = _cells(runs)
    except KeyError as error:
        raise DamagedRun(f"{path} was not written by concbench: a run has no {error}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None
    facts = {"sides": _sides(cells), "reference": REFERENCE, "warnings": [_ALONE]}
    run = _facts(benchmarks, path, cells=cells, **facts)
    processes = processes_of(benchmarks, run.cells, path)
    if len({(one.cell, one.round) for one in processes}) < len(processes):
        raise DamagedRun(f"{path} is of several runs: it has a cell twice in one round")
    return Stored(path.parent, run, processes)


def _sides(cells: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    titles = dict.fromkeys(cell["side"] for cell in cells if cell["side"])
    return [
        {"title": one, "name": one, "samples": keys.samples(place)}
        for place, one in enumerate(titles)
    ]


def _cells(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first: dict[int, Mapping[str, Any]] = {}
    for metadata in runs:
        number, name = metadata[keys.CELL], metadata["name"]
        if first.setdefault(number, metadata)["name"] != name:
            raise ValueError(f"two cells have the number {number}")
    blocks: dict[tuple[Any, ...], int] = {}
    cells: list[dict[str, Any]] = []
    for number, metadata in sorted(first.items()):
        key = tuple(map(metadata.get, (keys.WORKLOAD, keys.WORKLOAD_PARAMS, keys.TASKS, keys.SIDE)))
        block = blocks.setdefault(key, len(blocks))
        taken = any(cell["block"] == block and cell["reference"] for cell in cells)
        refers = metadata[keys.STRATEGY] == REFERENCE and not taken
        cells.append({**_cell(number, metadata), "block": block, "reference": refers})
    return cells


def _cell(number: int, metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "name": metadata["name"],
        "workload": _plugin(metadata[keys.WORKLOAD], metadata[keys.WORKLOAD_PARAMS]),
        "strategy": _plugin(metadata[keys.STRATEGY], metadata[keys.STRATEGY_PARAMS]),
        "tasks": metadata[keys.TASKS],
        "measured_tasks": metadata[keys.MEASURED_TASKS],
        "workers": metadata[keys.WORKERS],
        "loops": metadata.get("loops"),
        "status": "measured",
        "side": metadata.get(keys.SIDE, ""),
    }


def _plugin(name: str, params: str) -> dict[str, Any]:
    return {"name": name, "params": json.loads(params)}


def _foreign(benchmarks: Sequence[pyperf.Benchmark], path: Path) -> Stored:
    warnings = [_FOREIGN]
    cells: list[dict[str, Any]] = []
    processes: list[Process] = []
    for benchmark in benchmarks:
        name, unit = benchmark.get_name(), benchmark.get_unit()
        runs = [run for run in benchmark.get_runs() if run.values]  # none in a calibration
        if unit != "second":
            warnings.append(f"{name} is left out: its unit is the {unit}")
        elif not runs:
            warnings.append(f"{name} is left out: it has no values")
        else:
            processes += _processes(len(cells), runs, path)
            cells.append(_benchmark(len(cells), name))
    if not cells:
        raise DamagedRun(f"{path} holds no times: {'; '.join(warnings[1:])}")
    # Nobody stopped it by looking at what this reader shows: nothing is spent on looks.
    rounds = max(Counter(process.cell for process in processes).values())
    run = _facts(benchmarks, path, cells=cells, rounds_limit=rounds, warnings=warnings)
    return Stored(path.parent, run, tuple(sorted(processes, key=lambda one: (one.round, one.cell))))


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


def _facts(benchmarks: Sequence[pyperf.Benchmark], path: Path, **facts: Any) -> Facts:
    first, last = _dates(benchmarks, path)
    document = {
        "schema": keys.RUN_SCHEMA,
        "id": path.name,
        "started": first,
        "ended": last or None,
        "state": "finished",
        "seed": None,
        "environment": _environment(benchmarks[0].get_metadata()),
        **facts,
    }
    return schema.validate(document, path)


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
