"""Pools whose children hold a known number of bytes, and what the memory probe says of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from multiprocessing import get_all_start_methods
from pathlib import Path

from figures import Figure

from concbench.driver.lab import Lab, laboratory
from concbench.driver.probing import Owed
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.probes.empty import emptied
from concbench.spec import Cell

HUNGRY = f"{Path(__file__).parents[1] / 'tests' / 'hungry.py'}:Hungry"
CHILDREN, MEGABYTES = 2, 100


def figures(times: int) -> Iterator[Figure]:
    """For each start method how far the probe is off, at the worst of so many times."""
    held = CHILDREN * MEGABYTES
    for start in get_all_start_methods():
        found = _over_empty(start, times)
        off = max(abs(one - held) for one in found) / held
        beside = f"{min(found):.1f} to {max(found):.1f} MB of {held}, {times} times"
        yield Figure(f"{start}, furthest off", 100 * off, "%", 5, beside=beside)


def _over_empty(start: str, times: int) -> list[float]:
    strategy = f"multiprocessing[workers={CHILDREN},start={start}]"
    workload = f"{HUNGRY}[megabytes={MEGABYTES}]"
    with tempfile.TemporaryDirectory() as name:
        settings = resolve({"workload": workload, "strategy": strategy, "results": Path(name)})
        (planned,) = plan(settings)
        full = planned.cell
        empty = Cell(emptied(full.workload), full.strategy, full.tasks)
        with laboratory(settings.results, (planned,)) as lab:
            return [(_peak(lab, full) - _peak(lab, empty)) / 1e6 for _ in range(times)]


def _peak(lab: Lab, cell: Cell) -> int:
    found, _ = lab.probe(Owed(None, cell, cell.tasks, ("memory",), "", 0.1, 1.0), 60.0)
    return int(found["memory"]["peak_pss_bytes"])
