"""What this machine and this interpreter are: facts that a run records and a resume compares."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_start_method
from pathlib import Path
from typing import Any

from . import hardware, interpreter, quota

PACKAGES = ("pyperf", "aiohttp", "requests", "uvloop")
"""Libraries whose version can change a result."""


def cpus() -> int:
    """CPUs that this process may use."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def affinity() -> str | None:
    """Those CPUs as a list, `0-1,4`; None where the system has no affinity."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    spans: list[list[int]] = []
    for cpu in sorted(os.sched_getaffinity(0)):
        if spans and cpu == spans[-1][-1] + 1:
            spans[-1][1:] = [cpu]
        else:
            spans.append([cpu])
    return ",".join("-".join(map(str, span)) for span in spans)


def facts() -> dict[str, Any]:
    """The environment of a run, as it is stored."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "build": " ".join(platform.python_build()),
        "executable": sys.executable,
        "gil": interpreter.gil(),
        "jit": interpreter.jit(),
        "platform": platform.platform(),
        "hostname": platform.node(),
        "kernel": hardware.kernel(),
        "virtualisation": hardware.virtualisation(),
        "memory_bytes": hardware.memory_bytes(),
        "cpu_model": _cpu_model(),
        "cpus": cpus(),
        "cpus_of_machine": os.cpu_count(),
        "affinity": affinity(),
        "cgroup_cpus": quota.cgroup_cpus(),
        "nofile": quota.open_files(),
        "start_method": get_start_method(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


SAME = (
    *("python", "implementation", "build", "gil", "jit"),
    *("hostname", "cpu_model", "cpus", "affinity", "cgroup_cpus"),
)
"""Facts without which two halves of a run are not one run."""


def differences(stored: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """`python 3.12.1, here 3.13.0`, for each fact in SAME that differs."""
    return [
        f"{key} {stored.get(key)}, here {here.get(key)}"
        for key in SAME
        if stored.get(key) != here.get(key)
    ]


def git(folder: Path) -> dict[str, Any] | None:
    """Revision, branch and whether the tree is dirty; None outside a repository."""
    revision = git_output(folder, "rev-parse", "HEAD")
    if revision is None:
        return None
    return {
        "revision": revision,
        "branch": git_output(folder, "rev-parse", "--abbrev-ref", "HEAD"),
        "dirty": bool(git_output(folder, "status", "--porcelain", "--untracked-files=no")),
    }


def git_output(folder: Path, *words: str) -> str | None:
    """What git says, stripped; None where it fails or is missing."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
