"""What the machine really gives: CPUs promised are not all delivered, nor are sleeps on time.

What the canaries say of the rounds between them: CPUs delivered, and who got much less.

Nothing here looks at a measured time: rounds picked by their times would bias what is left.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, NamedTuple, TypeAlias

from ..processes.children import Children, Process, line, wait
from ..processes.variables import environment

# Counts chunks of work inside a window that all spinners share: the clock is the machine's.  Work
# done and not CPU time, because a hypervisor takes CPUs away without telling the guest.
SPINNER = """
import sys, time
def spin(start, end, clock=time.monotonic):
    chunks = 0
    while clock() < start:
        pass
    began = own()
    while True:
        for _ in range(200):
            pass
        if clock() >= end:
            return chunks, own() - began
        chunks += 1
def late(seconds, clock=time.monotonic):
    asked = clock() + seconds
    time.sleep(seconds)
    return clock() - asked
own = time.process_time
step = own()
while step == (now := own()):
    pass
if now - step > 0.001:
    own = time.monotonic  # CPU time in such steps is no measure of so short a window
now = time.monotonic()
spin(now, now + 0.002)  # the interpreter specialises the loop, the CPU wakes up
print(flush=True)
for told in sys.stdin:
    what, *numbers = told.split()
    one, other = map(float, numbers)
    found = spin(one, other) if what == "spin" else [late(other) for _ in range(int(one))]
    print(*found, flush=True)
