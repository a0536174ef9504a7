"""Peak memory of a worker's process tree, seen from outside while it runs batches.

Only PSS can be added up: a page that several share counts once in all; in RSS it counts in each of
them, in USS in none.  Driver alone: psutil.

One probe pass: a worker that is looked at from outside while it works, and then read.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import psutil

from ..probes.leftovers import said
from ..processes.children import line
from ..processes.outputs import Failed, parsed
from ..store.state import missing
from . import probe_results
from .probing import Owed
from .workers import Call, Worker, Workers

SAMPLES = 6
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.2
"""Between two samples.  One takes 3 ms and 0.5 ms for each process, on the worker's own CPUs."""


class Unreadable(Exception):
    """Memory cannot be known here; says why."""


@dataclass(frozen=True)
class Peak:
    """The most bytes that all processes had together, in so many samples."""

    bytes: int
    samples: int


def peak(pid: int, seconds: float, longest: float) -> Peak | None:
    """Look at a process and its descendants for `seconds`, or until it has ended.

    Longer where that gives too few samples, and never beyond `longest`; None without any.  Raises
    Unreadable.
    """
    began = time.monotonic()
    most = samples = 0
    while (passed := time.monotonic() - began) < longest:
        if samples >= SAMPLES and passed >= seconds:
            break
        found = pss(pid)
        if found is None:
            break
        most, samples = max(most, found), samples + 1
        took = time.monotonic() - began - passed
        # Half of the time at most, however large the tree.
        time.sleep(min(max(PAUSE_SECONDS, took), LONGEST_PAUSE_SECONDS))
    return Peak(most, samples) if samples else None


def pss(pid: int) -> int | None:
    """Bytes of a process and its descendants together, or None when it has ended.

    A descendant that ends meanwhile counts nothing.  Raises Unreadable unless all others tell.
    """
    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None
    except psutil.Error as error:
        raise Unreadable(_told(error)) from None
    own, *others = [_pss(each) for each in tree]
    return None if own is None else own + sum(filter(None, others))


def _pss(process: psutil.Process) -> int | None:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # a zombie, too
        return None
    except AttributeError:
        raise Unreadable(
            "this system does not tell PSS, and nothing else can be added up"
        ) from None
    except (psutil.Error, OSError) as error:
        raise Unreadable(_told(error)) from None


def _told(error: Exception) -> str:
    if isinstance(error, psutil.AccessDenied):
        return "the memory of another user's process, or a hidden one's, cannot be read"
    return f"memory cannot be read: {error}"


FAR = "its lanes are in processes that are none of ours"
Seen: TypeAlias = Peak | str
"""The peak, or why nobody knows; nothing where the worker's end says why."""


class Read(NamedTuple):
    """A worker's result, and what it says: whether its lanes are far, and all but its memory."""

    text: str
    far: bool
    found: dict[str, Any]


def visit(workers: Workers, one: Owed, timeout: float) -> tuple[dict[str, Any], str]:
    """What is known of it and why the rest is not, and the text that its worker left.

    Its time is bounded, and nothing is left running.  Never raises for what the worker does.
    """
    job = {"run": "bench.probes.job:probe", "probes": one.probes, "tasks": one.tasks}
    peak: Seen = ""
    before = len(workers.strays)
    with workers.started(one.cell, job, Call([], 0, timeout, one.side), subprocess.PIPE) as worker:
        if "memory" in one.probes:
            peak = _peak(worker, one.batch)
        result = worker.result()
    read = parsed(result, partial(_read, one))
    if isinstance(read, Failed):
        if read.kind == "timeout":
            read = replace(read, message=f"its pass timed out after {timeout:.1f} s")
        return _found(one, peak, read), ""
    found = _found(one, peak, read)
    return _with_strays(found, workers.strays[before:]), read.text


def _peak(worker: Worker, batch: float) -> Seen:
    """The peak while it runs a batch or more."""
    if line(worker.process, worker.left()) != b"memory":
        return ""  # its result says why
    try:
        return peak(worker.process.pid, batch, worker.left()) or ""
    except Unreadable as error:
        return str(error)
    finally:
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):  # it is dead already
            worker.process.stdin.write(b"on\n")


def _others(one: Owed) -> list[str]:
    return [probe for probe in one.probes if probe != "memory"]


def _read(one: Owed, text: str) -> Read:
    told = json.loads(text)
    others = _others(one)
    found = probe_results.probed(told, others) if others else {"absent": {}}
    return Read(text, bool(told.get("far")), found)


def _found(one: Owed, peak: Seen, read: Read | Failed) -> dict[str, Any]:
    if isinstance(read, Failed):
        found: dict[str, Any] = {"absent": missing(_others(one), read.message)}
    else:
        found = read.found
        if read.far:
            peak = FAR
    if isinstance(peak, Peak):
        found["memory"] = {"peak_pss_bytes": peak.bytes, "samples": peak.samples}
    elif "memory" in one.probes:
        ended = read.message if isinstance(read, Failed) else "it ended before it was seen"
        found["absent"] = {**missing(["memory"], peak or ended), **found["absent"]}
    return found


def _with_strays(found: dict[str, Any], strays: list[str]) -> dict[str, Any]:
    """What left its parent too is no child of the worker's, which could not see it."""
    if strays and "left" in found and not any("process" in line for line in found["left"]):
        return {**found, "left": [*found["left"], *said(strays, "process", "processes")]}
    return found
