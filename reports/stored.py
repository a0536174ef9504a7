"""A stored run, read: the facts of run.json and one record per worker process."""

from __future__ import annotations

import math
import statistics
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyperf

from . import facts
from .errors import DamagedRun
from .facts import Facts, Planned
from .probed import Probed


@dataclass(frozen=True)
class Process:
    """What one worker process measured.

    All seconds are those of a batch of all `tasks`: where a sample was measured they are scaled.
    `own_cpu_seconds` leaves out child processes; it is all there was when `in_process`.
    """

    cell: int
    round: int
    position: int
    seconds: float
    values: tuple[float, ...]
    startup_seconds: float
    first_batch_seconds: float
    close_seconds: float
    own_cpu_seconds: float
    in_process: bool
    form: str
    client: str
    notes: tuple[str, ...]
    answer: str = ""
    """A digest of the results; empty if not recorded."""
    cpu_seconds: float | None = None
    """Of the whole process tree, per batch; None as all that follow where it is not known."""
    voluntary_switches: float | None = None
    involuntary_switches: float | None = None
    gil: bool | None = None
    """Whether it was really on, after all imports."""
    jit: bool | None = None
    loop: str = ""
    """The class of the event loop that the strategy ran."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the workload counted, per batch."""

    @property
    def one_shot_seconds(self) -> float:
        """What a script pays: start-up, first batch and close."""
        return self.startup_seconds + self.first_batch_seconds + self.close_seconds


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
        found: dict[int, list[Process]] = {}
        for process in self.processes:
            found.setdefault(process.cell, []).append(process)
        return {cell: tuple(processes) for cell, processes in found.items()}

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
    a cell has no samples.json, and that is no damage.
    """
    folder = Path(path)
    if folder.name in ("run.json", "samples.json") and folder.with_name("run.json").is_file():
        folder = folder.parent
    if folder.is_file():
        from .foreign import read as foreign  # which needs this module

        return foreign(folder)
    run = facts.read(folder / "run.json")
    samples = folder / "samples.json"
    if not samples.exists() and all(cell.status != "measured" for cell in run.cells):
        return Stored(folder, run, ())
    return Stored(folder, run, processes_of(suite(samples), run.cells, samples))


def processes_of(
    benchmarks: Iterable[pyperf.Benchmark], cells: Iterable[Planned], path: Path
) -> tuple[Process, ...]:
    """The worker processes of benchmarks that concbench wrote, in the order they ran."""
    by_id = {cell.id: cell for cell in cells}
    runs = (run for benchmark in benchmarks for run in benchmark.get_runs())
    found = (_process(run, by_id, path) for run in runs)
    return tuple(sorted(found, key=lambda one: (one.round, one.position)))


def suite(path: Path) -> pyperf.BenchmarkSuite:
    """The suite in a file; raises DamagedRun when it is none."""
    try:
        return pyperf.BenchmarkSuite.load(str(path))
    except FileNotFoundError:
        raise DamagedRun(f"{path.parent} has no {path.name}") from None
    except (OSError, EOFError, zlib.error) as error:  # the last two of a truncated .json.gz
        why = getattr(error, "strerror", None) or error
        raise DamagedRun(f"{path} cannot be read: {why}") from None
    # Whatever shape the JSON has, pyperf trips over it in its own way.
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise DamagedRun(f"{path} is not a pyperf suite: {error}") from None


def _process(run: pyperf.Run, cells: Mapping[int, Planned], path: Path) -> Process:
    told = run.get_metadata()
    try:
        number = told["cb_cell"]
        if number not in cells:
            raise DamagedRun(f"{path} has times of a cell {number} that run.json does not have")
        return _scaled(run, told, cells[number].tasks / told["cb_measured_tasks"])
    except KeyError as error:
        raise DamagedRun(f"{path} was not written by concbench: a run has no {error}") from None
    except (TypeError, ArithmeticError, statistics.StatisticsError) as error:
        raise DamagedRun(f"{path} has a damaged run: {error}") from None


def _scaled(run: pyperf.Run, told: Mapping[str, Any], scale: float) -> Process:
    values = tuple(value * scale for value in run.values)
    process = Process(
        cell=told["cb_cell"],
        round=told["cb_round"],
        position=told["cb_position"],
        seconds=statistics.median(values),
        values=values,
        startup_seconds=told["cb_startup_s"],
        first_batch_seconds=told["cb_first_batch_s"] * scale,
        close_seconds=told["cb_close_s"],
        own_cpu_seconds=told["cb_own_cpu_s"] * scale,
        in_process=bool(told["cb_in_process"]),
        form=told["cb_form"],
        # pyperf refuses empty text, so what there is none of is left out.
        client=told.get("cb_client", ""),
        notes=tuple(filter(None, told.get("cb_notes", "").split(" | "))),
        answer=told.get("cb_answer", ""),
    )
    if not all(math.isfinite(value) and value > 0 for value in values):
        raise ArithmeticError(f"round {process.round} has a batch time of {process.seconds}")
    return process
