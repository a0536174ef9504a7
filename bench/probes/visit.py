"""One probe pass: a worker that is looked at from outside while it works, and then read."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from ..outputs import Failed, parsed
from ..waiting import line
from ..workers import Call, Worker, Workers
from . import memory, outcome
from .agenda import Owed
from .hygiene import said
from .memory import Peak, Unreadable
from .past import missing

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
    job = {"kind": "probe", "probes": one.probes, "tasks": one.tasks}
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
        return memory.peak(worker.process.pid, batch, worker.left()) or ""
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
    found = outcome.probed(told, others) if others else {"absent": {}}
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
