"""What a run records of itself before it measures: machine, settings, sides, code, warnings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from concbench.reports.codes import coded
from concbench.reports.run import keys, schema

from ..machine import identity
from ..plan.cells import PlannedCell
from ..plan.digests import plugins
from ..plan.settings import Settings
from ..processes.variables import REMOVED, recorded
from ..sides import MeasuredSide
from ..spec import Cell
from . import runs


def facts(
    settings: Settings, sides: Sequence[MeasuredSide], cells: Sequence[PlannedCell], seed: int
) -> dict[str, Any]:
    """The first keys of run.json; the rest is the journal's."""
    environment = identity.facts() | {"variables": recorded(), "removed": list(REMOVED)}
    environment["packages"] |= identity.versions(_libraries(sides, cells))
    git = identity.git(Path.cwd())
    return {
        "concbench": version("concbench"),
        "started": runs.stamp(),
        "settings": settings.model_dump(mode="json", exclude_defaults=True, exclude={"results"}),
        "seed": seed,
        "budget_seconds": settings.budgeted,
        "rounds_limit": settings.rounds,
        "timeout_seconds": settings.timeout,
        "margin": settings.margin,
        "warm": settings.warm,
        "reference": settings.reference,
        "probes": settings.probes,
        "environment": environment,
        "git": git and {**git, "changes": changes(Path.cwd(), settings.results)},
        "code": _code(sides, cells),
        "warnings": _warnings(cells, environment),
        "sides": [_side(side, place) for place, side in enumerate(sides) if side.name],
    }


def _libraries(sides: Sequence[MeasuredSide], cells: Sequence[PlannedCell]) -> set[str]:
    """What the plug-ins of this interpreter say that they use, which decides their speed."""
    own = [side for side in sides if not side.foreign]
    found = {one for side in own for one in side.about.get("libraries", ())}
    for cell in _of((side for side in own if not side.about), cells):
        for plugin in (cell.workload.build(), cell.strategy.build()):
            found |= {*getattr(plugin, "clients", {}).values()}
            found |= {*identity.of_extra(getattr(plugin, "extra", ""))}
    return found - {""}


def _code(sides: Sequence[MeasuredSide], cells: Sequence[PlannedCell]) -> dict[str, str]:
    """The digests of the plug-ins of the working tree."""
    here = [side for side in sides if side.root is None]
    digests = {name: one for side in here for name, one in side.about.get("code", {}).items()}
    return digests or plugins(_of(here, cells))


def _of(sides: Iterable[MeasuredSide], cells: Sequence[PlannedCell]) -> list[Cell]:
    titles = {side.title for side in sides}
    return [one.cell for one in cells if one.side in titles]


def _side(side: MeasuredSide, place: int) -> dict[str, str]:
    samples = keys.samples(place)
    return asdict(schema.Side(side.title, side.name, side.exact, side.python, samples))


def _warnings(cells: Sequence[PlannedCell], environment: Mapping[str, Any]) -> list[str]:
    here, there = environment["cpus"], environment["cpus_of_machine"]
    most = max(planned.workers for planned in cells)
    found = []
    if here < there and here < most:
        allowed = f"only {here} of {there} CPUs are allowed here, for {most} workers"
        found.append(coded("few-cpus", allowed))
    if (quota := environment["cgroup_cpus"]) is not None and quota < here:
        allowed = f"its control group may use {quota:g} of {here} CPUs on average"
        found.append(coded("cpu-quota", f"{allowed}, and is stopped beyond that"))
    return found


GIT_SECONDS = 30
DIFFERENCES = "git diff HEAD --binary --full-index --no-color --no-ext-diff --no-textconv --"
UNTRACKED = "git ls-files --others --exclude-standard -z --"
CODE = (":(top,glob)**/*.py", ":(top,glob)**/*.pyx")


def changes(folder: Path, results: Path) -> str | None:
    """A digest of what tracked files and new modules have other than HEAD; "" where nothing.

    Results count in no case: a run must not change what it was measured of.  None where git fails.
    """
    root = identity.git_output(folder, "rev-parse", "--show-toplevel")
    if root is None:
        return None
    stored = results.resolve()
    inside = stored.is_relative_to(root) and stored != Path(root)
    without = [f":(exclude,literal){stored}"] if inside else []
    try:
        said = [
            subprocess.run(
                [*command.split(), *paths, *without],
                cwd=root,
                capture_output=True,
                timeout=GIT_SECONDS,
                check=True,
            ).stdout
            for command, paths in ((DIFFERENCES, (":/",)), (UNTRACKED, CODE))
        ]
        new = [Path(root, os.fsdecode(name)) for name in said[1].split(b"\0") if name]
        said += [path.read_bytes() for path in new]
    except (OSError, subprocess.SubprocessError):
        return None
    whole = b"\0".join(said)
    return sha256(whole).hexdigest() if any(said) else ""
