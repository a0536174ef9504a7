"""What strategies cost with nothing to do, measured here once and kept for this machine and Python.

`noop` under each strategy: what a task costs beside the work, and what starting takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import platformdirs

from concbench.reports.errors import DamagedRun, validate
from concbench.reports.files import write_whole
from concbench.reports.run.advice import IN_PROCESSES, SIMPLEST_FIRST, StrategyCost

from ..driver import alone
from ..driver.lab import Lab, Workshop, open_lab
from ..driver.rounds import Measurement, Visit
from ..machine import identity
from ..plan.cells import PlannedCell
from ..plan.settings import Settings
from ..store import runs
from .observation import CALM, delivered

SCHEMA = 1
TASKS, VALUES = 256, 3
FEW, MORE = 2, 4
"""Workers of the two cells of a strategy with processes: what one more takes is between them."""
PATIENCE = 20.0
OF_MACHINE = ("python", "build", "gil", "cpu_model", "cpus", "hostname", "kernel", "start_method")
"""What makes another machine or Python, whose costs are its own."""


def place(facts: Mapping[str, Any]) -> Path:
    """The file of a machine and Python of these facts."""
    about = json.dumps([version("concbench"), *(facts[key] for key in OF_MACHINE)], default=str)
    name = f"{sha256(about.encode()).hexdigest()[:16]}.json"
    return platformdirs.user_cache_path("concbench") / "costs" / name


def kept(path: Path) -> tuple[dict[str, StrategyCost], str] | None:
    """The costs in a file and when they were measured; None where there are none to read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            return None
        each = {
            str(name): validate(one, StrategyCost, path) for name, one in document["costs"].items()
        }
        when = f"measured on this machine on {str(document['measured'])[:10]}"
        return each, f"{when} and kept (--refresh-costs measures them anew)"
    except (OSError, ValueError, LookupError, TypeError, AttributeError, DamagedRun):
        return None


def measured(shop: Workshop) -> tuple[dict[str, StrategyCost], bool]:
    """Those of every strategy that runs here, in some seconds, and whether the machine was calm."""
    strategies = [
        f"{name}[workers={workers}]"
        for name in SIMPLEST_FIRST[1:]
        for workers in ((FEW, MORE) if name in IN_PROCESSES else (FEW,))
    ]
    settings = Settings(
        workload=("noop",), strategy=("sequential", *strategies), tasks=TASKS, probe=("none",)
    )
    agenda = alone(shop, settings)
    with open_lab(shop, agenda.sides, agenda.cells, 0) as lab:
        there = delivered(lab)
        visits = [(one, _measured(lab, one)) for one in agenda.cells if not one.reason]
        return of_visits(visits), min(there, delivered(lab)) >= CALM * identity.cpus()


def _measured(lab: Lab, planned: PlannedCell) -> Measurement | None:
    tasks = planned.cell.tasks
    outcome = lab.measure(Visit(planned, 0, 0, 1, tasks, tasks, PATIENCE, VALUES))
    return outcome if isinstance(outcome, Measurement) else None


def of_visits(
    visits: Sequence[tuple[PlannedCell, Measurement | None]],
) -> dict[str, StrategyCost]:
    """The costs that measurements show: a task's beyond the plain loop's, starts as they were."""
    loop = next((one for planned, one in visits if planned.reference and one), None)
    found: dict[str, list[tuple[int, Measurement]]] = {}
    for planned, one in visits:
        if one is not None:
            found.setdefault(planned.cell.strategy.name, []).append((planned.workers, one))
    return {name: _cost(those, loop) for name, those in found.items()}


def _cost(those: Sequence[tuple[int, Measurement]], loop: Measurement | None) -> StrategyCost:
    (workers, few), (more_workers, more) = those[0], those[-1]
    beyond = median(one.seconds for _, one in those) - (loop.seconds if loop else 0.0)
    each = 0.0
    if more_workers > workers:
        each = (_starting(more) - _starting(few)) / (more_workers - workers)
    return StrategyCost(max(0.0, beyond) / TASKS, _starting(few), max(0.0, each))


def _starting(one: Measurement) -> float:
    """Seconds of a script that are not its batch."""
    return max(0.0, (one.one_shot or 0.0) - one.seconds)


def costs(shop: Workshop, *, refresh: bool = False) -> tuple[dict[str, StrategyCost], str]:
    """Those of this machine, and where they come from: kept ones, unless they are to be fresh."""
    path = place(identity.facts())
    known = None if refresh else kept(path)
    if known is not None:
        return known
    found, calm = measured(shop)
    if not calm:
        return found, "measured now, and not kept: other programs took CPUs meanwhile"
    each = {name: asdict(one) for name, one in found.items()}
    document = {"schema": SCHEMA, "measured": runs.stamp(), "costs": each}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(document, indent=1))
    except OSError as error:
        return found, f"measured now, and not kept: {path}: {error.strerror}"
    return found, "measured now, and kept for this machine and Python"
