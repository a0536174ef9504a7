"""What a run records of itself before it measures: machine, settings, sides, warnings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reports.run import keys, schema

from .. import __version__
from ..machine import identity
from ..plan.cells import Planned
from ..plan.settings import Settings
from ..processes.variables import REMOVED, recorded
from ..sides.side import Side
from ..spec import Cell
from . import provenance, runs


def facts(
    settings: Settings, sides: Sequence[Side], cells: Sequence[Planned], seed: int
) -> dict[str, Any]:
    """The first keys of run.json; the rest is the journal's."""
    variables = {"variables": recorded(), "removed": list(REMOVED)}
    environment = identity.facts() | variables
    environment["packages"] |= identity.versions(_libraries(sides, cells))
    return {
        "concbench": __version__,
        "started": runs.stamp(),
        "settings": settings.model_dump(mode="json", exclude_defaults=True, exclude={"results"}),
        "seed": seed,
        "budget_seconds": settings.budgeted,
        "rounds_limit": settings.rounds,
        "timeout_seconds": settings.timeout,
        "reference": settings.reference,
        "probes": settings.probes,
        "environment": environment,
        "git": _git(settings.results),
        "code": provenance.plugins(_of(sides, cells, lambda side: side.root is None)),
        "warnings": _warnings(cells, environment),
        "sides": [_side(side, place) for place, side in enumerate(sides) if side.name],
    }


def _git(results: Path) -> dict[str, Any] | None:
    about = identity.git(Path.cwd())
    return about and {**about, "changes": provenance.changes(Path.cwd(), results)}


def _libraries(sides: Sequence[Side], cells: Sequence[Planned]) -> set[str]:
    """What the plug-ins of this interpreter say that they use, which decides their speed."""
    found: set[str] = set()
    for cell in _of(sides, cells, lambda side: not side.foreign):
        for plugin in (cell.workload.build(), cell.strategy.build()):
            found |= {*getattr(plugin, "clients", {}).values()}
            found |= {*identity.of_extra(getattr(plugin, "extra", ""))}
    return found - {""}


def _of(
    sides: Sequence[Side], cells: Sequence[Planned], wanted: Callable[[Side], bool]
) -> list[Cell]:
    titles = {side.title for side in sides if wanted(side)}
    return [one.cell for one in cells if one.side in titles]


def _side(side: Side, place: int) -> dict[str, str]:
    samples = keys.samples(place)
    return asdict(schema.Side(side.title, side.name, side.exact, side.python, samples))


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
