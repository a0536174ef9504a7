"""The code that is measured: digests of what plug-ins consist of, and of what is not committed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from .machine import git_output

if TYPE_CHECKING:
    from ..spec import Cell

OURS = ("bench", "workloads", "reports")
"""Packages whose code the version of this distribution names."""
GIT_SECONDS = 30
DIFFERENCES = (
    *("git", "diff", "HEAD", "--binary", "--full-index", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--"),
)


def plugins(cells: Iterable[Cell]) -> dict[str, str]:
    """`{"workload digest": "3fa9..."}`: the digest of each plug-in's code that is not ours.

    It is of the plug-in's own file and of the modules that it has imported from beside that, or
    from its own package: what was imported until now, so call it when the cells are planned.
    """
    targets: dict[str, set[str]] = {}
    for cell in cells:
        for kind, spec in (("workload", cell.workload), ("strategy", cell.strategy)):
            targets.setdefault(f"{kind} {spec.name}", set()).add(spec.target)
    files = {
        name: sorted({file for target in own for file in _files(target)})
        for name, own in targets.items()
    }
    return {name: _digest(own) for name, own in sorted(files.items()) if own}


def _digest(files: Iterable[Path]) -> str:
    whole = sha256()
    for file in files:
        whole.update(sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def _files(target: str) -> Iterator[Path]:
    place = target.rpartition(":")[0]
    loaded = dict(sys.modules)
    if place.endswith((".py", ".cloudpickle")):
        own = Path(place)
        if own.is_file():
            yield own
        yield from _beside(own.parent, loaded)
    elif place.partition(".")[0] not in OURS:
        top = place.partition(".")[0]
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
    root = git_output(folder, "rev-parse", "--show-toplevel")
    if root is None:
        return None
    stored = results.resolve()
    inside = stored.is_relative_to(root) and stored != Path(root)
    without = [f":(exclude,literal){stored}"] if inside else []
    try:
        done = subprocess.run(
            [*DIFFERENCES, ":/", *without],
            cwd=folder,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return sha256(done.stdout).hexdigest() if done.stdout else ""
