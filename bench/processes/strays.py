"""Find and kill processes by a mark in their environment, wherever they have gone.

A process that forks twice and calls setsid leaves its parent, its group and its session, but keeps
its environment.  Used by the driver and, once the driver is dead, by the guardian.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "_CONCBENCH_RUN_"
"""Begins the variable that marks a run's processes; each run has its own, so that runs may nest.

The number of the driver follows.
"""
DRIVER = re.compile(rb"(?:^|\0)_CONCBENCH_RUN_(\d+)_[0-9a-f]+=")

PAUSE_SECONDS = 0.002
EXEC_LOOKS = 5  # a process in the middle of exec has no environment yet, on a busy machine for ms
TRACKER_SECONDS = 2.0  # to unlink what dead processes left in /dev/shm; 10 ms are the rule
KILL_SECONDS = 10.0  # beyond it a process hangs inside the kernel, where SIGKILL has to wait


def find(mark: str, chosen: Callable[[str], bool]) -> list[psutil.Process]:
    """The living processes whose variable `mark` has a chosen value."""
    processes = []
    for pid in _candidates(mark):
        with suppress(psutil.Error):  # gone, or another user's
            process = psutil.Process(pid)
            value = process.environ().get(mark)
            if value is not None and chosen(value):
                processes.append(process)
    return processes


def _candidates(mark: str) -> Iterator[int]:
    if not sys.platform.startswith("linux"):
        yield from psutil.pids()
        return
    # psutil takes 40 us to read an environment, and most processes of a machine are not ours.
    sign = f"{mark}=".encode()
    for pid in psutil.pids():
        with suppress(OSError):
            if pid != os.getpid() and sign in _environ(pid):
                yield pid


def _environ(pid: int) -> bytes:
    """The environment of a process; OSError of one that has none or is not ours to read."""
    for _ in range(EXEC_LOOKS):
        if text := Path(f"/proc/{pid}/environ").read_bytes():
            return text
        Path(f"/proc/{pid}/exe").readlink()  # fails for kernel threads and zombies: no use waiting
        time.sleep(PAUSE_SECONDS)
    return b""


def kill(mark: str, chosen: Callable[[str], bool]) -> list[psutil.Process]:
    """SIGKILL until none is left, multiprocessing's resource trackers last; those that survive.

    A tracker unlinks the named semaphores of processes that no longer can, then ends by itself.
    """
    deadline = time.monotonic() + KILL_SECONDS
    patience = time.monotonic() + TRACKER_SECONDS
    while left := find(mark, chosen):
        if time.monotonic() > deadline:
            return left
        others = [process for process in left if not is_tracker(process)]
        if others:
            patience = time.monotonic() + TRACKER_SECONDS
        kill_these(others or (left if time.monotonic() > patience else []))
        time.sleep(PAUSE_SECONDS)
    return []


def end_orphans() -> list[str]:
    """Kill what runs left that were killed with their guardian; names it.

    Only those of this user in this namespace of processes: others have other numbers.
    """
    if not sys.platform.startswith("linux"):
        return []
    found = []
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            drivers = DRIVER.findall(Path(f"/proc/{pid}/environ").read_bytes())
            if drivers and _namespace(pid) == _namespace(os.getpid()):
                process = psutil.Process(pid)
                if process.uids().real == os.getuid() and not all(map(_runs, map(int, drivers))):
                    found.append(process)
    names = [describe(one) for one in found]
    kill_these(found)
    return names


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _namespace(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/pid").stat().st_ino


def kill_these(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL each, once."""
    for process in processes:
        with suppress(psutil.Error):  # it ended first; psutil spares a new owner of its number
            process.kill()


def wait_gone(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, at most so long; those that have not."""
    deadline = time.monotonic() + seconds
    while (processes := [p for p in processes if _lives(p)]) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    return list(processes)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def is_tracker(process: psutil.Process) -> bool:
    """Whether it is a resource tracker, of multiprocessing or of loky."""
    return "resource_tracker" in _command(process)


def is_helper(process: psutil.Process) -> bool:
    """Whether it ends by itself once its user has: a resource tracker or a forkserver."""
    return is_tracker(process) or "multiprocessing.forkserver" in _command(process)


def describe(process: psutil.Process) -> str:
    """`sleep 60 (pid 123)`."""
    program, _, rest = _command(process).partition(" ")
    command = " ".join([Path(program).name, *rest.split()])
    return f"{command[:60] or 'a process'} (pid {process.pid})"


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
