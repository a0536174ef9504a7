"""What the system and the interpreter give this process: CPUs, open files, GIL and JIT.

Standard library only: every timed worker imports this.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def affinity_cpus() -> int | None:
    """CPUs that it may run on; None where the system has no affinity."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def open_files() -> int | None:
    """The soft `ulimit -n`; None without one."""
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def peak_bytes() -> int:
    """The most memory that it has had so far; 0 where that is not known."""
    if resource is None:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else 1024 * most)


def cgroup_cpus(proc: str = "/proc/self") -> float | None:
    """CPUs that its cgroup and those above it may use on average; None without a quota."""
    try:
        quotas = [quota for folder in _folders(proc) if (quota := _quota(folder)) is not None]
    except (OSError, ValueError, IndexError):
        return None
    return min(quotas, default=None)


def _folders(proc: str) -> Iterator[str]:
    """The folders that may hold a quota: its own in each mount, and all above it."""
    paths = dict(_cgroups(proc))
    for mount in _lines(f"{proc}/mountinfo"):
        # `man proc_pid_mountinfo`: id parent device root place options [...] - kind source options
        left, _, right = mount.partition(" - ")
        root, place = left.split()[3:5]
        kind = right.split()[0]
        path = paths.get("cpu" if kind == "cgroup" else kind)
        if path is not None:
            # A container's mount begins at its own cgroup, and so may the path that it sees.
            parts = [part for part in path.removeprefix(root).split("/") if part]
            yield from ("/".join([place, *parts[:depth]]) for depth in range(len(parts) + 1))


def _cgroups(proc: str) -> Iterator[tuple[str, str]]:
    """Its path in version 2, as `cgroup2`, and under version 1's controller of CPUs."""
    for line in _lines(f"{proc}/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield "cgroup2", path
        elif "cpu" in controllers.split(","):
            yield "cpu", path


def _quota(folder: str) -> float | None:
    try:
        quota, period = _lines(f"{folder}/cpu.max")[0].split()
    except OSError:  # version 1, or no quota at its root
        try:
            quota, period = (_lines(f"{folder}/cpu.cfs_{of}_us")[0] for of in ("quota", "period"))
        except OSError:
            return None
    return None if quota in ("max", "-1") else int(quota) / int(period)


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as stream:
        return stream.read().splitlines()


def gil() -> bool | None:
    """Whether the GIL is on; None if unknown.  Read after imports: one may re-enable it."""
    enabled = getattr(sys, "_is_gil_enabled", None)  # since 3.13
    if enabled is not None:
        return bool(enabled())
    return True if sys.implementation.name in ("cpython", "pypy") else None


def watch_gil() -> Callable[[], list[str]]:
    """Watch from here on who turns the GIL on; the modules that did, as far as Python says so.

    It names the first in a warning, and tells nothing of those that come after it.
    """
    if gil() is not False:
        return list
    import re
    import warnings

    modules: list[str] = []
    shown = warnings.showwarning

    def show(message: Warning | str, *given: Any, **named: Any) -> None:
        if found := re.search(r"GIL\) has been enabled to load module '([^']+)'", str(message)):
            modules.append(found[1])
        shown(message, *given, **named)

    warnings.showwarning = show
    warnings.filterwarnings("always", r"The global interpreter lock \(GIL\) has been enabled")
    return lambda: modules


def watch_lazy_imports() -> Callable[[], set[str]]:
    """Watch from here on: which modules a `lazy import` (Python 3.15) put off, and still does."""
    before = {*getattr(sys, "lazy_modules", ())}
    return lambda: {*getattr(sys, "lazy_modules", ())} - before - sys.modules.keys()


def jit() -> bool | None:
    """Whether the JIT is on; None where there is none, or none that says (before 3.14)."""
    if sys.implementation.name == "pypy":
        return "pypyjit" in sys.builtin_module_names
    state = getattr(sys, "_jit", None)
    return bool(state.is_enabled()) if state is not None and state.is_available() else None
