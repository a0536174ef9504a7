"""Files that no folder of a run goes with: a pyperf suite, or what another benchmark tool wrote.

A suite of concbench is read as its cells were planned.  Any other benchmark is a workload of one
task, each in a block of its own, as nobody says which of them do the same work; the strategy is the
name of its tool.  What a file does not hold stays absent.
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pyperf

from ... import numbers
from ...codes import coded
from ...errors import MALFORMED, DamagedRun, runs_of
from ...text import shortened
from .. import keys, provenance, schema
from ..probes import Memory, Probed
from ..samples import Process, content, processes_of, python, suite_of
from ..schema import LONGEST, SHORTEST, Facts
from . import tools
from .tools import ForeignCell, ForeignFile

REFERENCE = "sequential"
FOREIGN = coded("foreign-file", "not written by concbench: only times are recorded in it")
_ALONE = coded("no-run-json", "run.json is missing: failures, CPUs delivered, seed are unknown")
_MOST_BYTES = 1e18

Run: TypeAlias = tuple[Facts, tuple[Process, ...], Mapping[int, Probed]]


def read(path: Path) -> Run:
    """Facts, processes and memory of a file as those of a run.

    Raises DamagedRun when no tool that is known wrote it, or it holds neither times nor memory.
    """
    text = content(path)
    if found := tools.read(text, path):
        return _checked(found, path)
    benchmarks = list(suite_of(text, path))
    runs = [run.get_metadata() for benchmark in benchmarks for run in benchmark.get_runs()]
    if all(keys.CELL in metadata for metadata in runs):
        return _ours(benchmarks, runs, path)
    return _checked(_pyperf(benchmarks, path), path)


def _checked(file: ForeignFile, path: Path) -> Run:
    try:
        return _as_run(file, path)
    except DamagedRun:
        raise
    except MALFORMED as error:
        raise DamagedRun(f"{path} is a damaged file of {file.tool}: {error}") from None


def _as_run(file: ForeignFile, path: Path) -> Run:
    cells, processes, memory = [], [], {}
    for number, one in enumerate(file.cells):
        if one.peak_bytes:
            peak = _median(one.peak_bytes, 0, _MOST_BYTES, "bytes", path)
            memory[number] = Probed(Memory(round(peak), samples=len(one.peak_bytes)), cell=number)
        own = list(_processes(number, one, path))
        processes += own
        cells.append(_cell(number, one, file.tool, measured=bool(own)))
    if not cells:
        raise DamagedRun(f"{path} holds no times: {'; '.join(file.warnings) or 'it is empty'}")
    # Nobody stopped it by looking at what this reader shows: nothing is spent on looks.
    rounds = max(Counter(process.cell for process in processes).values(), default=1)
    facts = {"cells": cells, "rounds_limit": rounds, "environment": dict(file.environment)}
    run = _facts(path, **facts, warnings=[FOREIGN, *file.warnings], **file.facts)
    return run, tuple(sorted(processes, key=lambda one: (one.round, one.cell))), memory


def _cell(number: int, one: ForeignCell, tool: str, *, measured: bool) -> dict[str, Any]:
    peak = numbers.size(statistics.median(one.peak_bytes)) if one.peak_bytes else ""
    reason = one.reason or (peak and f"it holds memory, no times: {peak}") or _TOO_SHORT
    return {
        "id": number,
        "name": one.name,
        "block": number,
        "status": "measured" if measured else "unavailable",
        "reason": "" if measured else reason,
        "workload": {"name": one.name, "params": one.params},
        "strategy": {"name": tool, "params": {}},
        "tags": list(one.tags),
        "tasks": 1,
        "workers": 1,
    }


_TOO_SHORT = "its times are 0: shorter than its clock can tell"


def _processes(number: int, one: ForeignCell, path: Path) -> Iterator[Process]:
    if one.cpu_seconds is not None:
        _median([one.cpu_seconds], 0, LONGEST, "s", path)
    for place, values in enumerate(one.processes):
        if not (middle := _median(values, 0, LONGEST, "s", path)):
            return
        if middle < SHORTEST:
            raise DamagedRun(f"{path} has a damaged run: a time of {middle} s")
        yield Process(
            cell=number,
            round=place,
            position=number,
            seconds=middle,
            values=tuple(values),
            cpu_seconds=one.cpu_seconds,
            python=one.pythons[place] if one.pythons else "",
        )


def _median(values: Sequence[float], least: float, most: float, unit: str, path: Path) -> float:
    """The median; DamagedRun where one of them is no such number."""
    for value in values:
        if type(value) not in (int, float) or not least <= value <= most:
            strange = shortened(str(value), 60)
            raise DamagedRun(f"{path} has a damaged run: a time of {strange} {unit}")
    return float(statistics.median(values))


# A suite of pyperf


def _ours(
    benchmarks: Sequence[pyperf.Benchmark], runs: Sequence[Mapping[str, Any]], path: Path
) -> Run:
    with runs_of(path):
        cells = _cells(runs)
    titles = dict.fromkeys(cell["side"] for cell in cells if cell["side"])
    sides = [
        {"title": one, "name": one, "samples": keys.samples(place)}
        for place, one in enumerate(titles)
    ]
    environment, differing = _environment(benchmarks)
    facts = {"sides": sides, "reference": REFERENCE, "warnings": [_ALONE, *differing]}
    run = _facts(path, cells=cells, environment=environment, **_dates(benchmarks, path), **facts)
    processes = processes_of(benchmarks, run.cells, path)
    if len({(one.cell, one.round) for one in processes}) < len(processes):
        raise DamagedRun(f"{path} is of several runs: it has a cell twice in one round")
    return run, processes, {}


def _cells(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first: dict[int, Mapping[str, Any]] = {}
    for metadata in runs:
        number, name = metadata[keys.CELL], metadata["name"]
        if first.setdefault(number, metadata)["name"] != name:
            raise ValueError(f"two cells have the number {number}")
    blocks: dict[tuple[Any, ...], int] = {}
    referring: set[int] = set()
    cells: list[dict[str, Any]] = []
    for number, metadata in sorted(first.items()):
        key = tuple(map(metadata.get, (keys.WORKLOAD, keys.WORKLOAD_PARAMS, keys.TASKS, keys.SIDE)))
        block = blocks.setdefault(key, len(blocks))
        refers = metadata[keys.STRATEGY] == REFERENCE and block not in referring
        referring |= {block} if refers else set()
        cell = {
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
        cells.append({**cell, "block": block, "reference": refers})
    return cells


def _plugin(name: str, params: str) -> dict[str, Any]:
    return {"name": name, "params": json.loads(params)}


def _pyperf(benchmarks: Sequence[pyperf.Benchmark], path: Path) -> ForeignFile:
    cells, warnings = [], []
    for benchmark in benchmarks:
        name, unit = benchmark.get_name(), benchmark.get_unit()
        runs = [run for run in benchmark.get_runs() if run.values]  # none in a calibration
        tags = [str(tag) for tag in benchmark.get_metadata().get("tags", ())]
        if unit not in ("second", "byte"):
            warnings.append(coded("left-out", f"{name} is left out: its unit is the {unit}"))
        elif not runs:
            warnings.append(coded("left-out", f"{name} is left out: it has no values"))
        elif unit == "byte":
            peaks = [statistics.median(run.values) for run in runs]
            cells.append(ForeignCell(name, tags=tags, peak_bytes=peaks))
        else:
            pythons = [python(run.get_metadata()) for run in runs]
            values = [run.values for run in runs]
            cells.append(ForeignCell(name, values, tags=tags, pythons=pythons))
    environment, differing = _environment(benchmarks)
    dates = _dates(benchmarks, path)
    return ForeignFile("pyperf", cells, environment, [*warnings, *differing], dates)


def _facts(path: Path, **facts: Any) -> Facts:
    document = {
        "schema": keys.RUN_SCHEMA,
        "id": path.name,
        "started": "",
        "state": "finished",
        "seed": None,
        **facts,
    }
    return schema.validate(document, path)


def _dates(benchmarks: Iterable[pyperf.Benchmark], path: Path) -> dict[str, Any]:
    with runs_of(path):
        dates: list[tuple[datetime, datetime]] = [d for b in benchmarks if (d := b.get_dates())]
    if not dates:
        return {}
    first, last = min(dates)[0], max(date[1] for date in dates)
    form = partial(datetime.isoformat, timespec="seconds")
    return {"started": form(first), "ended": form(last)}


_OF_PYPERF = {
    "platform": "platform",
    "cpu_model_name": "cpu_model",
    "cpu_count": "cpus",
    "cpu_affinity": "affinity",
    "hostname": "hostname",
}
"""pyperf's names of facts, and ours."""
_WORDS = {key: word for words in provenance.ENVIRONMENT.values() for key, word in words.items()}
_MOST_NAMED = 3


