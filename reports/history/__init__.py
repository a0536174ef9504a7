"""Stored runs over time and revisions: one cell a series, with the places where it changed.

Only what was measured alike is one series: the same cell by its full name, on a machine and a
Python that are the same.  Ratios to the reference of the same run travel further: `relative`.
Nobody here looks for folders: whoever calls gives them.

Here a run is read as its history needs it: facts and one time per worker process.  Whoever reads
one run wants all of it; whoever reads 200 wants times.  So samples.json is read as the JSON that it
is, without pyperf: 2 ms for a run of 18 cells and 12 rounds, where `concbench.reports.read` takes
7.  A test holds that the times are the same.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from ..errors import MALFORMED, DamagedRun
from ..files import limited
from ..run import keys, schema
from ..run.schema import LONGEST, SHORTEST, Facts, Planned


@dataclass(frozen=True)
class PastCell:
    """A cell of a run: seconds of a batch of all its tasks by round, and digests of its answers."""

    planned: Planned
    times: Mapping[int, float]
    answers: frozenset[str]


@dataclass(frozen=True)
class Past:
    """A run of some time ago; `name` is how the command line calls it."""

    name: str
    run: Facts
    cells: tuple[PastCell, ...]


Times: TypeAlias = dict[int, tuple[dict[int, float], set[str]]]
"""What the processes of each cell took, by round, and their answers."""


def read(folders: Iterable[Path]) -> tuple[list[Past], list[str]]:
    """The runs in these folders, oldest first, and for each that cannot be read its name and why.

    A baseline that is a copy of one of them is not read twice.
    """
    runs: dict[tuple[Any, ...], Past] = {}
    skipped = []
    for folder in folders:
        try:
            past = read_one(folder)
        except DamagedRun as error:
            why = str(error).replace(f"{folder}/", "").replace(str(folder), "it")
            skipped.append(f"{folder.name} ({why})")
            continue
        runs.setdefault((past.run.id, past.run.started, past.run.seed), past)
    return sorted(runs.values(), key=lambda one: (one.run.started, one.run.id)), skipped


def cells_of(run: Facts, runs: Iterable[Past]) -> list[Past]:
    """The runs with no other cells than this one has."""
    names = {cell.name for cell in run.cells}
    return [
        replace(past, cells=tuple(cell for cell in past.cells if cell.planned.name in names))
        for past in runs
    ]


def read_one(folder: Path) -> Past:
    """The run in this folder; raises DamagedRun."""
    run = schema.read(folder / "run.json")
    own = {side.title: side.samples for side in run.sides if side.name == keys.WORKING_TREE}
    # Of a run with sides that one is its own revision; the others are no part of its history.
    suites = own or ({} if run.sides else {"": "samples.json"})
    measured = [cell for cell in run.cells if cell.status == "measured" and cell.side in suites]
    times: Times = {}
    for title, file in suites.items():
        if any(cell.side == title for cell in measured):
            times |= _times(folder / file, run)
    cells = [
        # As it is planned in a run without sides.
        PastCell(replace(cell, side="", pair=None), times[cell.id][0], frozenset(times[cell.id][1]))
        for cell in measured
        if cell.id in times
    ]
    baseline = folder.parent.name == "baselines"
    return Past(folder.name if baseline else run.id.partition("-")[0], run, tuple(cells))


def _times(path: Path, run: Facts) -> Times:
    """Without rounds that were measured again."""
    tasks = {cell.id: cell.tasks for cell in run.cells}
    replaced = {one.round for one in run.canary} - set(run.counted)
    times: Times = {}
    try:
        for about, values in _processes(json.loads(limited(path))):
            keys.check_numbers(about)
            whole = statistics.median(values) * tasks[about[keys.CELL]]
            seconds = whole / about[keys.MEASURED_TASKS]
            if not SHORTEST <= seconds <= LONGEST:
                raise ValueError(f"a batch time of {seconds}")
            if about[keys.ROUND] not in replaced:
                rounds, answers = times.setdefault(about[keys.CELL], ({}, set()))
                rounds[about[keys.ROUND]] = seconds
                if keys.ANSWER in about and keys.SAMPLE not in about:  # of other tasks each time
                    answers.add(about[keys.ANSWER])
    except OSError as error:
        raise DamagedRun(f"{path} cannot be read: {error.strerror}") from None
    # Whatever shape the JSON has, something above trips over it.
    except MALFORMED as error:
        raise DamagedRun(f"{path} is damaged: {error!r}") from None
    return times


def _processes(suite: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Sequence[float]]]:
    """Metadata and values of each: pyperf keeps once, further out, what all have in common."""
    for benchmark in suite["benchmarks"]:
        shared = {**suite.get("metadata", {}), **benchmark.get("metadata", {})}
        for run in benchmark["runs"]:
            yield {**shared, **run.get("metadata", {})}, run["values"]
