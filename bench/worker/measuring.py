"""One cell is measured: open, first batch, values and close, each timed apart.

What the clocks must not see is imported late, what strategy and workload need inside them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from .. import engine, imports
from ..answers import FirstAnswer, shown
from ..contracts import Batch, Plain
from ..lanes import Lanes, spread
from ..lanes.report import child_startup, total
from ..parts import Portion
from ..processes import parking
from ..spec import Spec
from . import mark
from .batches import Spent, TimedBatches, meter


def measure(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: a pyperf benchmark of one run with our facts as its metadata.

    What tells of a cell, and is no part of it, stands between the clocks.
    """
    clock, modules = time.perf_counter, _Modules()
    wait = parking.turn() if job.get("in_turns") else None
    if wait:
        wait()  # until all are there
    opening, began = mark(folder), clock()
    strategy = Spec(**job["strategy"]).build()
    lanes = Lanes(Spec(**job["workload"]))
    with ExitStack() as stack:
        batch = stack.enter_context(strategy.open(lanes))
        opened = clock()
        os.remove(opening)
        if wait and job.get("opens_together"):
            lanes.notes.append({"code": "opened-together"})
            wait()  # its first batch has the machine to itself
        portion = _portion(job, lanes)
        usage = meter() if job.get("first_counts") else None
        results, first = _first_batch(batch, portion.tasks, lanes, modules, usage)
        answer, answers = _answers(results, portion, lanes, job)
        del results
        around = lanes.around_batch if lanes.around else None
        timed = TimedBatches(portion.in_parts(batch), portion, answer, around, wait)
        if usage:
            lanes.notes.append({"code": "first-counts"})
            timed.take(first)
        if wait:
            wait()  # until all may import pyperf
        loops = timed.calibrated() if job.get("calibrate") else None
        benchmark = engine.timed(job["name"], timed, job["metadata"], loops)
        surroundings = _surroundings()
        lanes.notes += modules.turned_gil_on()
        imports.write()  # what a task imports is there by now
        if wait:
            wait()
        closing = clock()
    closed = clock()
    facts = {
        "cb_startup_s": opened - began,
        "cb_first_batch_s": first.seconds * portion.times,
        "cb_close_s": closed - closing,
        **answers,
        "cb_part_seconds": json.dumps(portion.seconds) if portion.seconds else "",
        "cb_own_cpu_s": timed.cpu / timed.batches,
        **_of_lanes(lanes, job, timed.batches + (usage is None) / portion.times),
        "cb_notes": _distinct([*lanes.notes, *([] if lanes.far else timed.notes)]),
        **({} if lanes.far else timed.used()),  # of a part of the tree it would be wrong
        **surroundings,
        "cb_gil_first": modules.first_gil,
    }
    benchmark.update_metadata({key: one for key, one in facts.items() if one not in ("", None)})
    benchmark.dump(os.path.join(folder, "result.json"))


class _Modules:
    """What imports do to a cell unasked: turn the GIL on, or wait for the first batch."""

    def __init__(self) -> None:
        from ..machine import process

        gil = process.gil()
        self.first_gil = None if gil is None else int(gil)
        self._turned_on, self.lazy = process.watch_gil(), process.watch_lazy_imports()

    def turned_gil_on(self) -> list[Plain]:
        """A note for each that did."""
        return [{"code": "gil-turned-on-by", "module": one} for one in self._turned_on()]


def _portion(job: dict[str, Any], lanes: Lanes) -> Portion:
    """What it runs of its batch."""
    whole = lanes.tasks(job["measured_tasks"], job.get("tasks"), job.get("draw", ""))
    portion = Portion(whole, 1 if lanes.around else job.get("parts", 1), job.get("part"))
    if portion.number is not None:
        measured = len(portion.tasks)
        lanes.notes.append({"code": "in-parts", "measured": measured, "tasks": len(whole)})
    return portion