def _environment(benchmarks: Iterable[pyperf.Benchmark]) -> tuple[dict[str, Any], list[str]]:
    """The facts that all benchmarks have in common, and a line for each in which they differ.

    Each benchmark of a suite has its own: somebody may have put files together.
    """
    each = {one.get_name(): _own_environment(one.get_metadata()) for one in benchmarks}
    common, differing = {}, []
    for key in dict.fromkeys(key for own in each.values() for key in own):
        names: dict[Any, list[str]] = {}
        for name, own in each.items():
            names.setdefault(own.get(key), []).append(name)
        if len(names) == 1:
            common[key] = next(iter(names))
            continue
        values = [f"{value or 'not recorded'} ({_few(those)})" for value, those in names.items()]
        differing.append(f"its benchmarks differ in their {_WORDS[key]}: {_few(values)}")
    return common, differing


def _few(words: list[str]) -> str:
    more = len(words) - _MOST_NAMED
    return numbers.listed(words[:_MOST_NAMED] + ([f"{more:,} more"] if more > 0 else []))


def _own_environment(metadata: Mapping[str, Any]) -> dict[str, Any]:
    implementation, _, version = python(metadata).partition(" ")
    own = {ours: metadata.get(theirs) for theirs, ours in _OF_PYPERF.items()}
    return tools.known({"python": version, "implementation": implementation, **own})
