"""What this machine and this interpreter are: facts that a run records; None where unknown."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from multiprocessing import get_start_method
from pathlib import Path
from typing import Any

from . import process

ROOT = Path("/")
CONTAINERS = {".dockerenv": "docker", "run/.containerenv": "podman"}
"""Files that a container has."""


def memory_bytes() -> int | None:
    """The machine's memory, not what a control group may use."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, others lack a name
        return None


def kernel() -> str:
    """`Linux 6.1.0-18-amd64`."""
    return f"{platform.system()} {platform.release()}".strip()


def virtualisation(root: Path = ROOT) -> str | None:
    """`none`, or what it runs in as far as that is known: `Amazon EC2 t3.large, docker`."""
    under = has_hypervisor(root)
    if under is None:
        return None
    about = [text(root, f"sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name")]
    layers = [" ".join(filter(None, about)) or "hypervisor"] if under else []
    layers += [name for file, name in CONTAINERS.items() if (root / file).exists()]
    return ", ".join(layers) or "none"


def has_hypervisor(root: Path = ROOT) -> bool | None:
    """Whether the CPUs are a virtual machine's."""
    cpuinfo = text(root, "proc/cpuinfo")
    if cpuinfo is None:
        return None
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "")
    return "hypervisor" in flags.split()


def text(root: Path, path: str) -> str | None:
    """A file of the system, stripped; None where it is missing or not for us."""
    try:
        return (root / path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


PACKAGES = ("pyperf", "aiohttp", "requests", "uvloop")
"""Libraries whose version can change a result."""


def cpus() -> int:
    """CPUs that this process may use."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    return process.affinity_cpus() or os.cpu_count() or 1


def affinity() -> str | None:
    """The same CPUs as a list, `0-1,4`; None where the system has no affinity."""
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
    lines = (text(ROOT, "proc/cpuinfo") or "").splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "build": " ".join(platform.python_build()),
        "executable": sys.executable,
        "gil": process.gil(),
        "jit": process.jit(),
        "tail_calls": tail_calls(sysconfig.get_config_vars()),
        "platform": platform.platform(),
        "hostname": platform.node(),
        "kernel": kernel(),
        "virtualisation": virtualisation(),
        "memory_bytes": memory_bytes(),
        "cpu_model": next(models, platform.processor()),
        "cpus": cpus(),
        "cpus_of_machine": os.cpu_count(),
        "affinity": affinity(),
        "cgroup_cpus": process.cgroup_cpus(),
        "nofile": process.open_files(),
        "start_method": get_start_method(),
        "packages": {name: number for name in PACKAGES if (number := release(name))},
    }


def tail_calls(variables: Mapping[str, Any]) -> bool | None:
    """Whether the interpreter was built with tail calls; None where its build does not say."""
    names = ("Py_TAIL_CALL_INTERP", "_Py_TAIL_CALL_INTERP")  # of Python 3.14, of 3.15
    return next((bool(variables[name]) for name in names if name in variables), None)


def versions(libraries: Iterable[str]) -> dict[str, str]:
    """The version of each distribution that is installed, named by itself or by a module of it."""
    known = {name: release(name) for name in libraries}
    modules = {name.partition(".")[0] for name, number in known.items() if number is None}
    modules -= sys.stdlib_module_names
    owners = packages_distributions() if modules else {}  # reads all that is installed
    known |= {owner: release(owner) for name in modules for owner in owners.get(name, ())}
    return {name: number for name, number in known.items() if number}


def of_extra(extra: str) -> list[str]:
    """The distributions that an extra of ours brings."""
    try:
        wanted = requires("concbench") or []
    except PackageNotFoundError:  # a copy on PYTHONPATH
        return []
    asking = re.compile(rf"extra == ['\"]{re.escape(extra)}['\"]")
    return [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in wanted if asking.search(one)]


def git(folder: Path) -> dict[str, Any] | None:
    """Revision, branch and whether the tree is dirty; None outside a repository."""
    revision = git_output(folder, "rev-parse", "HEAD")
    branch = git_output(folder, "rev-parse", "--abbrev-ref", "HEAD")
    dirty = bool(git_output(folder, "status", "--porcelain", "--untracked-files=no"))
    return {"revision": revision, "branch": branch, "dirty": dirty} if revision else None


def git_output(folder: Path, *words: str) -> str | None:
    """What git says, stripped; None where it fails or is missing."""
    command = ["git", *words]
    try:
        said = subprocess.check_output(command, cwd=folder, stderr=subprocess.DEVNULL, timeout=10)
        return os.fsdecode(said).strip()
    except (OSError, subprocess.SubprocessError):
        return None


def release(name: str) -> str | None:
    """The version of a distribution; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
