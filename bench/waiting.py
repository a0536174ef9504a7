"""Wait for a process, or for a line that it prints, without looking again and again."""

from __future__ import annotations

import math
import os
import select
import subprocess
import time
from contextlib import suppress
from typing import TypeAlias

Process: TypeAlias = subprocess.Popen[bytes]


def wait(process: Process, seconds: float | None) -> int | None:
    """The exit code, or None when it still runs after so long; reaps.

    `Popen.wait` looks every 50 ms; where the system has pidfds this does not.
    """
    if process.returncode is None and not _exits(process.pid, seconds):
        seconds = 0.0
    with suppress(subprocess.TimeoutExpired):
        return process.wait(seconds)
    return None


def _exits(pid: int, seconds: float | None) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or a sandbox that forbids it
        return True
    try:
        return _readable(descriptor, seconds)
    finally:
        os.close(descriptor)


def _readable(descriptor: int, seconds: float | None) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(None if seconds is None else _milliseconds(seconds)))


def _milliseconds(seconds: float) -> int:
    return min(math.ceil(seconds * 1000), 2**31 - 1)


def line(process: Process, seconds: float) -> bytes | None:
    """The next line that it prints, less its end; None when none comes in time.

    At most one line may be on its way: what follows it would be lost.
    """
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    read = b""
    while not read.endswith(b"\n"):
        left = max(0.0, deadline - time.monotonic())
        if not _readable(process.stdout.fileno(), left):
            return None
        if not (chunk := os.read(process.stdout.fileno(), 65536)):
            return None
        read += chunk
    return read[:-1]
