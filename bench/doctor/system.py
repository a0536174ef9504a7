"""The rest of the machine: clocks, memory, addresses, open files, power, other runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from ..errors import UsageError
from ..facts.quota import open_files
from ..lock import held
from .finding import Finding, Level, text, unknown

COARSE_SECONDS = 1e-6
FEW_FILES = 1024
LITTLE_MEMORY = 0.1
ROOT = Path("/")
SLOW_CLOCKS = ("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit")
"""A look at these takes a microsecond and more, where tsc and the virtual clocks take 30 ns."""


def findings(results: Path, root: Path = ROOT) -> Iterator[Finding]:
    """What is seen of the machine besides its CPUs."""
    yield timer(_step())
    yield clock_source(root)
    yield _memory()
    yield _swap()
    yield addresses(root)
    yield _files()
    yield _power()
    yield _alone(results)


def _step() -> float:
    """Seconds between two readings of the clock that differ."""
    began = time.perf_counter()
    while (now := time.perf_counter()) == began:
        pass
    return now - began


def timer(step: float) -> Finding:
    """How fine the clock is that times batches."""
    seen = f"steps of {1e9 * step:.0f} ns"
    if step <= COARSE_SECONDS:
        return Finding("timer", seen)
    advice = "batches are repeated until they are long enough; short tasks alone are not to be told"
    return Finding("timer", seen, Level.NOTE, advice)


def clock_source(root: Path = ROOT) -> Finding:
    """Whether asking for the time is cheap."""
    place = "sys/devices/system/clocksource/clocksource0/current_clocksource"
    found = text(root, place)
    if found is None:
        return unknown("clock", "the system does not tell")
    if found not in SLOW_CLOCKS:
        return Finding("clock", found)
    advice = f"a slow one: see available_clocksource beside /{place} for tsc"
    return Finding("clock", found, Level.BAD, advice)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    seen = f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    if memory.available >= LITTLE_MEMORY * memory.total:
        return Finding("memory", seen)
    return Finding("memory", seen, Level.BAD, "many processes may not fit: close what is large")


def _swap() -> Finding:
    try:
        swap = psutil.swap_memory()
    except (OSError, RuntimeError) as error:
        return unknown("swap", str(error))
    if not swap.total:
        return Finding("swap", "none")
    seen = f"{swap.used / 2**20:.0f} MiB used"
    if not swap.used:
        return Finding("swap", seen)
    return Finding(
        "swap", seen, Level.NOTE, "what comes back from it is slow once: sudo swapoff -a"
    )


def addresses(root: Path = ROOT) -> Finding:
    """Whether addresses differ from process to process."""
    found = text(root, "proc/sys/kernel/randomize_va_space")
    if found is None:
        return unknown("ASLR", "the system does not tell")
    if found != "0":
        return Finding("ASLR", "on: every round is a new process, so it averages out")
    advice = "all processes share one layout, lucky or not: sudo sysctl kernel.randomize_va_space=2"
    return Finding("ASLR", "off", Level.NOTE, advice)


def _files() -> Finding:
    limit = open_files()
    if limit is None:
        return Finding("open files", "no limit")
    if limit > FEW_FILES:
        return Finding("open files", f"{limit:,}")
    advice = "a thousand connections need more: ulimit -n 8192"
    return Finding("open files", f"{limit:,}", Level.NOTE, advice)


def _power() -> Finding:
    battery = getattr(psutil, "sensors_battery", lambda: None)()
    if battery is None or battery.power_plugged is not False:
        return Finding("power", "no battery in use")
    return Finding(
        "power", f"battery, {battery.percent:.0f} %", Level.BAD, "plug it in: it is slow"
    )


def _alone(results: Path) -> Finding:
    try:
        with held(results):
            return Finding("other runs", "none")
    except UsageError as error:
        return Finding("other runs", str(error).partition(": wait")[0], Level.BAD, "wait for it")
