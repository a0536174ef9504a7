"""What the times of a run rest on: whether two runs may be compared.

The only list of it.  A resume, a baseline, `compare`, a history and a machine's known noise ask it
and only choose the kinds of facts that must be equal, or that are worth saying.  Standard library
only, as the driver imports it too: it compares two records as run.json holds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from . import schema

Record: TypeAlias = Mapping[str, Any]
"""A run.json, or as much of it as there is."""
Facts: TypeAlias = Mapping[str, Any]
"""Values by the words that name them in a message."""
Kind: TypeAlias = str
"""Facts that matter to the same questions."""

ENVIRONMENT: Mapping[Kind, Mapping[str, str]] = {
    "processor": {"cpu_model": "CPU"},
    "cpus": {"cpus": "CPUs", "cgroup_cpus": "CPU quota"},
    "host": {"affinity": "affinity", "hostname": "host"},
    "libc": {"platform": "system"},
    "python": {"implementation": "interpreter", "python": "Python", "gil": "GIL", "jit": "JIT"},
    "start method": {"start_method": "start method"},
    "memory": {
        "cpus_of_machine": "CPUs of the machine",
        "memory_bytes": "memory",
        "virtualisation": "virtual machine",
    },
    "build": {"kernel": "kernel", "build": "Python build", "tail_calls": "tail-call interpreter"},
}
"""The kinds of facts that stand in `environment`, and the words for them."""
MACHINE: Sequence[Kind] = tuple(ENVIRONMENT)

RATIOS = ("cpus", "python")
"""Without these not even ratios to a reference can be compared over runs."""
TIMES = ("processor", *RATIOS)
"""Without these times cannot.  A kernel or a library that was updated is a change to be seen in a
history, not another machine; nor is a machine its host's name."""
BASELINE = (*TIMES, "start method", "memory", "build", "variables")
"""Without these the times of two runs are not of one thing.  The host's name is none of them: a
machine that is made anew for each job has a new one."""
ONE_RUN = (*MACHINE, "revision", "code", "packages", "variables")
"""Without these two halves of a run are not one run."""
WORTH_SAYING = (
    *("processor", "cpus", "host", "libc", "python", "start method", "memory", "variables"),
    *("state", "packages", "sides"),
)
"""What a comparison of two runs is of, too.  The kernel is in the system's name."""
AROUND = ("libc", "packages")
"""What a history says of a change: libraries and the system."""

HARMLESS = (
    *("PYTHONFAULTHANDLER", "PYTHONUNBUFFERED"),
    # What an interpreter was installed from, as official images and installers say it.
    *("PYTHON_VERSION", "PYTHON_SHA256", "PYTHON_PIP_*", "PYTHON_GET_PIP_*", "PYTHON_SETUPTOOLS_*"),
    *("PYTHON_BUILD_*", "PYTHON_CONFIGURE_OPTS"),
    *("PYTHON_BASIC_REPL", "PYTHON_COLORS", "PYTHON_HISTORY"),
)
"""Variables that are recorded by their name and change no speed (`*` as in a shell)."""

NEAR = 0.02
"""Memory may differ by this share: a kernel takes more or less of it for itself."""
UNKNOWN = object()
"""Not recorded, where None is a value: a machine without a quota."""
SHORT = 12
"""Digits of a revision or digest that a message shows."""


@dataclass(frozen=True)
class Mismatch:
    """One fact that two records do not share, in words; `slight` where it is a patch level."""

    what: str
    before: str
    now: str
    slight: bool = False


def record(run: schema.Facts) -> Record:
    """The part of a run that was read which is compared here."""
    sides = [{"name": side.name, "exact": side.exact} for side in run.sides]
    return {**vars(run), "sides": sides}


def facts(about: Record, kinds: Sequence[Kind]) -> dict[str, Any]:
    """The facts of these kinds that a record has, by the words for them."""
    return {what: value for kind in kinds for what, value in _facts(about, kind).items()}


