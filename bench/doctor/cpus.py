"""CPUs: promised and delivered, quota, affinity, load, clock rate, siblings, a hypervisor."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from ..children import Children
from ..facts.canary import measure
from ..facts.machine import cpus
from ..facts.quota import cgroup_cpus
from .finding import Finding, Level, text, unknown

WHOLE = 0.9
"""Of the CPUs promised: fewer are a machine that others use."""
IDLE_LOAD = 0.25
"""Running processes for each CPU, of the last minute, that still count as none."""
LATE_SECONDS = 0.001
LOOKING_SECONDS = 0.3
ROOT = Path("/")


def findings(children: Children, root: Path = ROOT) -> Iterator[Finding]:
    """What is seen of the CPUs; spins on all of them for a moment."""
    yield from _delivered(children)
    yield _quota(cgroup_cpus(), cpus())
    yield _affinity(cpus(), os.cpu_count() or 1)
    yield _load(cpus())
    yield governor(root)
    yield turbo(root)
    yield siblings(root)
    yield hypervisor(root)


def _delivered(children: Children) -> Iterator[Finding]:
    found = measure(children, cpus())
    if found.alone and found.together is not None:
        yield delivered(found.together / found.alone, found.cpus)
    else:
        yield unknown("CPUs delivered", found.reason)
    if found.jitter_seconds is None:
        yield unknown("wake-up", found.reason)
    else:
        yield wake_up(found.jitter_seconds)


def delivered(got: float, promised: int) -> Finding:
    """How many CPUs' work all of them did together, beside one alone."""
    seen = f"{got:.2f} of {promised}"
    if got >= WHOLE * promised:
        return Finding("CPUs delivered", seen)
    advice = (
        "something else uses them: stop it, or take a machine of your own; runs are paired by "
        "round, so ratios stay right, but process pools will look slow"
    )
    return Finding("CPUs delivered", seen, Level.BAD, advice)


def wake_up(seconds: float) -> Finding:
    """How late a sleeping process wakes."""
    seen = f"{1000 * seconds:.2f} ms late"
    if seconds < LATE_SECONDS:
        return Finding("wake-up", seen)
    advice = "waiting tasks take that much longer under every strategy: stop what else runs"
    return Finding("wake-up", seen, Level.BAD, advice)


def _quota(quota: float | None, promised: int) -> Finding:
    if quota is None or quota >= promised:
        return Finding("CPU quota", "none" if quota is None else f"{quota:g} CPUs")
    advice = (
        f"its group may use {quota:g} of {promised} CPUs: a batch that wants more is stopped "
        "for tens of ms at a time; raise the limit of the container (--cpus), or --workers less"
    )
    return Finding("CPU quota", f"{quota:g} CPUs", Level.BAD, advice)


def _affinity(ours: int, machine: int) -> Finding:
    if ours == machine:
        return Finding("affinity", f"all {machine} CPUs")
    advice = "meant so? `taskset -p $$` tells; pools have as many CPUs as this process"
    return Finding("affinity", f"{ours} of {machine} CPUs", Level.NOTE, advice)


def _load(count: int) -> Finding:
    if not hasattr(os, "getloadavg"):
        return unknown("load", "the system does not tell")
    last = os.getloadavg()[0]
    seen = f"{last:.2f} in the last minute"
    if last <= IDLE_LOAD * count:
        return Finding("load", seen)
    busy = ", ".join(_busiest())
    advice = f"wait, or stop what runs{f' (now: {busy})' if busy else ''}"
    return Finding("load", seen, Level.BAD, advice)


def _busiest() -> list[str]:
    """The processes that use most CPU right now, each with its share of one CPU."""
    before = _cpu_times()
    time.sleep(LOOKING_SECONDS)
    used = {one: now - before[one] for one, now in _cpu_times().items() if one in before}
    most = sorted(used, key=lambda one: used[one], reverse=True)[:3]
    return [
        f"{one.info['name']} {one.pid} {used[one] / LOOKING_SECONDS:.0%}"
        for one in most
        if used[one] > 0.1 * LOOKING_SECONDS
    ]


def _cpu_times() -> dict[psutil.Process, float]:
    return {
        one: sum(one.info["cpu_times"][:2])
        for one in psutil.process_iter(["name", "cpu_times"])
        if one.info["cpu_times"] and one.pid != os.getpid()
    }


def governor(root: Path = ROOT) -> Finding:
    """Whether the clock rate waits for load before it rises."""
    places = sorted(root.glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"))
    found = sorted({path.read_text(encoding="utf-8").strip() for path in places})
    if not found:
        return unknown("governor", "no cpufreq, as in most virtual machines")
    if found == ["performance"]:
        return Finding("governor", "performance")
    advice = "short batches see a slow clock first: sudo cpupower frequency-set -g performance"
    return Finding("governor", ", ".join(found), Level.BAD, advice)


def turbo(root: Path = ROOT) -> Finding:
    """Whether one busy core runs faster than many."""
    off = text(root, "sys/devices/system/cpu/intel_pstate/no_turbo")
    boost = text(root, "sys/devices/system/cpu/cpufreq/boost")
    if off is None and boost is None:
        return unknown("turbo", "the system does not tell")
    if off == "1" or boost == "0":
        return Finding("turbo", "off")
    advice = "one busy core is faster than many: speed-ups of pools come out a little small"
    return Finding("turbo", "on", Level.NOTE, advice)


def siblings(root: Path = ROOT) -> Finding:
    """Whether two CPUs may be one core."""
    active = text(root, "sys/devices/system/cpu/smt/active")
    if active is None:
        return unknown("hyper-threads", "the system does not tell")
    if active == "0":
        return Finding("hyper-threads", "off, or none")
    advice = "two CPUs may be one core, and then deliver about 1.3: the limit counts what they do"
    return Finding("hyper-threads", "on", Level.NOTE, advice)


def hypervisor(root: Path = ROOT) -> Finding:
    """Whether somebody above this system may take CPUs away."""
    known = text(root, "proc/cpuinfo")
    if known is None:
        return unknown("virtual machine", "no /proc/cpuinfo")
    flags = [line for line in known.splitlines() if line.startswith("flags")]
    if not flags or "hypervisor" not in flags[0].split():
        return Finding("virtual machine", "no")
    advice = "neighbours may take CPUs away unseen: every round measures how many there were"
    return Finding("virtual machine", "yes", Level.NOTE, advice)