"""
SETTLE_SECONDS = (
    0.002  # from telling the first spinner to the start of the window, for each of them
)
LEAVING_SECONDS = 0.5
PATIENCE_SECONDS = 5.0  # a spinner that says nothing for so long is stuck
SLEEPS, SLEEP_SECONDS, QUANTILE = 20, 0.001, 0.9
"""The median stays at timer slack and wake-up (70 to 110 us) on a busy machine too; the worst of so
few is one mishap.  So two of twenty may be worse than what is told."""


@dataclass(frozen=True)
class Canary:
    """CPUs promised and chunks of work a second, or the reason why one is not known.

    `together` is what a process on each CPU does; `alone` is what a single one does, of its own CPU
    time: other processes take away from both, and must not from what they are compared with.
    `jitter_seconds` is how much later than asked a sleeping process wakes.
    """

    cpus: int
    alone: float | None = None
    together: float | None = None
    jitter_seconds: float | None = None
    reason: str = ""


class Spun(NamedTuple):
    """Chunks of work done in a window, and the CPU seconds that they took."""

    chunks: int
    cpu: float


def measure(children: Children, cpus: int, seconds: float = 0.04) -> Canary:
    """Let a process sleep and spin alone on the idle machine, then one on every CPU.

    Takes twice the seconds, the sleeps and a few tens of ms to start.  Never raises for lack of a
    value.
    """
    known = Canary(cpus)
    try:
        with ExitStack() as stack:
            spinners = [stack.enter_context(_spinner(children)) for _ in range(cpus)]
            for spinner in spinners:
                _said(spinner)
            known = replace(known, jitter_seconds=_jitter(spinners[0]))
            before = _spun(spinners[:1], seconds / 2)
            together = _spun(spinners, seconds)
            after = _spun(spinners[-1:], seconds / 2)
    except (OSError, ValueError, LookupError, Stuck) as error:
        return replace(known, reason=f"{type(error).__name__}: {error}")
    alone = _speed(before + after)
    if alone == 0:
        return replace(known, reason="a process alone got no CPU")
    return replace(known, alone=alone, together=sum(one.chunks for one in together) / seconds)


class Stuck(Exception):
    """A spinner ended, or said nothing in time."""


@contextmanager
def _spinner(children: Children) -> Iterator[Process]:
    command = [sys.executable, "-I", "-S", "-c", SPINNER]
    pipe = subprocess.PIPE
    process = children.start(command, env=environment(), stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        wait(process, LEAVING_SECONDS)
        children.end(process)


def _jitter(sleeper: Process) -> float:
    _tell(sleeper, f"sleep {SLEEPS} {SLEEP_SECONDS}")
    late = sorted(float(one) for one in _said(sleeper).split())
    return late[math.ceil(QUANTILE * len(late)) - 1]


def _spun(spinners: Sequence[Process], seconds: float) -> list[Spun]:
    start = time.monotonic() + SETTLE_SECONDS * len(spinners)
    for spinner in spinners:
        _tell(spinner, f"spin {start!r} {start + seconds!r}")
    said = [_said(spinner).split() for spinner in spinners]
    return [Spun(int(chunks), float(cpu)) for chunks, cpu in said]


def _speed(alone: Sequence[Spun]) -> float:
    """Chunks in a second of CPU time; 0 of one that got none."""
    cpu = sum(one.cpu for one in alone)
    return sum(one.chunks for one in alone) / cpu if cpu else 0.0


def _tell(spinner: Process, told: str) -> None:
    assert spinner.stdin is not None
    spinner.stdin.write(f"{told}\n".encode())


def _said(spinner: Process) -> bytes:
    said = line(spinner, PATIENCE_SECONDS)
    if said is None:
        raise Stuck(f"a spinning process said nothing for {PATIENCE_SECONDS:.0f} s, or ended")
    return said


CanaryFields: TypeAlias = Mapping[str, Any]
"""Of bench/machine/canary.py, with its fields as keys."""

MUCH_LESS = 0.7
"""Of the median of the others.  On a two-core virtual machine a seventh of 246 intervals of 2 s lay
below, and two processes took 1.35 times as long in them; 0.6 takes a tenth, 0.8 a fifth of them."""
OTHERS = 3
"""Rounds that tell what is usual; fewer do not."""


class Canaries:
    """The canaries of a run and the rounds between them, which are numbered from 0."""

    def __init__(self) -> None:
        self._heard: list[CanaryFields] = []
        self._around: list[list[CanaryFields]] = []
        self._open = False

    def begin_round(self) -> None:
        """A round begins after the last canary."""
        self._around.append(self._heard[-1:])
        self._open = True

    def hear(self, canary: CanaryFields, *, ended: bool) -> None:
        """Take a canary in; `ended` says whether the last round has been measured to its end."""
        self._heard.append(canary)
        if self._open:
            self._around[-1].append(canary)
            self._open = not ended

    def cpus(self) -> int:
        """CPUs promised."""
        return max((one["cpus"] for one in self._heard), default=0)

    def delivered(self) -> list[float | None]:
        """The CPUs that each round had: the least of what the canaries around it found."""
        return [min(self._cpus(around), default=None) for around in self._around]

    def now(self) -> float | None:
        """The CPUs that the last canary found."""
        return next(iter(self._cpus(self._heard[-1:])), None)

    def jitter(self) -> list[float | None]:
        """How late sleepers woke in each round, in seconds: the most of the canaries around it."""
        each = ([one["jitter_seconds"] for one in around] for around in self._around)
        return [max((one for one in late if one is not None), default=None) for late in each]

    def _cpus(self, canaries: Iterable[CanaryFields]) -> list[float]:
        # What one CPU does is the run's median, and so what sequential meets.  Virtual CPUs are
        # often the threads of a core, and a neighbour on the other one halves a single reading.
        known = [one["alone"] for one in self._heard if one["alone"]]
        together = (one["together"] for one in canaries)
        return [one / median(known) for one in together if one is not None] if known else []


def much_less(found: Sequence[float | None]) -> frozenset[int]:
    """The rounds, by number, that got much less than the others did."""
    known = {number: cpus for number, cpus in enumerate(found) if cpus is not None}
    return frozenset(
        number for number, cpus in known.items() if is_low(cpus, {**known, number: None}.values())
    )


def is_low(cpus: float, others: Collection[float | None]) -> bool:
    """Whether it is much less than what the others got; of few others nobody knows."""
    known = [one for one in others if one is not None]
    return len(known) >= OTHERS and cpus < MUCH_LESS * median(known)
