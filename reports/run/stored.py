"""A stored run, read: the facts of run.json and one record per worker process.

Any pyperf file, one of ours without its run.json or somebody else's, is read as a run too; what it
does not hold stays absent.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pyperf

from ..codes import coded
from ..errors import MALFORMED, DamagedRun
from ..files import limited
from ..text import legible, shortened
from . import keys, notes, probes, schema
from .notes import Note
from .probes import Probed
from .schema import LONGEST, SHORTEST, Facts, Planned

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
"""As pyperf writes them, and as they call themselves."""


@dataclass(frozen=True)
class Process:
    """What one worker process measured.

    All seconds are those of a batch of all `tasks`: where a sample was measured they are scaled,
    and NaN where they are not known.  `own_cpu_seconds` leaves out child processes; it is all there
    was when `in_process`.
    """

    cell: int
    round: int
    position: int
    seconds: float
    values: tuple[float, ...]
    startup_seconds: float = math.nan
    first_batch_seconds: float = math.nan
    close_seconds: float = math.nan
    own_cpu_seconds: float = math.nan
    in_process: bool = False
    form: str = ""
    client: str = ""
    notes: tuple[Note, ...] = ()
    answer: str = ""
    """A digest of the results; empty if not recorded."""
    cpu_seconds: float | None = None
    """Of the whole process tree, per batch; None as all that follow where it is not known."""
    voluntary_switches: float | None = None
    involuntary_switches: float | None = None
    gil: bool | None = None
    """Whether it was really on, after all imports."""
    gil_first: bool | None = None
    """Whether it was before them."""
    jit: bool | None = None
    loop: str = ""
    """The class of the event loop that the strategy ran."""
    cgroup_cpus: float | None = None
    """The quota of its control group."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the workload counted, per batch."""
    child_startup_seconds: float | None = None
    """CPU that a child process took until its lane was open, in the mean of them."""
    python: str = ""
    """Its interpreter, `CPython 3.12.1`."""
    sample: tuple[int, ...] = ()
    """The numbers of its tasks, where those were not all."""

    @property
    def one_shot_seconds(self) -> float:
        """What a script pays: start-up, first batch and close."""
        return self.startup_seconds + self.first_batch_seconds + self.close_seconds


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

    def with_margin(self, margin: float) -> Stored:
        """The same run, judged by another margin."""
        return replace(self, run=replace(self.run, margin=margin))

    def of(self, cell: int) -> tuple[Process, ...]:
        """The processes of one cell, by round."""
        return self._by_cell.get(cell, ())

    def times(self, cell: int) -> dict[int, float]:
        """Seconds of a batch of one cell, by round."""
        return {process.round: process.seconds for process in self.of(cell)}

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
        processes = in_order(chain.from_iterable(parts))
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


def processes_of(
    benchmarks: Iterable[pyperf.Benchmark], cells: Iterable[Planned], path: Path
) -> tuple[Process, ...]:
    """The worker processes of benchmarks that concbench wrote, in the order they ran."""
    by_id = {cell.id: cell for cell in cells}
    runs = (run for benchmark in benchmarks for run in benchmark.get_runs())
    return in_order(_process(run, by_id, path) for run in runs)


def in_order(processes: Iterable[Process]) -> tuple[Process, ...]:
    """The processes as they ran."""
    return tuple(sorted(processes, key=lambda one: (one.round, one.position)))


def suite(path: Path) -> pyperf.BenchmarkSuite:
    """The suite in a file; raises DamagedRun when it is none."""
    try:
        return pyperf.BenchmarkSuite.loads(limited(path).decode())
    except FileNotFoundError:
        raise DamagedRun(f"{path.parent} has no {path.name}") from None
    except (OSError, EOFError, zlib.error) as error:  # the last two of a truncated .json.gz
        why = getattr(error, "strerror", None) or error
        raise DamagedRun(f"{path} cannot be read: {why}") from None
    # Whatever shape the JSON has, pyperf trips over it in its own way.
    except MALFORMED as error:
        raise DamagedRun(f"{path} is not a pyperf suite: {error}") from None


def _process(run: pyperf.Run, cells: Mapping[int, Planned], path: Path) -> Process:
    metadata = run.get_metadata()
    try:
        keys.check(metadata)
        number = metadata[keys.CELL]
        if number not in cells:
            raise DamagedRun(f"{path} has times of a cell {number} that run.json does not have")
        return _scaled(run, metadata, cells[number].tasks / metadata[keys.MEASURED_TASKS])
    except KeyError as error:
        raise DamagedRun(f"{path} was not written by concbench: a run has no {error}") from None
    except MALFORMED as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None


