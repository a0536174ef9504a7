"""What worker processes measured: one record for each, read from a pyperf suite.

A run's own suites and any other pyperf file are read by this; foreign.py says what the others mean.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyperf

from ..errors import MALFORMED, DamagedRun, runs_of
from ..files import limited
from ..text import legible
from . import keys, notes
from .notes import Note
from .schema import LONGEST, SHORTEST, Planned
from .values import undisturbed, usual

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
    part_seconds: tuple[float, ...] = ()
    """What each of equal parts of its batch took, where that was looked at."""

    @property
    def usual_seconds(self) -> float:
        """A batch by the median of its values, which compares with any other number of them."""
        return usual(self.values)

    @property
    def one_shot_seconds(self) -> float:
        """What a script pays: start-up, first batch and close."""
        return self.startup_seconds + self.first_batch_seconds + self.close_seconds


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
    return suite_of(content(path), path)


def content(path: Path) -> str:
    """The text of a file, unpacked; raises DamagedRun where it cannot be read."""
    try:
        return limited(path).decode()
    except FileNotFoundError:
        raise DamagedRun(f"{path.parent} has no {path.name}") from None
    except UnicodeDecodeError as error:
        raise DamagedRun(f"{path} is not a pyperf suite: {error}") from None
    except (OSError, EOFError, zlib.error) as error:  # the last two of a truncated .json.gz
        why = getattr(error, "strerror", None) or error
        raise DamagedRun(f"{path} cannot be read: {why}") from None


def suite_of(text: str, path: Path) -> pyperf.BenchmarkSuite:
    """The suite in the text of that file; raises DamagedRun when it is none."""
    try:
        return pyperf.BenchmarkSuite.loads(text)
    # Whatever shape the JSON has, pyperf trips over it in its own way.
    except MALFORMED as error:
        raise DamagedRun(f"{path} is not a pyperf suite: {error}") from None


def _process(run: pyperf.Run, cells: Mapping[int, Planned], path: Path) -> Process:
    metadata = run.get_metadata()
    with runs_of(path):
        keys.check(metadata)
        number = metadata[keys.CELL]
        if number not in cells:
            raise DamagedRun(f"{path} has times of a cell {number} that run.json does not have")
        return _scaled(run, metadata, cells[number].tasks / metadata[keys.MEASURED_TASKS])


def _scaled(run: pyperf.Run, metadata: Mapping[str, Any], scale: float) -> Process:
    values = tuple(value * scale for value in run.values)
    counts = json.loads(metadata.get(keys.METRICS, "{}"))
    flags = map(metadata.get, (keys.GIL, keys.GIL_FIRST, keys.JIT))
    gil, gil_first, jit = (None if flag is None else bool(flag) for flag in flags)
    process = Process(
        cell=metadata[keys.CELL],
        round=metadata[keys.ROUND],
        position=metadata[keys.POSITION],
        seconds=undisturbed(values),
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
        part_seconds=tuple(map(float, json.loads(metadata.get(keys.PART_SECONDS, "[]")))),
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
