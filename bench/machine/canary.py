"""What the machine really gives: CPUs promised are not all delivered, nor are sleeps on time.

Nothing here looks at a measured time: rounds picked by their times would bias what is left.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from statistics import median, median_low
from subprocess import PIPE
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
    due = clock() + seconds
    time.sleep(seconds)
    return clock() - due
own = time.process_time
step = own()
while step == (now := own()):
    pass
if now - step > 0.001:
    own = time.monotonic  # CPU time in such steps is no measure of so short a window
now = time.monotonic()
spin(now, now + 0.002)  # the interpreter specialises the loop, the CPU wakes up
print(flush=True)
for line in sys.stdin:
    what, *numbers = line.split()
    one, other = map(float, numbers)
    results = spin(one, other) if what == "spin" else [late(other) for _ in range(int(one))]
    print(*results, flush=True)
"""
SETTLE_SECONDS = 0.002  # for each spinner, from the first one's order to the start of the window
LEAVING_SECONDS = 0.5
PATIENCE_SECONDS = 5.0  # a spinner that is silent for so long is stuck
SLEEPS, SLEEP_SECONDS, QUANTILE = 20, 0.001, 0.9
"""The median stays at timer slack and wake-up (70 to 110 us) on a busy machine too; the worst of so
few is one mishap.  So two of twenty may be worse than what is reported."""


@dataclass(frozen=True)
class CanaryReading:
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


class Spin(NamedTuple):
    """Chunks of work done in a window, and the CPU seconds that they took."""

    chunks: int
    cpu: float


def measure(children: Children, cpus: int, seconds: float = 0.04) -> CanaryReading:
    """Let a process sleep and spin alone on the idle machine, then one on every CPU.

    Takes twice the seconds, the sleeps and some tens of ms to start; what lacks has a reason.
    """
    known = CanaryReading(cpus)
    try:
        with _spinners(children, cpus) as spinners:
            _tell(spinners[0], f"sleep {SLEEPS} {SLEEP_SECONDS}")
            late = sorted(float(one) for one in _answer(spinners[0]).split())
            jitter = late[math.ceil(QUANTILE * len(late)) - 1]
            known = replace(known, jitter_seconds=jitter)
            alone = _spin(spinners[:1], seconds / 2)
            together = _spin(spinners, seconds)
            alone += _spin(spinners[-1:], seconds / 2)
    except (OSError, ValueError, LookupError, Stuck) as error:
        return replace(known, reason=f"{type(error).__name__}: {error}")
    cpu = sum(one.cpu for one in alone)
    speed = sum(one.chunks for one in alone) / cpu if cpu else 0.0
    if not speed:
        return replace(known, reason="a process alone got no CPU")
    return replace(known, alone=speed, together=sum(one.chunks for one in together) / seconds)


def glance(children: Children, cpus: int, seconds: float = 0.02) -> float | None:
    """What processes on all CPUs do together, in half of the time that `measure` takes.

    None where it is not known; the canary at the end of the round says why.
    """
    try:
        with _spinners(children, cpus) as spinners:
            return sum(one.chunks for one in _spin(spinners, seconds)) / seconds
    except (OSError, ValueError, LookupError, Stuck):
        return None


class Stuck(Exception):
    """A spinner ended, or said nothing in time."""


@contextmanager
def _spinners(children: Children, cpus: int) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        spinners = [stack.enter_context(_spinner(children)) for _ in range(cpus)]
        for spinner in spinners:
            _answer(spinner)
        yield spinners


@contextmanager
def _spinner(children: Children) -> Iterator[Process]:
    command = [sys.executable, "-I", "-S", "-c", SPINNER]
    process = children.start(command, env=environment(), stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        wait(process, LEAVING_SECONDS)
        children.end(process)


def _spin(spinners: Sequence[Process], seconds: float) -> list[Spin]:
    start = time.monotonic() + SETTLE_SECONDS * len(spinners)
    for spinner in spinners:
        _tell(spinner, f"spin {start!r} {start + seconds!r}")
    answers = [_answer(spinner).split() for spinner in spinners]
    return [Spin(int(chunks), float(cpu)) for chunks, cpu in answers]


def _tell(spinner: Process, order: str) -> None:
    assert spinner.stdin is not None
    spinner.stdin.write(f"{order}\n".encode())


def _answer(spinner: Process) -> bytes:
    answer = line(spinner, PATIENCE_SECONDS)
    if answer is None:
        raise Stuck(f"a spinning process said nothing for {PATIENCE_SECONDS:.0f} s, or ended")
    return answer


CanaryFields: TypeAlias = Mapping[str, Any]
"""A CanaryReading as it is stored, with its fields as keys."""

MUCH_LESS = 0.7
"""Of the median of the others.  On a two-core virtual machine a seventh of 246 intervals of 2 s lay
below, and two processes took 1.35 times as long in them; 0.6 takes a tenth, 0.8 a fifth of them."""
OTHERS = 3
"""Rounds that show what is usual; fewer do not."""


class Canaries:
    """The canaries of a run and the rounds between them, which are numbered from 0."""

    def __init__(self) -> None:
        self._readings: list[CanaryFields] = []
        self._around: list[list[CanaryFields]] = []
        self._open = False

    def begin_round(self) -> None:
        """A round begins after the last canary."""
        self._around.append(self._readings[-1:])
        self._open = True

    def hear(self, canary: CanaryFields, *, ended: bool) -> None:
        """Take a canary in; `ended` says whether the last round has been measured to its end."""
        self._readings.append(canary)
        if self._open:
            self._around[-1].append(canary)
            self._open = not ended

    def glance(self, seen: CanaryFields) -> None:
        """Take in what was seen while a round goes on."""
        if self._open:
            self._around[-1].append(seen)

    def cpus(self) -> int:
        """CPUs promised."""
        return max((one["cpus"] for one in self._readings), default=0)

    def delivered(self) -> list[float | None]:
        """The CPUs that each round had: the median of what was seen, of two the less."""
        each = (self._cpus(around) for around in self._around)
        return [median_low(one) if one else None for one in each]

    def now(self) -> float | None:
        """The CPUs of the last canary."""
        return next(iter(self._cpus(self._readings[-1:])), None)

    def jitter(self) -> list[float | None]:
        """How late sleepers woke in each round, in seconds: the most of the canaries around it."""
        each = ([one.get("jitter_seconds") for one in around] for around in self._around)
        return [max((one for one in late if one is not None), default=None) for late in each]

    def _cpus(self, canaries: Iterable[CanaryFields]) -> list[float]:
        # What one CPU does is the run's median, and so what sequential meets.  Virtual CPUs are
        # often the threads of a core, and a neighbour on the other one halves a single reading.
        known = [one["alone"] for one in self._readings if one["alone"]]
        together = (one["together"] for one in canaries)
        if not known:
            return []
        return [min(one / median(known), self.cpus()) for one in together if one is not None]


def much_less(delivered: Sequence[float | None]) -> frozenset[int]:
    """The rounds, by number, that got much less than the others did."""
    known = {number: cpus for number, cpus in enumerate(delivered) if cpus is not None}
    others = {number: {**known, number: None}.values() for number in known}
    return frozenset(number for number in known if is_low(known[number], others[number]))


def is_low(cpus: float, others: Collection[float | None]) -> bool:
    """Whether it is much less than what the others got; too few others say nothing."""
    known = [one for one in others if one is not None]
    return len(known) >= OTHERS and cpus < MUCH_LESS * median(known)
