"""Under what a baseline was measured, and whether times here mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..facts import machine
from ..variables import recorded

SAME = {
    "cpu_model": "CPU",
    "cpus": "CPUs",
    "cpus_of_machine": "CPUs of the machine",
    "cgroup_cpus": "CPU quota",
    "memory_bytes": "memory",
    "kernel": "kernel",
    "virtualisation": "virtual machine",
    "implementation": "interpreter",
    "python": "Python",
    "build": "Python build",
    "gil": "GIL",
    "jit": "JIT",
    "start_method": "start method",
}
"""Facts without which times of two runs are not of one thing.  The host's name is none of them: a
machine that is made anew for each job has a new one."""
NEAR = 0.02
"""Memory may differ by this share: a kernel keeps more or less of it for itself."""


def here() -> dict[str, Any]:
    """What a run that began now would record."""
    return machine.facts() | {"variables": recorded()}


def differences(stored: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """`CPUs 4, here 2`, for each fact in SAME and each variable that differs."""
    found = [(word, _said(key, stored), _said(key, now)) for key, word in SAME.items()]
    unlike = [not _alike(key, stored, now) for key in SAME]
    found = [one for one, differs in zip(found, unlike, strict=True) if differs]
    then, variables = stored.get("variables", {}), now["variables"]
    found += [
        (name, then.get(name, "not set"), variables.get(name, "not set"))
        for name in sorted({*then, *variables})
        if then.get(name) != variables.get(name)
    ]
    return [f"{word} {before}, here {after}" for word, before, after in found]


def _alike(key: str, stored: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    if key not in stored:
        return False
    one, other = stored[key], now[key]
    if key == "memory_bytes" and isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= NEAR * max(one, other)
    return bool(one == other)


def _said(key: str, facts: Mapping[str, Any]) -> str:
    if key not in facts:
        return "not recorded"
    value = facts[key]
    if value is None:
        return "not known"
    if key == "memory_bytes" and isinstance(value, int):
        return f"{value / 1e9:.1f} GB"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
