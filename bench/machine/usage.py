"""What a worker's process tree uses, read around a value: CPU time and context switches.

Standard library only: every timed worker imports this, after its first batch.  Living descendants
are read from Linux's /proc, their CPU time from their CPU clocks in nanoseconds: /proc/PID/stat
counts in steps of 10 ms.  Results are tuples, for every worker would pay 0.5 ms for each dataclass.
What cannot be known is None, for a wrong number is worse than none; and no reading may fail a
worker.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


class UnknownDescendants(Exception):
    """Descendants cannot be known here, however often one looks."""


class Switches(NamedTuple):
    """Of the threads alive: the system forgets those of a thread that has ended."""

    voluntary: int
    involuntary: int
    dead: int  # nanoseconds of the threads that have ended: grows with each


class Descendant(NamedTuple):
    """A living descendant.  What it has waited for is not in `cpu`, nor in anyone's switches."""

    cpu: float
    reaped: float  # CPU seconds of all that it has waited for, user and system in whole ticks
    faults: int  # of the same: grows with each
    switches: Switches | None


Tree: TypeAlias = Mapping[tuple[int, int], Descendant]
"""By pid and start, for a pid may be given again."""


def clock(pid: int) -> int:
    """Nanoseconds of CPU of any process, its threads that have ended included."""
    return time.clock_gettime_ns((~pid << 3) | 2)  # as clock_getcpuclockid(3) computes it


class System:
    """Where processes are read; tests put another in its place."""

    def __init__(self, proc: str = "/proc", clock: Callable[[int], int] = clock) -> None:
        self.proc, self.clock = proc, clock

    def pids(self) -> list[int]:
        """All processes; raises UnknownDescendants where some are hidden: one might be ours."""
        pids = [int(name) for name in os.listdir(self.proc) if name.isdigit()]
        if 1 not in pids or os.readlink(f"{self.proc}/self") != str(os.getpid()):
            raise UnknownDescendants("processes are hidden, or are of another namespace")
        return pids

    def stat(self, pid: int) -> list[int]:
        """The numbers of /proc/PID/stat from the parent on (`man proc`, field 4)."""
        with open(f"{self.proc}/{pid}/stat", "rb") as stream:
            return [int(field) for field in stream.read().rpartition(b")")[2].split()[1:]]

    def of_threads(self, pid: int, name: str) -> Iterator[bytes]:
        """The file of this name of each of its threads."""
        for thread in os.listdir(f"{self.proc}/{pid}/task"):
            with open(f"{self.proc}/{pid}/task/{thread}/{name}", "rb") as stream:
                yield stream.read()


def childless() -> bool:
    """Whether this process has no child, living or dead; raises UnknownDescendants."""
    if not hasattr(os, "waitid"):
        raise UnknownDescendants("other ways to ask would reap a child that somebody waits for")
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def living(system: System | None = None) -> Tree:
    """All descendants, now.

    Raises OSError when one ended while it was read (try again), and UnknownDescendants.
    """
    if system is None and not sys.platform.startswith("linux"):
        raise UnknownDescendants("CPU clocks and /proc are read as Linux has them")
    system = system or System()
    stats = [(pid, system.stat(pid)) for pid in _pids(system)]
    tree = {(pid, stat[18]): _process(system, pid, stat) for pid, stat in stats}
    if any(_faults(system.stat(pid)) != _faults(stat) for pid, stat in stats):
        raise OSError("one of them has waited for another meanwhile")
    return tree


def _process(system: System, pid: int, stat: list[int]) -> Descendant:
    switches = None
    with suppress(OSError, ValueError, LookupError):  # CPU is known without them
        switches = _switches(system, pid)
    reaped = (stat[12] + stat[13]) * tick()
    return Descendant(system.clock(pid) / 1e9, reaped, _faults(stat), switches)


def _faults(stat: list[int]) -> int:
    return stat[7] + stat[9]


def tick() -> float:
    """Seconds of a step in /proc/PID/stat."""
    return 1 / os.sysconf("SC_CLK_TCK")


def _switches(system: System, pid: int) -> Switches:
    ran = sum(int(text.split()[0]) for text in system.of_threads(pid, "schedstat"))
    texts = system.of_threads(pid, "status")
    threads = [dict(line.split(b":", 1) for line in text.splitlines()) for text in texts]
    return Switches(
        sum(int(one[b"voluntary_ctxt_switches"]) for one in threads),
        sum(int(one[b"nonvoluntary_ctxt_switches"]) for one in threads),
        system.clock(pid) - ran,
    )


def _pids(system: System) -> Iterator[int]:
    children = _by_lists(system) or _by_parents(system)
    waiting = [os.getpid()]
    while waiting:
        pids = children(waiting.pop())
        yield from pids
        waiting += pids


def _by_lists(system: System) -> Callable[[int], list[int]] | None:
    """The children of a process, where the kernel lists them in files."""
    own = os.getpid()
    if not os.path.exists(f"{system.proc}/{own}/task/{own}/children"):
        return None

    def children(pid: int) -> list[int]:
        return [int(one) for text in system.of_threads(pid, "children") for one in text.split()]

    return children


def _by_parents(system: System) -> Callable[[int], list[int]]:
    """The children of a process, from the parents of all processes."""
    children: dict[int, list[int]] = {}
    for pid in system.pids():
        # It has ended; were it ours, its parent would have waited for it, which `living` notices.
        with suppress(FileNotFoundError, ProcessLookupError):
            children.setdefault(system.stat(pid)[0], []).append(pid)
    return lambda pid: children.get(pid, [])


ATTEMPTS = 3
"""Readings until a tree holds still: a child that ends meanwhile would count twice or never."""
SHARE = 0.01
"""Of the CPU seconds that may be uncertain, as what descendants reap is counted in ticks."""
NOBODY = Descendant(0.0, 0.0, 0, Switches(0, 0, 0))


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


class TreeUsage(NamedTuple):
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


def spent(old: Reading | None, new: Reading | None) -> TreeUsage:
    """What the tree used between two readings."""
    if old is None or new is None:
        return TreeUsage()
    keys = old.tree.keys() | new.tree.keys()
    pairs = [(old.tree.get(key, NOBODY), new.tree.get(key, NOBODY)) for key in keys]
    # User and system time are each cut to whole ticks, in every one that reaped meanwhile.
    unsure = 2 * tick() * sum(was.faults != now.faults for was, now in pairs)
    gone = old.tree.keys() - new.tree.keys()
    # The CPU seconds of one that is gone are lost where nobody waited for it.
    lost = sum(old.tree[key].cpu for key in gone) > _reaped(new) - _reaped(old) + unsure + 1e-4
    cpu = _cpu(new) - _cpu(old)
    known = unsure <= SHARE * cpu and not lost
    if unsure or gone or not all(_countable(*pair) for pair in pairs):
        return TreeUsage(cpu if known else None)
    kinds = ("voluntary", "involuntary")
    return TreeUsage(cpu if known else None, *(_counts(new, k) - _counts(old, k) for k in kinds))


def _countable(was: Descendant, now: Descendant) -> bool:
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
    # Nobody waits for the children of a process that ignores SIGCHLD, and their time is lost.
    if resource is None or signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        return None
    for _ in range(ATTEMPTS):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            tree = {} if childless() else living()
        except UnknownDescendants:
            return None
        except (OSError, ValueError, IndexError):
            continue
        if resource.getrusage(resource.RUSAGE_CHILDREN) == usage:
            cpu = usage.ru_utime + usage.ru_stime
            return Counts(cpu, usage.ru_nvcsw, usage.ru_nivcsw), tree
    return None
