"""What a careful person would check before measuring, and what to do about it; changes nothing."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from heapq import nlargest
from pathlib import Path

import psutil

from ..errors import UsageError
from ..processes.children import Children
from ..processes.lock import held
from ..processes.variables import recorded
from .canary import measure
from .identity import ROOT, cpus, has_hypervisor, tail_calls, text
from .process import cgroup_cpus, gil, jit, open_files


class Level(StrEnum):
    """What a finding means for times: nothing, good to know, to be fixed, unknown here."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "fix"
    UNKNOWN = "?"


@dataclass(frozen=True)
class Finding:
    """`about` is a word or two, `seen` a few more, `advice` a sentence or nothing."""

    about: str
    seen: str
    level: Level = Level.GOOD
    advice: str = ""

    @property
    def code(self) -> str:
        """Its name as `concbench explain` takes it: `open-files`."""
        return self.about.lower().replace(" ", "-")


def unknown(about: str, why: str) -> Finding:
    """What cannot be known on this system."""
    return Finding(about, f"unknown: {why}", Level.UNKNOWN)


def judge(good: bool, about: str, value: str, level: Level, advice: str) -> Finding:
    """Of this level and with this advice unless it is good."""
    return Finding(about, value) if good else Finding(about, value, level, advice)


WHOLE = 0.9
"""Of the CPUs promised; with fewer, others use the machine."""
IDLE_LOAD = 0.25
"""Running processes for each CPU, over the last minute, that still count as none."""
LATE_SECONDS = 0.001
LOOKING_SECONDS = 0.3


def _delivered(children: Children) -> Iterator[Finding]:
    canary = measure(children, cpus())
    if canary.alone and canary.together is not None:
        yield delivered(canary.together / canary.alone, canary.cpus)
    else:
        yield unknown("CPUs delivered", canary.reason)
    late = canary.jitter_seconds
    yield unknown("wake-up", canary.reason) if late is None else wake_up(late)


def delivered(got: float, promised: int) -> Finding:
    """How many CPUs' work all of them did together, beside one alone."""
    value = f"{got:.2f} of {promised}"
    advice = "stop what uses the rest, or use a machine of your own: process pools look slow here"
    return judge(got >= WHOLE * promised, "CPUs delivered", value, Level.BAD, advice)


def wake_up(seconds: float) -> Finding:
    """How late a sleeping process wakes."""
    value = f"{1000 * seconds:.2f} ms late"
    advice = "stop what else runs: waiting tasks take that much longer under every strategy"
    return judge(seconds < LATE_SECONDS, "wake-up", value, Level.BAD, advice)


def _quota(quota: float | None, promised: int) -> Finding:
    if quota is None:
        return Finding("CPU quota", "none")
    advice = (
        f"raise the container's limit (--cpus) or lower --workers: a batch that takes more than "
        f"{quota:g} of {promised} CPUs is stopped for tens of ms at a time"
    )
    return judge(quota >= promised, "CPU quota", f"{quota:g} CPUs", Level.BAD, advice)


def _affinity(ours: int, machine: int) -> Finding:
    value = f"all {machine} CPUs" if ours == machine else f"{ours} of {machine} CPUs"
    advice = "check with `taskset -p $$` if that is meant: pools get no more CPUs than that"
    return judge(ours == machine, "affinity", value, Level.NOTE, advice)


def _load(count: int) -> Finding:
    if not hasattr(os, "getloadavg"):
        return unknown("load", "the system does not report it")
    last = os.getloadavg()[0]
    value = f"{last:.2f} in the last minute"
    if last <= IDLE_LOAD * count:
        return Finding("load", value)
    busy = ", ".join(_busiest())
    advice = f"wait, or stop what runs{f' (now: {busy})' if busy else ''}"
    return Finding("load", value, Level.BAD, advice)


def _busiest() -> list[str]:
    """The processes that use most CPU right now, each with its share of one CPU."""
    list(psutil.process_iter(["cpu_percent"]))  # which it counts from the look before
    time.sleep(LOOKING_SECONDS)
    shares = {one: one.info["cpu_percent"] for one in psutil.process_iter(["name", "cpu_percent"])}
    busy = [one for one, share in shares.items() if share and share > 10 and one.pid != os.getpid()]
    most = nlargest(3, busy, key=shares.__getitem__)
    return [f"{one.info['name']} {one.pid} {shares[one]:.0f}%" for one in most]


