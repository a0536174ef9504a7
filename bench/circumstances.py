"""What a run records of itself before it measures: machine, settings, sides, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .facts import machine
from .planning.plan import Planned
from .planning.settings import Settings
from .sides.side import Side
from .storing import store
from .variables import REMOVED, recorded


def facts(
    settings: Settings, sides: Sequence[Side], cells: Sequence[Planned], seed: int
) -> dict[str, Any]:
    """The first keys of run.json; the rest is the journal's."""
    variables = {"variables": recorded(), "removed": list(REMOVED)}
    environment = machine.facts() | variables
    return {
        "started": store.stamp(),
        "settings": settings.model_dump(mode="json", exclude_defaults=True, exclude={"results"}),
        "seed": seed,
        "budget_seconds": settings.budgeted,
        "rounds_limit": settings.rounds,
        "timeout_seconds": settings.timeout,
        "reference": settings.reference,
        "probes": settings.probes,
        "environment": environment,
        "git": machine.git(Path.cwd()),
        "warnings": _warnings(cells, environment),
        "sides": [_side(side, place) for place, side in enumerate(sides) if side.name],
    }


def _side(side: Side, place: int) -> dict[str, str]:
    about = {"title": side.title, "name": side.name, "exact": side.exact, "python": side.python}
    return {**about, "samples": store.samples(place)}


def _warnings(cells: Sequence[Planned], environment: Mapping[str, Any]) -> list[str]:
    here, there = environment["cpus"], environment["cpus_of_machine"]
    most = max(planned.workers for planned in cells)
    found = []
    if here < there and here < most:
        found.append(f"this process may use {here} of {there} CPUs, and {most} workers share them")
    if (quota := environment["cgroup_cpus"]) is not None and quota < here:
        found.append(
            f"its cgroup may use {quota:g} of {here} CPUs on average: whoever took more is "
            "stopped for a while, and the CPUs delivered, measured in short windows, do not tell"
        )
    return found
