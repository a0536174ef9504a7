"""The stacks of a process that hangs, and of its children: each writes them itself, on a signal.

Workers and their children have faulthandler write to stderr, which all of them share; it does so
whatever the interpreter waits for.  Where the tasks of event loops wait follows, if the interpreter
still runs code.  The driver asks one after the other and reads what was added.

Python 3.15 tells the stacks of a process that has no such handler, as a library's own children, to
another interpreter of its version.  Where no process may read another's memory, nothing is added.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from ..lanes.pools import STACK_SIGNAL, TASKS_TITLE
from . import strays

SECONDS, PAUSE_SECONDS = 1.0, 0.1
"""For a process to write its stacks, and between two looks at them."""
CHILDREN = 8
"""Children that are asked; most wait for the same."""
THREADS, CALLS = 4, 8
"""Of one process, and of each of its threads, that are shown: the innermost calls."""
OUTSIDE_SECONDS = 10.0
"""For another interpreter to start and look."""
# As `python -m profiling.sampling dump PID` on a command line.
OUTSIDE = """
import runpy, sys
if sys.version_info >= (3, 15):
    runpy.run_module("profiling.sampling", run_name="__main__", alter_sys=True)
"""


def of_tree(pid: int, stderr: Path) -> str:
    """What a process and its children are doing, those alike together; "" where nobody says.

    They go on afterwards, but one that has no handler is not asked: the signal would end it.
    """
    try:
        process = psutil.Process(pid)
        helpers = [one for one in process.children() if strays.is_helper(one)]
        # Not by their commands: those that a fork server has forked have the same as it has.
        children = [one for one in process.children(recursive=True) if one not in helpers]
    except psutil.Error:
        return ""
    alike: dict[str, list[int]] = {}
    for one in [process, *children[:CHILDREN]]:
        if text := _ask(one.pid, stderr) or _from_outside(one):
            alike.setdefault(text, []).append(one.pid)
    return "\n".join(f"{_title(pids, pid)}:\n{text}" for text, pids in alike.items())


def _title(pids: list[int], worker: int) -> str:
    who = "the worker" if pids[0] == worker else "a child" if len(pids) == 1 else "children"
    return f"{who} (pid {', '.join(map(str, pids))})"


def _ask(pid: int, stderr: Path) -> str:
    if STACK_SIGNAL is None or not _catches(pid, STACK_SIGNAL):
        return ""
    try:
        before = stderr.stat().st_size
        os.kill(pid, STACK_SIGNAL)
        size, deadline = before, time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            last, size = size, stderr.stat().st_size
            if before < last == size:  # it has written, and no more
                break
        with stderr.open("rb") as stream:
            stream.seek(before)
            text = stream.read(size - before).decode(errors="replace")
    except OSError:  # it ended, or its folder is gone
        return ""
    return _shortened(text)


def _from_outside(process: psutil.Process) -> str:
    """What its own Python says of a process; "" where that is older, or may not look."""
    with suppress(OSError, psutil.Error, subprocess.SubprocessError):
        python = Path(process.exe())
        if re.fullmatch(r"python[\d.]*t?", python.name):
            command = [str(python), "-I", "-S", "-c", OUTSIDE, "dump", str(process.pid)]
            done = subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=OUTSIDE_SECONDS
            )
            return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
    return ""


def _shortened(text: str) -> str:
    """What was written, the main thread first, without what differs in each process."""
    text, title, tasks = text.partition(TASKS_TITLE)
    lines = re.sub(r"hread 0x[0-9a-f]+", "hread", text).splitlines()
    threads: list[list[str]] = []
    for line in filter(str.strip, lines):
        if not line.startswith(" "):
            threads.append([])
        if threads:
            threads[-1].append(line)
    threads.sort(key=lambda one: not one[0].startswith("Current"))
    shown = ["\n".join(one[: CALLS + 1]) for one in threads[:THREADS]]
    return "\n".join([*shown, f"{title}{tasks.rstrip()}" if title else ""]).rstrip()


def _catches(pid: int, number: int) -> bool:
    """Whether it has a handler for the signal; without /proc nobody knows, and it ends anyway."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
        return False
    return not Path("/proc/self").exists()