def _first_batch(
    batch: Batch, tasks: Any, lanes: Lanes, modules: _Modules, usage: Any
) -> tuple[list[Plain], Spent]:
    """The results of the batch that warms up, or is the only one, and what it took.

    Nothing reads the usage of the tree, or imports what does, before one that only warms up.
    """
    clock, put_off = time.perf_counter, modules.lazy()
    with lanes.around_batch():
        before, cpu = usage.before() if usage else None, time.process_time()
        began = clock()
        results = batch(tasks)
        seconds = clock() - began
        cpu, after = time.process_time() - cpu, usage.after() if usage else None
    if put_off & sys.modules.keys():
        lanes.notes.append({"code": "lazy-imports"})
    return results, Spent(seconds, cpu, before, after)


def _answers(
    results: list[Plain], portion: Portion, lanes: Lanes, job: dict[str, Any]
) -> tuple[FirstAnswer, dict[str, Any]]:
    """What later batches must equal, and what is stored of it."""
    agreed = _agreement(lanes.workload, portion.tasks, job.get("model", ""))
    counted = agreed(results) if agreed else results
    count = len(portion.tasks)
    answer = FirstAnswer(counted, count, lanes.workload, job.get("exact", False), agreed)
    if answer.alike:
        lanes.notes.append({"code": "answers-alike"})
    sample = list(portion.whole) if len(portion.whole) < job.get("tasks", 0) else []
    numbers = range(count) if sample else spread(job["head"], count, job.get("draw", ""))
    of_parts = portion.answers(counted, answer)
    first_results = shown(results) if job.get("shown") else []
    return answer, {
        "cb_answer": answer.text,
        "cb_answer_head": answer.of([counted[i] for i in numbers]),
        "cb_head": job["head"],
        "cb_sample": json.dumps(sample) if sample else "",
        "cb_part_answers": json.dumps(of_parts) if of_parts else "",
        "cb_results": json.dumps(first_results) if first_results else "",
    }


def _of_lanes(lanes: Lanes, job: dict[str, Any], batches: float) -> dict[str, Any]:
    """What lanes say of themselves once they are closed, after so many batches."""
    if any(one.contexts for one in lanes.reports):
        lanes.notes.append({"code": "own-contexts"})
    return {
        "cb_in_process": int(lanes.in_process),
        "cb_form": lanes.form,
        "cb_client": _client(job["workload"], lanes.form),
        "cb_loop": lanes.loop,
        "cb_start_method": lanes.start,
        "cb_child_startup_cpu_s": child_startup(lanes.reports),
        "cb_metrics": _per_batch(total(lanes.reports), batches),
    }


def _agreement(
    workload: Any, tasks: range, path: str
) -> Callable[[Sequence[Plain]], Sequence[Plain]] | None:
    """What holds results against those of other workers, by the workload's own `same`."""
    if not callable(same := getattr(workload, "same", None)):
        return None
    from ..store.sameness import Agreement  # few need it

    return Agreement(same, tasks, path)


def _surroundings() -> dict[str, float | None]:
    """Read while the lanes are open, after all imports of its tasks."""
    from ..machine import process

    gil, jit = process.gil(), process.jit()
    return {
        "cb_gil": None if gil is None else int(gil),
        "cb_jit": None if jit is None else int(jit),
        "cb_cgroup_cpus": process.cgroup_cpus(),
        "cb_cpus": process.affinity_cpus(),
        "cb_nofile": process.open_files(),
    }


def _distinct(notes: Sequence[Plain]) -> str:
    found = [one for place, one in enumerate(notes) if one not in notes[:place]]
    return json.dumps(found) if found else ""


def _per_batch(counts: dict[str, float], batches: float) -> str:
    return json.dumps({name: count / batches for name, count in counts.items()}) if counts else ""


def _client(workload: dict[str, Any], form: str) -> str:
    """The client of this form of the workload: `requests 2.32.3`, or `sqlite3` without a version.

    A client without a version is no error: the batches are measured by now.
    """
    from importlib.metadata import PackageNotFoundError, version

    spec = Spec(**workload)
    library: str = getattr(spec.build(), "clients", {}).get(form, "")
    _, distribution = spec.clients.get(library, (library, library))
    try:
        release = version(distribution) if distribution else None
    except (PackageNotFoundError, KeyError):  # KeyError: its metadata names none
        release = None
    return f"{library} {release}" if release else library
