"""One probe pass: a worker whose memory is sampled from outside while it works, and then read.

Only PSS can be added up: a page that several processes share counts once in all; in RSS it counts
in each of them, in USS in none.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import psutil

from ..probes.leftovers import summary
from ..processes.children import line
from ..processes.outputs import Failed, parsed
from ..store.passes import missing
from . import probe_results
from .probing import Owed
from .workers import Launch, Worker, Workers

SAMPLES = 6
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.2
"""Between two samples.  One takes 3 ms and 0.5 ms a process, on the worker's own CPUs."""


class UnknownMemory(Exception):
    """Memory cannot be known here; says why."""


@dataclass(frozen=True)
class Peak:
    """The most bytes that all processes had together, and in how many samples."""

    bytes: int
    samples: int


def peak(pid: int, seconds: float, longest: float) -> Peak | None:
    """Sample a process and its descendants for `seconds`, or until it has ended.

    Takes longer for too few samples, but never more than `longest`; None without any sample.
    Raises UnknownMemory.
    """
    began = time.monotonic()
    most = samples = 0
    while (passed := time.monotonic() - began) < longest:
        if samples >= SAMPLES and passed >= seconds:
            break
        size = pss(pid)
        if size is None:
            break
        most, samples = max(most, size), samples + 1
        took = time.monotonic() - began - passed
        # Half of the time at most, however large the tree.
        time.sleep(min(max(PAUSE_SECONDS, took), LONGEST_PAUSE_SECONDS))
    return Peak(most, samples) if samples else None


def pss(pid: int) -> int | None:
    """Bytes of a process and its descendants together, or None when it has ended.

    A descendant that ends meanwhile counts nothing.  Raises UnknownMemory unless all others can be
    read.
    """
    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None
    except psutil.Error as error:
        raise UnknownMemory(_reason(error)) from None
    own, *others = [_pss(each) for each in tree]
    return None if own is None else own + sum(filter(None, others))


def _pss(process: psutil.Process) -> int | None:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:  # a zombie, too
        return None
    except AttributeError:
        raise UnknownMemory(
            "this system does not report PSS, and nothing else adds up over processes"
        ) from None
    except (psutil.Error, OSError) as error:
        raise UnknownMemory(_reason(error)) from None


def _reason(error: Exception) -> str:
    if isinstance(error, psutil.AccessDenied):
        return "the memory of another user's or a hidden process cannot be read"
    return f"memory cannot be read: {error}"


FAR = "its tasks run in processes that concbench did not start"


def visit(workers: Workers, one: Owed, timeout: float) -> tuple[dict[str, Any], str]:
    """What is known of it and why the rest is not, and the text that its worker left.

    Its time is bounded, and nothing is left running.  Never raises for what the worker does.
    """
    job = {"run": "concbench.probes.job:probe", "probes": one.probes, "tasks": one.tasks}
    peak: Peak | str = ""
    before = len(workers.strays)
    launch = Launch([], 0, timeout, one.side)
    with workers.started(one.cell, job, launch, subprocess.PIPE) as worker:
        if "memory" in one.probes:
            peak = _peak(worker, one.batch)
        result = worker.result()
    output = parsed(result, partial(_output, one))
    if isinstance(output, Failed):
        if output.kind == "timeout":
            output = replace(output, message=f"its pass timed out after {timeout:.1f} s")
        return _metrics(one, peak, output), ""
    metrics, strays = _metrics(one, peak, output), workers.strays[before:]
    # What left its parent too is no child of the worker's, which could not see it.
    if strays and "left" in metrics and not any("process" in line for line in metrics["left"]):
        metrics["left"] = [*metrics["left"], *summary(strays, "process", "processes")]
    return metrics, str(result)


def _peak(worker: Worker, batch: float) -> Peak | str:
    """The peak while it runs a batch or more, or why nobody knows; "" where its end says why."""
    said: bytes | None = b""
    while said is not None and not said.endswith(b"memory"):  # after what a sitecustomize prints
        said = line(worker.process, worker.left())
    if said is None:
        return ""
    try:
        return peak(worker.process.pid, batch, worker.left()) or ""
    except UnknownMemory as error:
        return str(error)
    finally:
        assert worker.process.stdin is not None
        with suppress(BrokenPipeError):  # it is dead already
            worker.process.stdin.write(b"on\n")


def _others(one: Owed) -> list[str]:
    return [probe for probe in one.probes if probe != "memory"]


def _output(one: Owed, text: str) -> tuple[bool, dict[str, Any]]:
    """Whether a worker's lanes are far, and what its result says of all but memory."""
    result, others = json.loads(text), _others(one)
    metrics = probe_results.probed(result, others) if others else {"absent": {}}
    return bool(result.get("far")), metrics


def _metrics(
    one: Owed, peak: Peak | str, output: tuple[bool, dict[str, Any]] | Failed
) -> dict[str, Any]:
    if isinstance(output, Failed):
        metrics: dict[str, Any] = {"absent": missing(_others(one), output.message)}
    else:
        far, metrics = output
        peak = FAR if far else peak
    if isinstance(peak, Peak):
        metrics["memory"] = {"peak_pss_bytes": peak.bytes, "samples": peak.samples}
    elif "memory" in one.probes:
        reason = (
            output.message if isinstance(output, Failed) else "it ended before it could be measured"
        )
        metrics["absent"] = {**missing(["memory"], peak or reason), **metrics["absent"]}
    return metrics
