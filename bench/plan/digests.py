"""What plug-ins are made of, as digests: a run on other code is another run.

Standard library only: a side says it of its own plug-ins, in its own interpreter.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from ..spec import INPUTS, Cell

OURS = "concbench"
"""The package whose code the version of this distribution names."""


def plugins(cells: Iterable[Cell]) -> dict[str, str]:
    """`{"workload digest": "3fa9..."}`: the digest of each plug-in's code that is not ours.

    It is of the plug-in's own file and of the modules that it has imported from beside that, or
    from its own package: what was imported until now, so call it when the cells are planned.
    """
    targets: dict[str, set[str]] = {}
    read: set[Path] = set()
    for cell in cells:
        for kind, spec in (("workload", cell.workload), ("strategy", cell.strategy)):
            targets.setdefault(f"{kind} {spec.name}", set()).add(spec.target)
        read.add(Path(cell.workload.params.get(INPUTS) or ""))
    digests = {}
    for name, own in sorted(targets.items()):
        if files := sorted({file for target in own for file in _files(target)}):
            each = (sha256(file.read_bytes()).digest() for file in files)
            digests[name] = sha256(b"".join(each)).hexdigest()
    for file in sorted(one for one in read if one.is_file()):
        digests[f"inputs {file}"] = sha256(file.read_bytes()).hexdigest()
    return digests


def _files(target: str) -> Iterator[Path]:
    place, loaded = target.rpartition(":")[0], dict(sys.modules)
    top = place.partition(".")[0]
    if place.endswith((".py", ".cloudpickle")):
        own = Path(place)
        if own.is_file():
            yield own
        yield from _beside(own.parent, loaded)
    elif top != OURS:
        modules = (one for name, one in loaded.items() if name.partition(".")[0] == top)
        yield from filter(None, map(_file, modules))


def _beside(folder: Path, loaded: Mapping[str, ModuleType]) -> Iterator[Path]:
    """The modules that were imported by a name that starts in this folder."""
    for name, module in loaded.items():
        file = _file(module)
        if file is None or name.partition(".")[0] == OURS:
            continue
        path = folder.joinpath(*name.split("."))
        if file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            yield file


def _file(module: ModuleType) -> Path | None:
    """The file that a module came from, if it did; some modules answer any attribute."""
    name = getattr(module, "__file__", None)
    return Path(name) if isinstance(name, str) and Path(name).is_file() else None