def _scaled(run: pyperf.Run, metadata: Mapping[str, Any], scale: float) -> Process:
    values = tuple(value * scale for value in run.values)
    counts = json.loads(metadata.get(keys.METRICS, "{}"))
    flags = map(metadata.get, (keys.GIL, keys.GIL_FIRST, keys.JIT))
    gil, gil_first, jit = (None if flag is None else bool(flag) for flag in flags)
    process = Process(
        cell=metadata[keys.CELL],
        round=metadata[keys.ROUND],
        position=metadata[keys.POSITION],
        seconds=statistics.median(values),
        values=values,
        startup_seconds=metadata[keys.STARTUP],
        first_batch_seconds=metadata[keys.FIRST_BATCH] * scale,
        close_seconds=metadata[keys.CLOSE],
        own_cpu_seconds=metadata[keys.OWN_CPU] * scale,
        in_process=bool(metadata[keys.IN_PROCESS]),
        form=legible(metadata[keys.FORM]),
        # pyperf refuses empty text, so what there is none of is left out.
        client=legible(metadata.get(keys.CLIENT, "")),
        notes=notes.parse(metadata.get(keys.NOTES, "")),
        answer=metadata.get(keys.ANSWER, ""),
        cpu_seconds=_times(metadata.get(keys.CPU), scale),
        voluntary_switches=_times(metadata.get(keys.VOLUNTARY_SWITCHES), scale),
        involuntary_switches=_times(metadata.get(keys.INVOLUNTARY_SWITCHES), scale),
        gil=gil,
        gil_first=gil_first,
        jit=jit,
        loop=legible(metadata.get(keys.LOOP, "")),
        cgroup_cpus=metadata.get(keys.CGROUP_CPUS),
        metrics={legible(name): float(count) * scale for name, count in counts.items()},
        child_startup_seconds=metadata.get(keys.CHILD_STARTUP),
        python=python(metadata),
        sample=tuple(map(int, json.loads(metadata.get(keys.SAMPLE, "[]")))),
    )
    if not all(SHORTEST <= value <= LONGEST for value in values):
        raise ArithmeticError(f"round {process.round} has a batch time of {process.seconds}")
    return process


def python(metadata: Mapping[str, Any]) -> str:
    """The interpreter that pyperf saw, `CPython 3.12.1`; "" where it did not."""
    name = str(metadata.get("python_implementation", ""))
    version = str(metadata.get("python_version", "")).partition(" ")[0]
    return f"{_IMPLEMENTATIONS.get(name, name) or 'Python'} {version}" if version else ""


def _times(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


REFERENCE = "sequential"
STRATEGY = "pyperf"
"""What stands for the strategy where nobody named one."""

_ALONE = coded("no-run-json", "run.json is missing: failures, CPUs delivered, seed are unknown")
_FOREIGN = coded("foreign-file", "not written by concbench: only times are recorded in it")


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
    except MALFORMED as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None
    titles = dict.fromkeys(cell["side"] for cell in cells if cell["side"])
    sides = [
        {"title": one, "name": one, "samples": keys.samples(place)}
        for place, one in enumerate(titles)
    ]
    facts = {"sides": sides, "reference": REFERENCE, "warnings": [_ALONE]}
    run = _facts(benchmarks, path, cells=cells, **facts)
    processes = processes_of(benchmarks, run.cells, path)
    if len({(one.cell, one.round) for one in processes}) < len(processes):
        raise DamagedRun(f"{path} is of several runs: it has a cell twice in one round")
    return Stored(path.parent, run, processes)


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


def _foreign(benchmarks: Sequence[pyperf.Benchmark], path: Path) -> Stored:
    warnings = [_FOREIGN]
    cells: list[dict[str, Any]] = []
    processes: list[Process] = []
    for benchmark in benchmarks:
        name, unit = benchmark.get_name(), benchmark.get_unit()
        runs = [run for run in benchmark.get_runs() if run.values]  # none in a calibration
        if unit != "second":
            warnings.append(coded("left-out", f"{name} is left out: its unit is the {unit}"))
        elif not runs:
            warnings.append(coded("left-out", f"{name} is left out: it has no values"))
        else:
            processes += _processes(len(cells), runs, path)
            cell = {"id": len(cells), "name": name, "block": len(cells), "status": "measured"}
            plugins = {"workload": _plugin(name, "{}"), "strategy": _plugin(STRATEGY, "{}")}
            cells.append({**cell, **plugins, "tasks": 1, "workers": 1})
    if not cells:
        raise DamagedRun(f"{path} holds no times: {'; '.join(warnings[1:])}")
    # Nobody stopped it by looking at what this reader shows: nothing is spent on looks.
    rounds = max(Counter(process.cell for process in processes).values())
    run = _facts(benchmarks, path, cells=cells, rounds_limit=rounds, warnings=warnings)
    return Stored(path.parent, run, tuple(sorted(processes, key=lambda one: (one.round, one.cell))))


def _processes(number: int, runs: Iterable[pyperf.Run], path: Path) -> Iterator[Process]:
    for place, run in enumerate(runs):
        if strange := [value for value in run.values if not SHORTEST <= value <= LONGEST]:
            raise DamagedRun(
                f"{path} has a damaged run: a time of {shortened(str(strange[0]), 60)} s"
            )
        yield Process(
            cell=number,
            round=place,
            position=number,
            seconds=statistics.median(run.values),
            values=tuple(run.values),
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
    except MALFORMED as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None
    if not dates:
        return "", ""
    first, last = min(dates)[0], max(date[1] for date in dates)
    return first.isoformat(timespec="seconds"), last.isoformat(timespec="seconds")


def _environment(metadata: Mapping[str, Any]) -> dict[str, Any]:
    implementation, _, version = python(metadata).partition(" ")
    names = {
        "platform": "platform",
        "cpu_model": "cpu_model_name",
        "cpus": "cpu_count",
        "affinity": "cpu_affinity",
        "hostname": "hostname",
    }
    own = {ours: metadata.get(theirs) for ours, theirs in names.items()}
    found = {"python": version, "implementation": implementation, **own}
    return {key: value for key, value in found.items() if value}
