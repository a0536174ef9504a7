"""The code that is measured: digests of what plug-ins consist of, and of what is not committed.

What the times of a run rest on: whether two runs measured one thing under the same conditions.

The only list of it.  Pure, and of the standard library: it compares two records as run.json holds
them, so that whoever asks (a resume, a machine's known noise) gets the same answer and only chooses
the kinds of facts that matter to the question.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from ..machine.identity import git_output

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


Record: TypeAlias = Mapping[str, Any]
"""A run.json, or as much of it as there is."""
Facts: TypeAlias = Mapping[str, Any]
"""Values by the words that name them in a message."""

UNKNOWN = object()
"""Not recorded, where None is a value: a machine without a quota."""
SHORT = 12
"""Digits of a revision or digest that a message shows."""


@dataclass(frozen=True)
class Kind:
    """Facts of one kind in a record.

    A name that one record lacks was not recorded there, which is no difference, unless `lacking`
    says what it means.
    """

    read: Callable[[Record], Facts]
    lacking: Callable[[Record], Any] = lambda record: UNKNOWN


@dataclass(frozen=True)
class Difference:
    """One fact that two records do not share."""

    what: str
    before: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.what} {_short(self.before)}, now {_short(self.now)}"


def differences(before: Record, now: Record, kinds: Sequence[Kind]) -> list[Difference]:
    """Each fact of these kinds that both records know and that is not the same in both."""
    return [one for kind in kinds for one in _of_kind(kind, before, now)]


def _of_kind(kind: Kind, before: Record, now: Record) -> list[Difference]:
    old, new = kind.read(before), kind.read(now)
    lacking = kind.lacking(before), kind.lacking(now)
    pairs = [
        (what, old.get(what, lacking[0]), new.get(what, lacking[1])) for what in {**old, **new}
    ]
    return [
        Difference(what, one, other)
        for what, one, other in pairs
        if one is not UNKNOWN and other is not UNKNOWN and one != other
    ]


def _short(value: Any) -> str:
    text = str(value)
    is_digest = len(text) >= 40 and all(digit in "0123456789abcdef" for digit in text)
    return text[:SHORT] if is_digest else text


_MACHINE = (
    *("python", "implementation", "build", "gil", "jit"),
    *("hostname", "cpu_model", "cpus", "affinity", "cgroup_cpus"),
)


def _machine(record: Record) -> Facts:
    about = _mapping(record.get("environment"))
    return {key: about[key] for key in _MACHINE if key in about}


def _revision(record: Record) -> Facts:
    """What git said of the project; nothing where no side is of the working tree."""
    sides = [str(side.get("name", "")) for side in record.get("sides") or ()]
    if "git" not in record or (sides and all(name.startswith("git:") for name in sides)):
        return {}
    if record["git"] is None:
        return {"git revision": "none"}
    about = _mapping(record["git"])
    found = {"git revision": about.get("revision")}
    if about.get("changes") is not None:
        found["uncommitted changes"] = about["changes"] or "none"
    elif about.get("dirty") is False:
        found["uncommitted changes"] = "none"  # and which there were was not always recorded
    return found


def _code(record: Record) -> Facts:
    digests = _mapping(record.get("code"))
    return {f"the code of {plugin}": digest for plugin, digest in digests.items()}


def _packages(record: Record) -> Facts:
    about = _mapping(record.get("environment"))
    ours = {"concbench": record["concbench"]} if record.get("concbench") else {}
    return {**ours, **_mapping(about.get("packages"))}


def _variables(record: Record) -> Facts:
    found = _mapping(_mapping(record.get("environment")).get("variables"))
    return {f"the variable {name}": repr(value) for name, value in found.items()}


def _variable_lacking(record: Record) -> Any:
    about = _mapping(record.get("environment"))
    return "not set" if isinstance(about.get("variables"), Mapping) else UNKNOWN


def _mapping(value: Any) -> Facts:
    return value if isinstance(value, Mapping) else {}


MACHINE = Kind(_machine)
REVISION = Kind(_revision)
CODE = Kind(_code)
PACKAGES = Kind(_packages)
VARIABLES = Kind(_variables, _variable_lacking)

ONE_RUN = (MACHINE, REVISION, CODE, PACKAGES, VARIABLES)
"""Facts without which two halves of a run are not one run."""
