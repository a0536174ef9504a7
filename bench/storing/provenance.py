"""What the times of a run rest on: whether two runs measured one thing under the same conditions.

The only list of it.  Pure, and of the standard library: it compares two records as run.json holds
them, so that whoever asks (a resume, a machine's known noise) gets the same answer and only chooses
the kinds of facts that matter to the question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

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
