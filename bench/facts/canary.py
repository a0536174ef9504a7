"""What the machine really gives: CPUs promised are not all delivered, nor are sleeps on time."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..children import Children, Process, environment, line, wait

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