def differences(
    before: Record, now: Record, kinds: Sequence[Kind], *, strict: bool = False
) -> list[Mismatch]:
    """Each fact of these kinds that is not the same in both.

    What one of them does not know is a difference only if `strict`.
    """
    mismatches = []
    patched = _same_release(
        "Python", *(_facts(one, "python").get("Python") for one in (before, now))
    )
    for kind in kinds:
        old, new = _facts(before, kind), _facts(now, kind)
        for what in {**old, **new}:
            both = old.get(what, _absent(kind, before)), new.get(what, _absent(kind, now))
            unknown = UNKNOWN in both or (None in both and what in _KNOWN_OR_NONE)
            if not _alike(what, *both) and (strict or not unknown):
                slight = _same_release(what, *both) or (patched and what == "Python build")
                was, is_now = (_words(what, value) for value in both)
                mismatches.append(Mismatch(what, was, is_now, slight))
    return mismatches


RELEASES = {
    "kernel": r"(\D*\d+\.\d+)(?=\D|$).*",  # Linux 6.1 of Linux 6.1.0-18-amd64
    "Python": r"(\d+\.\d+)\.\d+\+?",  # and no alpha, beta or candidate: those change a lot
}
"""What two versions share that differ in their patch level."""


def _same_release(what: str, one: Any, other: Any) -> bool:
    """Whether these are two patch levels of one release."""
    if one == other or not (isinstance(one, str) and isinstance(other, str)):
        return False
    both = [re.fullmatch(RELEASES.get(what, "(?!)"), text) for text in (one, other)]
    releases = {match[1] for match in both if match}
    return all(both) and len(releases) == 1


def _absent(kind: Kind, about: Record) -> Any:
    """What it means that a record lacks a fact that the other has."""
    variables = _mapping(about.get("environment")).get("variables")
    return None if kind == "variables" and isinstance(variables, Mapping) else UNKNOWN


_KNOWN_OR_NONE = {word for words in ENVIRONMENT.values() for word in words.values()} - {"CPU quota"}


def _alike(what: str, one: Any, other: Any) -> bool:
    if what == "memory" and isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= NEAR * max(one, other)
    return bool(one == other)


def _words(what: str, value: Any) -> str:
    if value is UNKNOWN:
        return "not recorded"
    if value is None:
        return "not known" if what in _KNOWN_OR_NONE else "not set"
    if what == "memory" and isinstance(value, int):
        return f"{value / 1e9:.1f} GB"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = str(value)
    is_digest = len(text) >= 40 and all(digit in "0123456789abcdef" for digit in text)
    return text[:SHORT] if is_digest else text or "''"


def _facts(about: Record, kind: Kind) -> Facts:
    environment = _mapping(about.get("environment"))
    match kind:
        case "revision":
            return _revision(about)
        case "code":
            digests = _mapping(about.get("code"))
            return {f"the code of {plugin}": digest for plugin, digest in digests.items()}
        case "packages":
            ours = {"concbench": about["concbench"]} if about.get("concbench") else {}
            return {**ours, **_mapping(environment.get("packages"))}
        case "variables":
            variables = _mapping(environment.get("variables"))
            return {
                f"the variable {name}": value
                for name, value in variables.items()
                if not any(fnmatchcase(name, pattern) for pattern in HARMLESS)
            }
        case "state":
            return {"state": about["state"]} if about.get("state") else {}
        case "sides":
            return {str(side.get("name")): side.get("exact") for side in about.get("sides") or ()}
    words = ENVIRONMENT[kind]
    return {word: environment[key] for key, word in words.items() if key in environment}


def _revision(about: Record) -> Facts:
    """What git said of the project; nothing where no side is of the working tree."""
    sides = [str(side.get("name", "")) for side in about.get("sides") or ()]
    if "git" not in about or (sides and all(name.startswith("git:") for name in sides)):
        return {}
    if about["git"] is None:
        return {"git revision": "none"}
    git = _mapping(about["git"])
    revision = {"git revision": git.get("revision")}
    if git.get("changes") is not None:
        return {**revision, "uncommitted changes": git["changes"] or "none"}
    if git.get("dirty") is False:  # which changes there were was not always recorded
        return {**revision, "uncommitted changes": "none"}
    return revision


def _mapping(value: Any) -> Facts:
    return value if isinstance(value, Mapping) else {}