def governor(root: Path = ROOT) -> Finding:
    """Whether the clock rate waits for load before it rises."""
    places = sorted(root.glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"))
    governors = ", ".join(sorted({path.read_text(encoding="utf-8").strip() for path in places}))
    if not governors:
        return unknown("governor", "no cpufreq, as in most virtual machines")
    advice = "sudo cpupower frequency-set -g performance: short batches start at a slow clock rate"
    return judge(governors == "performance", "governor", governors, Level.BAD, advice)


def turbo(root: Path = ROOT) -> Finding:
    """Whether one busy core runs faster than many."""
    off = text(root, "sys/devices/system/cpu/intel_pstate/no_turbo")
    boost = text(root, "sys/devices/system/cpu/cpufreq/boost")
    if off is None and boost is None:
        return unknown("turbo", "the system does not report it")
    value = "off" if off == "1" or boost == "0" else "on"
    advice = "speed-ups of pools come out a little small: one busy core is faster than many"
    return judge(value == "off", "turbo", value, Level.NOTE, advice)


def siblings(root: Path = ROOT) -> Finding:
    """Whether two CPUs may be one core."""
    active = text(root, "sys/devices/system/cpu/smt/active")
    if active is None:
        return unknown("hyper-threads", "the system does not report it")
    value = "off, or none" if active == "0" else "on"
    advice = "two CPUs may be one core, and deliver about 1.3 together: the limit accounts for it"
    return judge(active == "0", "hyper-threads", value, Level.NOTE, advice)


def hypervisor(root: Path = ROOT) -> Finding:
    """Whether somebody above this system may take CPUs away."""
    under = has_hypervisor(root)
    if under is None:
        return unknown("virtual machine", "no /proc/cpuinfo")
    value = "yes" if under else "no"
    advice = "neighbours may take CPU time away: every round measures how much there was"
    return judge(not under, "virtual machine", value, Level.NOTE, advice)


SLOW = {
    "PYTHONDEVMODE": "checks everything it can",
    "PYTHONASYNCIODEBUG": "event loops record where each callback came from",
    "PYTHONMALLOC": "another allocator",
    "PYTHONTRACEMALLOC": "every allocation is recorded",
    "PYTHONDONTWRITEBYTECODE": "modules may be compiled anew by every worker's start-up",
    "PYTHONNODEBUGRANGES": "",
    "LD_PRELOAD": "a library in every process",
}


def build(about: Mapping[str, object], *, debug: bool) -> Finding:
    """Whether it was built for speed."""
    if debug:
        advice = "use a release build: this one is about three times as slow, and not evenly"
        return Finding("build", "debug", Level.BAD, advice)
    words = str(about.get("CONFIG_ARGS") or "")
    if not words:
        return unknown("build", "its configuration is not recorded")
    has = {"PGO": "--enable-optimizations" in words, "LTO": "--with-lto" in words}
    value = ", ".join(f"{name} {'on' if on else 'off'}" for name, on in has.items())
    advice = "use a packaged Python, as your users do: this one is 10 to 30 % slower"
    return judge(has["PGO"], "build", value, Level.NOTE, advice)


def tracer(active: bool) -> Finding:
    """Whether a debugger, profiler or coverage tool listens; no worker inherits one from here."""
    advice = "nothing to do: workers are started without it"
    return judge(
        not active, "tracer", "one is active here" if active else "none", Level.NOTE, advice
    )


def variables(present: Mapping[str, str]) -> Finding:
    """What of the environment changes speed, and goes to every worker."""
    slow = {name: why for name, why in SLOW.items() if name in present and why}
    if not slow:
        return Finding("variables", f"{len(present)} recorded, none known as slow")
    reasons = "; ".join(f"{name}: {why}" for name, why in slow.items())
    return Finding(
        "variables", ", ".join(slow), Level.NOTE, f"unset, unless it is meant ({reasons})"
    )


COARSE_SECONDS = 1e-6
FEW_FILES = 1024
LITTLE_MEMORY = 0.1
SLOW_CLOCKS = ("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit")
"""Reading these takes a microsecond or more, where tsc and the virtual clocks take 30 ns."""


def system_findings(root: Path = ROOT) -> Iterator[Finding]:
    """The findings on the machine besides its CPUs."""
    began = time.perf_counter()
    while (now := time.perf_counter()) == began:
        pass
    yield timer(now - began)
    yield clock_source(root)
    yield _memory()
    yield _swap()
    yield addresses(root)
    yield _files()
    yield _power()
    yield _alone()


def timer(step: float) -> Finding:
    """How fine the clock is that times batches, by the seconds between two readings that differ."""
    value = f"steps of {1e9 * step:.0f} ns"
    advice = "nothing to do: batches are repeated until they are long enough"
    return judge(step <= COARSE_SECONDS, "timer", value, Level.NOTE, advice)


def clock_source(root: Path = ROOT) -> Finding:
    """Whether asking for the time is cheap."""
    place = "sys/devices/system/clocksource/clocksource0/current_clocksource"
    source = text(root, place)
    if source is None:
        return unknown("clock", "the system does not report it")
    advice = f"reading it is slow: see available_clocksource beside /{place} for tsc"
    return judge(source not in SLOW_CLOCKS, "clock", source, Level.BAD, advice)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    value = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    plenty = memory.available >= LITTLE_MEMORY * memory.total
    advice = "close what is large: many processes may not fit"
    return judge(plenty, "memory", value, Level.BAD, advice)


def _swap() -> Finding:
    try:
        swap = psutil.swap_memory()
    except (OSError, RuntimeError) as error:
        return unknown("swap", str(error))
    if not swap.total:
        return Finding("swap", "none")
    value = f"{swap.used / 2**20:.0f} MiB used"
    advice = "sudo swapoff -a, if there is room: what comes back from swap is slow once"
    return judge(not swap.used, "swap", value, Level.NOTE, advice)


def addresses(root: Path = ROOT) -> Finding:
    """Whether addresses differ from process to process."""
    setting = text(root, "proc/sys/kernel/randomize_va_space")
    if setting is None:
        return unknown("ASLR", "the system does not report it")
    if setting != "0":
        return Finding("ASLR", "on; it averages out, as every round is a new process")
    advice = "sudo sysctl kernel.randomize_va_space=2: else all processes share one memory layout"
    return Finding("ASLR", "off", Level.NOTE, advice)


def _files() -> Finding:
    limit = open_files()
    value = "no limit" if limit is None else f"{limit:,}"
    advice = "ulimit -n 8192: a thousand connections need more"
    return judge(limit is None or limit > FEW_FILES, "open files", value, Level.NOTE, advice)


def _power() -> Finding:
    battery = getattr(psutil, "sensors_battery", lambda: None)()
    if battery is None or battery.power_plugged is not False:
        return Finding("power", "no battery in use")
    value = f"battery, {battery.percent:.0f} %"
    return Finding("power", value, Level.BAD, "plug it in: CPUs may be slowed down on battery")


def _alone() -> Finding:
    try:
        with held():
            return Finding("other runs", "none")
    except UsageError as error:
        return Finding("other runs", str(error).partition(": wait")[0], Level.BAD, "wait for it")


def examine(children: Children) -> Iterator[Finding]:
    """Every finding, one after the other; takes about half a second, and spins on all CPUs."""
    yield from _delivered(children)
    yield _quota(cgroup_cpus(), cpus())
    yield _affinity(cpus(), os.cpu_count() or 1)
    yield _load(cpus())
    yield from (look(ROOT) for look in (governor, turbo, siblings, hypervisor))
    yield from system_findings()
    version = f"{platform.python_implementation()} {platform.python_version()}"
    yield Finding("Python", f"{version}, {platform.machine()}")
    yield build(sysconfig.get_config_vars(), debug=hasattr(sys, "gettotalrefcount"))
    value = "on: one thread at a time runs Python code" if gil() else "off"
    silent = gil() is None
    yield (
        unknown("GIL", "this implementation does not report it")
        if silent
        else Finding("GIL", value)
    )
    yield Finding("JIT", {None: "none", True: "on", False: "off"}[jit()])
    tails = tail_calls(sysconfig.get_config_vars())
    yield Finding("tail calls", {None: "none", True: "on", False: "off"}[tails])
    yield tracer(sys.gettrace() is not None or sys.getprofile() is not None)
    yield variables(recorded())
