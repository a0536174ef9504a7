"""What a strategy or a workload leaves behind when it has been closed.

Standard library only: the worker imports this.  It reads Linux's /proc; OSError without.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SETTLING_SECONDS = 0.5  # for what ends by itself to do so; a few ms as a rule
PAUSE_SECONDS = 0.005
MOST_NAMES = 3
LONGEST = 60  # characters of a command
HELPERS = ("resource_tracker", "multiprocessing.forkserver")
"""In the command of a process of multiprocessing's own."""


@dataclass(frozen=True)
class Held:
    """What a process holds: threads, processes by number, files by what they are."""

    threads: dict[threading.Thread, str]
    processes: dict[int, str]
    files: Counter[str]


def held() -> Held:
    """What this process holds now."""
    gc.collect()
    threads = {thread: thread.name for thread in threading.enumerate()}
    return Held(threads, _processes(), _files())


def left(before: Held) -> list[str]:
    """A line for each kind of thing that is held now and was not before."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while (lines := _more(before, held())) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    return lines


def _more(before: Held, now: Held) -> list[str]:
    threads = [name for key, name in now.threads.items() if key not in before.threads]
    processes = [name for pid, name in now.processes.items() if pid not in before.processes]
    files = list((now.files - before.files).elements())
    return [
        *summary(threads, "thread", "threads"),
        *summary(processes, "process", "processes"),
        *summary(files, "file", "files"),
    ]


def summary(things: Iterable[str], one: str, many: str) -> Iterator[str]:
    """`12 threads: a, b, c and 9 more`, or no line at all."""
    counts = Counter(things)
    if not (total := counts.total()):
        return
    names = [f"{name} ({n} times)" if n > 1 else name for name, n in counts.most_common(MOST_NAMES)]
    more = total - sum(n for _, n in counts.most_common(MOST_NAMES))
    rest = f" and {more} more" if more else ""
    yield f"{total} {one if total == 1 else many}: {', '.join(names)}{rest}"


@contextmanager
def complaints() -> Iterator[Callable[[], list[str]]]:
    """Yields a function that lists coroutines never awaited and resources never closed since."""
    coroutines: list[str] = []
    resources: list[str] = []

    def note(message: Warning | str, category: type[Warning], *_: object) -> None:
        # The text alone: a reference to its source would keep that open.
        if match := re.match(r"coroutine '([^']+)' was never awaited", str(message)):
            coroutines.append(match[1].rpartition(".")[2])
        elif issubclass(category, ResourceWarning):
            resources.append(_resource(str(message)))

    def lines() -> list[str]:
        gc.collect()
        return [
            *summary(coroutines, "coroutine never awaited", "coroutines never awaited"),
            *summary(resources, "resource never closed", "resources never closed"),
        ]

    gc.collect()  # what came before is not theirs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ResourceWarning)
        warnings.filterwarnings("always", ".* was never awaited", RuntimeWarning)
        warnings.showwarning = note  # type: ignore[assignment]  # takes more than it names
        yield lines


def _resource(message: str) -> str:
    """`file '/tmp/x'` of `unclosed file <_io.FileIO name='/tmp/x' mode='rb'>`: no numbers."""
    words = message.partition("\n")[0].strip().removeprefix("unclosed ")
    name = re.search(r"name=('[^']*')", words)
    kind = re.match(r"<?([\w.]+(?: [\w.]+)*)", words)
    return " ".join(filter(None, [kind and kind[1], name and name[1]])) or words


def _files() -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # of the listing itself
            target = os.fspath(file.readlink())
            # socket:[1234] is another number each time
            counts[re.sub(r"^(?:anon_inode:)?\[?(\w+)\]?(:\[\d+\])?$", r"\1", target)] += 1
    return counts


def _processes() -> dict[int, str]:
    """Our children and theirs, less what multiprocessing starts for itself."""
    names: dict[int | None, str] = {}
    if "multiprocessing" in sys.modules:
        from multiprocessing import active_children  # also reaps those that have ended

        names = {child.pid: child.name for child in active_children()}
    parents = _parents()
    processes: dict[int, str] = {}
    above = {os.getpid(): ""}
    while above:
        below = {pid: _command(pid) for pid, parent in parents.items() if parent in above}
        for pid, command in below.items():
            of_parent = above[parents[pid]]  # the children of a forkserver keep its command
            if not any(helper in command and helper not in of_parent for helper in HELPERS):
                processes[pid] = names.get(pid) or _short(command)
        above = below
    return processes


def _parents() -> dict[int, int]:
    """Every process's parent."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2]
                parents[int(folder.name)] = int(fields.split()[1])
    return parents


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return " ".join(" ".join(words).split())


def _short(command: str) -> str:
    program, _, rest = command.partition(" ")
    text = f"{Path(program).name} {rest}".strip()[:LONGEST]
    return text or "a dead one that nobody waited for"
