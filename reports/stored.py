"""A stored run, read: the facts of run.json and one record per worker process."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from . import facts, probed
from .facts import Facts, Planned
from .probed import Probed
from .samples import Process, in_order, processes_of, suite

__all__ = ["Process", "Stored", "read"]

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
    a cell, of a side if it has several, has no samples of it, and that is no damage.
    """
    folder = Path(path)
    if FILES.fullmatch(folder.name) and folder.with_name("run.json").is_file():
        folder = folder.parent
    if folder.is_file():
        from .foreign import read as foreign  # which needs this module

        return foreign(folder)
    run = facts.read(folder / "run.json")
    if not run.sides:
        found = _measured(folder / "samples.json", run.cells)
    else:
        parts = [
            _measured(folder / side.samples, [one for one in run.cells if one.side == side.title])
            for side in run.sides
        ]
        found = in_order(one for part in parts for one in part)
    again = {one.round for one in run.canary} - set(run.counted)
    return Stored(
        folder,
        run,
        tuple(one for one in found if one.round not in again),
        probed.read(folder, {cell.id for cell in run.cells}),
        tuple(one for one in found if one.round in again),
    )


def _measured(samples: Path, cells: Sequence[Planned]) -> tuple[Process, ...]:
    if not samples.exists() and all(cell.status != "measured" for cell in cells):
        return ()
    return processes_of(suite(samples), cells, samples)
