"""What a run records of itself before it measures: machine, settings, sides, code, warnings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from reports.run import keys, schema

from ..machine import identity
from ..plan.cells import PlannedCell
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
        "reference": settings.reference,
        "probes": settings.probes,
        "environment": environment,
        "git": git and {**git, "changes": changes(Path.cwd(), settings.results)},
        "code": plugins(_of((side for side in sides if side.root is None), cells)),
        "warnings": _warnings(cells, environment),
        "sides": [_side(side, place) for place, side in enumerate(sides) if side.name],
    }


def _libraries(sides: Sequence[MeasuredSide], cells: Sequence[PlannedCell]) -> set[str]:
    """What the plug-ins of this interpreter say that they use, which decides their speed."""
    found: set[str] = set()
    for cell in _of((side for side in sides if not side.foreign), cells):
        for plugin in (cell.workload.build(), cell.strategy.build()):
            found |= {*getattr(plugin, "clients", {}).values()}
            found |= {*identity.of_extra(getattr(plugin, "extra", ""))}
    return found - {""}


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
        found.append(f"this process may use {here} of {there} CPUs, and {most} workers share them")
    if (quota := environment["cgroup_cpus"]) is not None and quota < here:
        found.append(
            f"its cgroup may use {quota:g} of {here} CPUs on average: whoever took more is "
            "stopped for a while, and the CPUs delivered, measured in short windows, do not tell"
        )
    return found


OURS = ("bench", "workloads", "reports")
"""Packages whose code the version of this distribution names."""
GIT_SECONDS = 30
DIFFERENCES = "git diff HEAD --binary --full-index --no-color --no-ext-diff --no-textconv --"


def plugins(cells: Iterable[Cell]) -> dict[str, str]:
    """`{"workload digest": "3fa9..."}`: the digest of each plug-in's code that is not ours.

    It is of the plug-in's own file and of the modules that it has imported from beside that, or
    from its own package: what was imported until now, so call it when the cells are planned.
    """
    targets: dict[str, set[str]] = {}
    for cell in cells:
        for kind, spec in (("workload", cell.workload), ("strategy", cell.strategy)):
            targets.setdefault(f"{kind} {spec.name}", set()).add(spec.target)
    digests = {}
    for name, own in sorted(targets.items()):
        if files := sorted({file for target in own for file in _files(target)}):
            each = (sha256(file.read_bytes()).digest() for file in files)
            digests[name] = sha256(b"".join(each)).hexdigest()
    return digests


def _files(target: str) -> Iterator[Path]:
    place, loaded = target.rpartition(":")[0], dict(sys.modules)
    top = place.partition(".")[0]
    if place.endswith((".py", ".cloudpickle")):
        own = Path(place)
        if own.is_file():
            yield own
        yield from _beside(own.parent, loaded)
    elif top not in OURS:
        modules = (one for name, one in loaded.items() if name.partition(".")[0] == top)
        yield from filter(None, map(_file, modules))


def _beside(folder: Path, loaded: Mapping[str, ModuleType]) -> Iterator[Path]:
    """The modules that were imported by a name that starts in this folder."""
    for name, module in loaded.items():
        file = _file(module)
        if file is None or name.partition(".")[0] in OURS:
            continue
        path = folder.joinpath(*name.split("."))
        if file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            yield file


def _file(module: ModuleType) -> Path | None:
    """The file that a module came from, if it did; some modules answer any attribute."""
    name = getattr(module, "__file__", None)
    return Path(name) if isinstance(name, str) and Path(name).is_file() else None


def changes(folder: Path, results: Path) -> str | None:
    """A digest of what tracked files have other than HEAD; "" where they have nothing.

    Results count in no case: a run must not change what it was measured of.  None where git fails.
    """
    root = identity.git_output(folder, "rev-parse", "--show-toplevel")
    if root is None:
        return None
    stored = results.resolve()
    inside = stored.is_relative_to(root) and stored != Path(root)
    without = [f":(exclude,literal){stored}"] if inside else []
    try:
        done = subprocess.run(
            [*DIFFERENCES.split(), ":/", *without],
            cwd=folder,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return sha256(done.stdout).hexdigest() if done.stdout else ""
