"""Record whole rounds of two identical sides, for trials that draw such rounds again.

Each round visits the default cells in random order, and a cell twice, back to back, by two fresh
processes of several values each.  Whatever else the machine does meanwhile belongs into the data;
with `--idle` a pair waits until this machine does nothing else, which leaves what others do to it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from concbench.driver import runnable
from concbench.driver.lab import Lab, laboratory
from concbench.driver.rounds import Measurement, Visit
from concbench.engine import LONG_ENOUGH, loads
from concbench.machine import identity
from concbench.plan.cells import PlannedCell, plan
from concbench.plan.settings import Settings
from concbench.processes.outputs import Failed

MOST = 8
"""Values of a process at most: what fewer of them would give is computed from these."""
SECONDS = 0.4
"""For the values of one process, if there is more than one."""
TIMEOUT = 60.0
MICROSECOND = 1e-6
IDLE_PERCENT, IDLE_SECONDS = 10.0, 0.5
"""So little of the CPUs used for so long is idle."""


def record(path: Path, rounds: int, idle: bool) -> None:
    """Write the file anew after every round, so that one may stop at any time."""
    chance, seen = Random(), list[list[Any]]()
    with TemporaryDirectory() as name:
        settings = Settings(results=Path(name))
        cells = runnable(plan(settings))
        with laboratory(settings.results, cells, chance.randrange(2**32)) as lab:
            sizes = {planned.id: _values(lab, planned) for planned in cells}
            for number in range(rounds):
                seen.append(_round(lab, cells, sizes, number, idle))
                _write(path, [planned.cell.name for planned in cells], seen)
                print(f"round {number + 1} of {rounds}", flush=True)


def _delivered(lab: Lab) -> float | None:
    found = lab.canary()
    return found["together"] / found["alone"] if found["alone"] and found["together"] else None


def _values(lab: Lab, planned: PlannedCell) -> int:
    outcome = lab.measure(_visit(planned, 0, 1))
    if isinstance(outcome, Failed):
        raise SystemExit(f"{planned.cell.name}: {outcome.message}")
    if outcome.seconds < LONG_ENOUGH:
        raise SystemExit(f"{planned.cell.name} needs loops: give it more tasks")
    return max(1, min(MOST, round(SECONDS / outcome.seconds)))


def _round(
    lab: Lab, cells: Sequence[PlannedCell], sizes: dict[int, int], number: int, idle: bool
) -> list[Any]:
    """The CPUs delivered, the lower of before and after; then, for each cell, its pair.

    A pair is which side was first, then what `_process` gives of either side.
    """
    delivered = [_delivered(lab)]
    order = Random(number).sample(cells, len(cells))
    found: dict[int, list[Any]] = {}
    for planned in order:
        while idle and psutil.cpu_percent(IDLE_SECONDS) > IDLE_PERCENT:
            pass
        first = Random(f"{number}/{planned.id}").randrange(2)
        sides = [_process(lab, _visit(planned, number, sizes[planned.id])) for _ in range(2)]
        found[planned.id] = [first, *(sides if first == 0 else reversed(sides))]
    delivered.append(_delivered(lab))
    least = min((round(one, 2) for one in delivered if one is not None), default=None)
    return [least, *(found[planned.id] for planned in cells)]


def _visit(planned: PlannedCell, number: int, values: int) -> Visit:
    tasks = planned.cell.tasks
    return Visit(planned, number, 0, 1, tasks, 0, TIMEOUT, values)


def _process(lab: Lab, visit: Visit) -> list[int] | None:
    """Microseconds: the whole process, then each of its values; nothing where it failed."""
    began = time.perf_counter()
    outcome = lab.measure(visit)
    whole = time.perf_counter() - began
    if not isinstance(outcome, Measurement):
        print(f"{visit.planned.cell.name}: {outcome.message}", flush=True)
        return None
    values = loads(outcome.benchmark).get_runs()[0].values
    assert median(values) == outcome.seconds
    return [round(seconds / MICROSECOND) for seconds in (whole, *values)]


def _write(path: Path, names: Sequence[str], rounds: Sequence[Any]) -> None:
    facts = identity.facts()
    about = {key: facts[key] for key in ("cpu_model", "cpus", "python")}
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in rounds)
    head = json.dumps({"about": about, "cells": names})
    draft = path.with_suffix(".new")
    draft.write_text(f'{head[:-1]}, "rounds": [\n{lines}\n]}}\n', encoding="utf-8")
    draft.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--idle", action="store_true", help="wait for the machine to be idle")
    given = parser.parse_args()
    record(given.path, given.rounds, given.idle)


if __name__ == "__main__":
    main()
