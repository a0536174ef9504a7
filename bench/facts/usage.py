"""What a worker's process tree uses, read around a value: CPU time and context switches.

Standard library only: every timed worker imports this, after its first batch.  What cannot be
known is None, for a wrong number is worse than none; and no reading may fail a worker.
"""

from __future__ import annotations

import signal
import time
from typing import NamedTuple

from .descendants import Process, Switches, Tree, Unreadable, childless, living, tick

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

ATTEMPTS = 3
"""Readings until a tree holds still: a child that ends meanwhile would count twice or never."""
SHARE = 0.01
"""Of the CPU seconds that may be unsure, because what descendants reap is counted in ticks."""
NOBODY = Process(0.0, 0.0, 0, Switches(0, 0, 0))


class Counts(NamedTuple):
    """CPU seconds and context switches of this process, or of all that it has waited for."""

    cpu: float
    voluntary: int
    involuntary: int


class Reading(NamedTuple):
    """All used so far: by this process, by what it has reaped, by each living descendant."""

    own: Counts
    reaped: Counts
    tree: Tree


class Spent(NamedTuple):
    """From one reading to another, by the whole tree; None where that is not known."""

    cpu: float | None = None
    voluntary: int | None = None
    involuntary: int | None = None


def before() -> Reading | None:
    """Read just before the clock starts: this process last, so that reading counts in nothing."""
    others = _others()
    return Reading(_own(), *others) if others else None


def after() -> Reading | None:
    """Read just after the clock stops: this process first, so that reading counts in nothing."""
    if resource is None:
        return None
    own = _own()
    others = _others()
    return Reading(own, *others) if others else None


def spent(old: Reading | None, new: Reading | None) -> Spent:
    """What the tree used from the one to the other."""
    if old is None or new is None:
        return Spent()
    keys = old.tree.keys() | new.tree.keys()
    pairs = [(old.tree.get(key, NOBODY), new.tree.get(key, NOBODY)) for key in keys]
    # User and system time are each cut to whole ticks, in every one that reaped meanwhile.
    unsure = 2 * tick() * sum(was.faults != now.faults for was, now in pairs)
    cpu = _cpu(new) - _cpu(old)
    known = unsure <= SHARE * cpu and not _lost(old, new, unsure)
    if unsure or old.tree.keys() - new.tree.keys() or not all(_told(*pair) for pair in pairs):
        return Spent(cpu if known else None)
    voluntary = _counts(new, "voluntary") - _counts(old, "voluntary")
    involuntary = _counts(new, "involuntary") - _counts(old, "involuntary")
    return Spent(cpu if known else None, voluntary, involuntary)


def _lost(old: Reading, new: Reading, unsure: float) -> bool:
    """Whether one that is gone took its CPU seconds along: nobody waited for it."""
    gone = sum(old.tree[key].cpu for key in old.tree.keys() - new.tree.keys())
    return gone > _reaped(new) - _reaped(old) + unsure + 1e-4


def _told(was: Process, now: Process) -> bool:
    """Whether the switches of all its threads are known: none has ended meanwhile."""
    if was.switches is None or now.switches is None:
        return False
    return was.switches.dead == now.switches.dead


def _cpu(reading: Reading) -> float:
    return reading.own.cpu + _reaped(reading) + sum(one.cpu for one in reading.tree.values())


def _reaped(reading: Reading) -> float:
    return reading.reaped.cpu + sum(one.reaped for one in reading.tree.values())


def _counts(reading: Reading, kind: str) -> int:
    alive = (getattr(one.switches, kind) for one in reading.tree.values())
    return int(getattr(reading.own, kind) + getattr(reading.reaped, kind) + sum(alive))


def _own() -> Counts:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Counts(time.process_time(), usage.ru_nvcsw, usage.ru_nivcsw)


def _others() -> tuple[Counts, Tree] | None:
    # A child of one who ignores SIGCHLD is waited for by nobody, and its time is lost.
    if resource is None or signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        return None
    for _ in range(ATTEMPTS):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            tree = {} if childless() else living()
        except Unreadable:
            return None
        except (OSError, ValueError, IndexError):
            continue
        if resource.getrusage(resource.RUSAGE_CHILDREN) == usage:
            cpu = usage.ru_utime + usage.ru_stime
            return Counts(cpu, usage.ru_nvcsw, usage.ru_nivcsw), tree
    return None
