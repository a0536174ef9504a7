"""What tests of real processes share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil


def until(holds: Callable[[], object], seconds: float = 20.0) -> bool:
    """Whether it comes to hold; looks every few ms."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def pids(path: Path, count: int) -> list[int]:
    """The process numbers written there, one a line, once there are so many."""

    def written() -> list[str]:
        return path.read_text().splitlines() if path.exists() else []

    assert until(lambda: len(written()) >= count)
    return [int(line) for line in written()]
