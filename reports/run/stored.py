"""A stored run, read: the facts of run.json and one record per worker process."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from . import foreign, probes, schema
from .advice import Advice, checked
from .probes import Probed
from .samples import Process, in_order, processes_of, suite
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
    advice: Advice | None = None
    """What an advice knew before its race; None of any other run."""

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
        blocks: dict[int, list[Planned]] = {}
        for cell in self.run.cells:
            blocks.setdefault(cell.block, []).append(cell)
        return {number: tuple(cells) for number, cells in blocks.items()}


def read(path: Path) -> Stored:
    """The run in a folder, which may be a link such as `.concbench/latest`, or in a file.

    A file of a run's folder stands for all of it; any other is pyperf's or another tool's.
    Raises DamagedRun when a file is missing, damaged, newer or no run.  A run that never measured
    a cell, of a side if it has several, has no samples of it, and that is no damage.
    """
    folder = Path(path)
    if FILES.fullmatch(folder.name) and folder.with_name("run.json").is_file():
        folder = folder.parent
    if folder.is_file():
        return Stored(folder.parent, *foreign.read(folder))
    run = schema.read(folder / "run.json")
    advice = None if run.advice is None else checked(run.advice, folder / "run.json")
    if advice:  # what was never raced is told by the advice, and no row of a table
        raced = tuple(one for one in run.cells if one.status in ("measured", "failed"))
        run = replace(run, cells=() if advice.failure or advice.no_race else raced)
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
        advice,
    )


def _measured(samples: Path, cells: Sequence[Planned]) -> tuple[Process, ...]:
    if not samples.exists() and all(cell.status != "measured" for cell in cells):
        return ()
    return processes_of(suite(samples), cells, samples)
