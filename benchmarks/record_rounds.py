"""Record whole rounds of two identical sides, for trials that draw such rounds again.

The gate's own driver makes them: each cell is planned twice, as on two sides, so that both
processes are alive together and take turns.  The first round, which tells how many turns fit, is
left out, and so are rounds that the driver measured again.  Whatever else the machine does
meanwhile belongs into the data; with `--idle` a pair waits until this machine does nothing else,
which leaves what others do to it, and `--load` has busy loops run beside it.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psutil
from neighbours import beside

from concbench.driver import runnable
from concbench.driver.lab import laboratory
from concbench.driver.rounds import Course, Limits, Visit
from concbench.driver.schedule import Scouts
from concbench.engine import loads
from concbench.machine import identity
from concbench.plan.cells import PlannedCell, plan
from concbench.plan.settings import Settings
from concbench.reports.gate.decision import LEAST, LEAST_SECONDS
from concbench.store.state import Entry, History

MOST, SECONDS = 7, 0.3
"""Turns of a pair at most, and seconds for those of one side, unless more are asked for: what fewer
of them would give is computed from these."""
TIMEOUT = 60.0
MICROSECOND = 1e-6
IDLE_PERCENT, IDLE_SECONDS = 10.0, 0.5
"""So little of the CPUs used for so long is idle."""


def turns(least: int, batch_seconds: float) -> int:
    """So many of batches that are not too long for the gate, and more where there is time."""
    if batch_seconds > LEAST_SECONDS:
        least = 1
    return max(least, min(MOST, round(SECONDS / batch_seconds)))


def record(
    path: Path, cells: Sequence[PlannedCell], rounds: int, least: int, load: int, idle: bool
) -> None:
    """Write the file anew after every round, so that one may stop at any time."""
    sides = list(twice(cells))
    seed = Random().randrange(2**32)
    about = {key: identity.facts()[key] for key in ("cpu_model", "cpus", "python")}
    head = {
        "about": about | {"load": load, "turns": True},
        "cells": [one.cell.name for one in cells],
    }
    with beside(load), laboratory(sides, seed) as lab:
        past, limits = History(sides), Limits(math.inf, rounds + 1, TIMEOUT)
        Scouts(past, lab, lambda _: None, limits).run()
        Course(
            plan=sides,
            history=past,
            lab=lab,
            record=lambda _: None,
            save=partial(_save, path, head, past),
            watch=_wait_for_quiet if idle else lambda _: None,
            limits=limits,
            seed=seed,
            values=partial(turns, least),
        ).run(lambda _: [one.id for one in sides])


def twice(cells: Sequence[PlannedCell]) -> Iterator[PlannedCell]:
    """Each cell as the two sides of a pair, one after the other."""
    for number, planned in enumerate(cells):
        for side in range(2):
            yield replace(planned, id=2 * number + side, pair=number)


def _wait_for_quiet(visit: Visit) -> None:
    if visit.position % 2 == 0:  # the second of a pair starts while the first waits for it
        while psutil.cpu_percent(IDLE_SECONDS) > IDLE_PERCENT:
            pass


def _save(path: Path, head: Mapping[str, Any], past: History) -> None:
    for failed in past.failures:
        name = past.plan[failed["cell"]].cell.name
        if reason := past.reason(failed["cell"]):
            raise SystemExit(f"{name}: {reason}")
    if more := [cell for cell, loops in past.loops.items() if loops > 1]:
        raise SystemExit(f"{past.plan[more[0]].cell.name} needs loops: give it more tasks")
    counted = [one for one in range(1, past.rounds) if one not in past.replaced()]
    head = {**head, "parts": [past.parts_in_common(2 * n) for n in range(len(past.plan) // 2)]}
    lines = ",\n".join(json.dumps(_round(past, one), separators=(",", ":")) for one in counted)
    draft = path.with_suffix(".new")
    draft.write_text(f'{json.dumps(head)[:-1]}, "rounds": [\n{lines}\n]}}\n', encoding="utf-8")
    draft.replace(path)
    print(f"{len(counted)} rounds, {past.elapsed:.0f} s", flush=True)


def _round(past: History, number: int) -> list[Any]:
    """The CPUs delivered, then, for each cell, its pair.

    A pair is which side was first, then what `_process` gives of either side.
    """
    runs = {
        cell: run
        for cell, measured in past.measured.items()
        for run in measured
        if run["round"] == number
    }
    place = past.orders[number].index
    pairs = [
        [int(place(one) > place(one + 1)), _process(runs.get(one)), _process(runs.get(one + 1))]
        for one in range(0, len(past.plan), 2)
    ]
    delivered = past.canaries.delivered()[number]
    return [delivered and round(delivered, 2), *pairs]


def _process(run: Entry | None) -> list[int] | None:
    """Microseconds: its own part of the pair, then each turn; nothing where it failed."""
    if run is None:
        return None
    values = loads(run["benchmark"]).get_runs()[0].values
    return [round(seconds / MICROSECOND) for seconds in (run["took"], *values)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--turns", type=int, default=LEAST, help="of a pair at least")
    parser.add_argument("--load", type=int, default=0, help="busy loops beside it")
    parser.add_argument("--idle", action="store_true", help="wait for the machine to be idle")
    for name in ("workload", "strategy"):
        parser.add_argument(f"-{name[0]}", f"--{name}", action="append", default=[])
    given = parser.parse_args()
    settings = Settings(workload=given.workload, strategy=given.strategy)
    cells = runnable(plan(settings))
    record(given.path, cells, given.rounds, given.turns, given.load, given.idle)


if __name__ == "__main__":
    main()
