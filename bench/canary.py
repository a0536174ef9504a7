"""How many CPUs the machine really delivers: two promised are not two delivered."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from .children import Children, Process, environment, line, wait

# Counts chunks of work inside a window that all spinners share: the clock is the machine's.  Work
# done and not CPU time, because a hypervisor takes CPUs away without telling the guest.
SPINNER = """
import sys, time
def spin(start, end, clock=time.monotonic):
    chunks = 0
    while clock() < start:
        pass
    while True:
        for _ in range(200):
            pass
        if clock() >= end:
            return chunks
        chunks += 1
now = time.monotonic()
spin(now, now + 0.002)  # the interpreter specialises the loop, the CPU wakes up
print(flush=True)
for window in sys.stdin:
    print(spin(*map(float, window.split())), flush=True)
"""
SETTLE_SECONDS = (
    0.002  # from telling the first spinner to the start of the window, for each of them
)
LEAVING_SECONDS = 0.5
PATIENCE_SECONDS = 5.0  # a spinner that says nothing for so long is stuck


@dataclass(frozen=True)
class Canary:
    """CPUs promised and CPUs delivered (may exceed them by noise), or the reason why not known."""

    cpus: int
    delivered: float | None
    reason: str = ""


def measure(children: Children, cpus: int, seconds: float = 0.04) -> Canary:
    """Spin on one CPU alone, then on all; delivered is the work together over the work alone.

    Takes twice the seconds and a few tens of ms to start.  Never raises for lack of a value.
    """
    try:
        with ExitStack() as stack:
            spinners = [stack.enter_context(_spinner(children)) for _ in range(cpus)]
            for spinner in spinners:
                _said(spinner)
            # The better of two: what disturbs one alone would count as more CPUs together.
            before = _work(spinners[:1], seconds / 2)
            together = _work(spinners, seconds)
            alone = 2 * max(before, _work(spinners[-1:], seconds / 2))
    except (OSError, ValueError, Stuck) as error:
        return Canary(cpus, None, f"{type(error).__name__}: {error}")
    if alone == 0:
        return Canary(cpus, None, "a process alone got no CPU")
    return Canary(cpus, together / alone)


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


def _work(spinners: list[Process], seconds: float) -> int:
    start = time.monotonic() + SETTLE_SECONDS * len(spinners)
    window = f"{start!r} {start + seconds!r}\n".encode()
    for spinner in spinners:
        assert spinner.stdin is not None
        spinner.stdin.write(window)
    return sum(int(_said(spinner)) for spinner in spinners)


def _said(spinner: Process) -> bytes:
    said = line(spinner, PATIENCE_SECONDS)
    if said is None:
        raise Stuck(f"a spinning process said nothing for {PATIENCE_SECONDS:.0f} s, or ended")
    return said
