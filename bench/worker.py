"""The worker: one process that measures one cell, timing open, first batch, values and close apart.

The driver starts it with the file of a job as first argument, pyperf's own options after it.  A job
names what to run as `module:function`; its result and its error are files beside that of the job.
What the clocks must not see is imported late, what strategy and workload need inside them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from typing import Any, TypeAlias

from . import engine, imports
from .answers import FirstAnswer, WrongAnswer, shown
from .contracts import Batch, Plain
from .errors import remedies
from .lanes import Lanes, spread
from .lanes.pools import show_stacks
from .lanes.report import child_startup, total
from .parts import Portion
from .processes import parking
from .spec import Spec

LONGEST = 1_000_000
"""Characters of an error that are kept: the driver reads them into its memory."""


def write_failure(error: BaseException, path: str) -> None:
    """Write kind, one line and traceback of the error as JSON."""
    import traceback  # which failures alone pay for

    first = leaf(error)
    kind = "answer" if isinstance(first, WrongAnswer) else "error"
    text = "".join(traceback.format_exception(error))[-LONGEST:]
    record = {"kind": kind, "message": line(first)[:LONGEST], "traceback": text}
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(record, stream)


def leaf(error: BaseException) -> BaseException:
    """The first error inside groups of errors: one task's failure cancels the others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def line(error: BaseException) -> str:
    """`ValueError: bad size (in task 3, lane MainThread)` on one line."""
    if isinstance(error, WrongAnswer):
        return str(error)
    notes = "; ".join([*getattr(error, "__notes__", []), *remedies(error)])
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{words} ({notes})" if notes else words


def main() -> None:
    """Do the job named on the command line; leave a result or an error in its folder."""
    path = sys.argv.pop(1)
    with open(path, encoding="utf-8") as stream:
        job = json.load(stream)
    show_stacks()
    try:
        module, _, function = job["run"].partition(":")
        getattr(import_module(module), function)(job, os.path.dirname(path))
    except BaseException as error:
        write_failure(error, os.path.join(os.path.dirname(path), "error.json"))
        sys.exit(1)


def measure(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: a pyperf benchmark of one run with our facts as its metadata."""
    clock = time.perf_counter
    from .machine import process

    mark, gil, turned_on = _mark(folder), process.gil(), process.watch_gil()
    wait = parking.turn() if job.get("in_turns") else None
    lazy = process.watch_lazy_imports()
    began = clock()
    strategy = Spec(**job["strategy"]).build()
    lanes = Lanes(Spec(**job["workload"]))
    with ExitStack() as stack:
        batch = stack.enter_context(strategy.open(lanes))
        opened = clock()
        os.remove(mark)
        draw = job.get("draw", "")
        whole = lanes.tasks(job["measured_tasks"], job.get("tasks"), draw)
        portion = Portion(whole, 1 if lanes.around else job.get("parts", 1), job.get("part"))
        tasks = portion.tasks
        usage = _meter() if job.get("first_counts") else None
        put_off = lazy()
        with lanes.around_batch():
            before, cpu = usage.before() if usage else None, time.process_time()
            beginning = clock()
            results = batch(tasks)
            first = clock()
            cpu, after = time.process_time() - cpu, usage.after() if usage else None
        agreed = _agreement(lanes.workload, tasks, job.get("model", ""))
        counted = agreed(results) if agreed else results
        answer = FirstAnswer(counted, len(tasks), lanes.workload, job.get("exact", False), agreed)
        sample = list(whole) if len(whole) < job.get("tasks", 0) else []
        numbers = range(len(tasks)) if sample else spread(job["head"], len(tasks), draw)
        head = answer.of([counted[i] for i in numbers])
        of_parts = portion.answers(counted, answer)
        if portion.number is not None:
            lanes.notes.append({"code": "in-parts", "measured": len(tasks), "tasks": len(whole)})
        first_results = shown(results) if job.get("shown") else []
        if put_off & sys.modules.keys():
            lanes.notes.append({"code": "lazy-imports"})
        if answer.alike:
            lanes.notes.append({"code": "answers-alike"})
        del results, counted
        around = lanes.around_batch if lanes.around else None
        timed = TimedBatches(portion.in_parts(batch), portion, answer, around, wait)
        if usage:
            timed.take(first - beginning, cpu, before, after)
            lanes.notes.append({"code": "first-counts"})
        benchmark = engine.timed(job["name"], timed, job["metadata"])
        surroundings = _surroundings()
        lanes.notes += [{"code": "gil-turned-on-by", "module": one} for one in turned_on()]
        imports.write()  # what a task imports is there by now
        if wait:
            wait()
        closing = clock()
    if any(one.contexts for one in lanes.reports):
        lanes.notes.append({"code": "own-contexts"})
    facts = {
        "cb_startup_s": opened - began,
        "cb_first_batch_s": (first - beginning) * portion.times,
        "cb_close_s": clock() - closing,
        "cb_own_cpu_s": timed.cpu / timed.batches,
        "cb_in_process": int(lanes.in_process),
        "cb_form": lanes.form,
        "cb_client": _client(job["workload"], lanes.form),
        "cb_answer": answer.text,
        "cb_answer_head": head,
        "cb_head": job["head"],
        "cb_sample": json.dumps(sample) if sample else "",
        "cb_part_answers": json.dumps(of_parts) if of_parts else "",
        "cb_part_seconds": json.dumps(portion.seconds) if portion.seconds else "",
        "cb_results": json.dumps(first_results) if first_results else "",
        "cb_notes": _distinct([*lanes.notes, *([] if lanes.far else timed.notes)]),
        "cb_loop": lanes.loop,
        "cb_start_method": lanes.start,
        "cb_child_startup_cpu_s": child_startup(lanes.reports),
        "cb_metrics": _per_batch(
            total(lanes.reports), (usage is None) / portion.times + timed.batches
        ),
        **({} if lanes.far else timed.used()),  # of a part of the tree it would be wrong
        **surroundings,
        "cb_gil_first": None if gil is None else int(gil),
    }
    benchmark.update_metadata({key: one for key, one in facts.items() if one not in ("", None)})
    benchmark.dump(os.path.join(folder, "result.json"))


def scout(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: seconds per task, estimated quickly from few tasks.

    With it go the CPU that it took until its lane was open and the seconds of all batches.
    """
    mark = _mark(folder)
    strategy = Spec(**job["strategy"]).build()
    lanes = Lanes(Spec(**job["workload"]))
    with strategy.open(lanes) as opened_batch:
        batch = lanes.guarded(opened_batch)
        cpu, opened = time.process_time(), time.perf_counter()
        os.remove(mark)
        seen = _tried(lambda n: lanes.tasks(n, job["tasks"], job.get("draw", "")), batch, job)
        batches = time.perf_counter() - opened
        imports.write()
    result = {**seen, "startup_cpu": cpu, "batches": batches}
    with open(os.path.join(folder, "result.json"), "w", encoding="utf-8") as stream:
        json.dump(result, stream)


FEW, LONG_SECONDS = 4, 1.0
"""Tasks that are enough to tell what one takes, if they are over in that many seconds."""


def _tried(draw: Callable[[int], range], batch: Batch, job: dict[str, Any]) -> dict[str, float]:
    """Seconds of a task, and those of CPU, from batches that grow until they take long enough.

    A single one may be unlike the others, so that more are tried where that costs little.
    """
    count, took, done = 1, 0.0, 0
    whole = cpu = 0.0
    while done < job["tasks"] and whole < LONG_SECONDS:
        if took >= engine.LONG_ENOUGH and done >= FEW:
            break
        tasks = draw(count)
        began, before = time.perf_counter(), time.process_time()
        batch(tasks)
        took, cpu = time.perf_counter() - began, time.process_time() - before
        whole, done = whole + took, count
        count = min(2 * count, job["tasks"])
    return {"seconds_per_task": took / done, "cpu_per_task": cpu / done}


def _mark(folder: str) -> str:
    """A file that is there while lanes are opened: it says so where the worker cannot any more."""
    path = os.path.join(folder, "opening")
    with open(path, "w", encoding="utf-8"):
        return path


Around: TypeAlias = Callable[[], AbstractContextManager[None]] | None
AGAIN = (
    "in a later batch: each process runs every task at least twice; before_batch() and "
    "after_batch() of the workload, or beside the function, can undo what the first one did"
)


class TimedBatches:
    """Batches under the clock; their usage is read, and their answer checked, outside it.

    There it also waits, for the turn of each value.
    """

    def __init__(
        self,
        batch: Batch,
        portion: Portion,
        answer: FirstAnswer,
        around: Around = None,
        wait: Callable[[], None] | None = None,
    ) -> None:
        self._batch, self._tasks, self._answer = batch, portion.tasks, answer
        self._times, self._around, self._wait = portion.times, around, wait
        self._usage, self._used = _meter(), list[Any]()
        self.notes: list[Plain] = []
        self.cpu = 0.0
        self.batches = 0.0
        self._taken: float | None = None

    def take(self, seconds: float, cpu: float, before: Any, after: Any) -> None:
        """Take a batch that was run already as the one that will be asked for first."""
        self._taken = seconds
        self._note(1, cpu, before, after)

    def __call__(self, loops: int) -> float:
        if self._taken is not None:
            seconds, self._taken = self._taken, None
            return seconds
        batch, tasks, clock, repeats = self._batch, self._tasks, time.perf_counter, range(loops)
        if self._wait:
            self._wait()
        before = self._usage.before()
        cpu = time.process_time()
        began = clock()
        try:
            if self._around:
                seconds, results = self._apart(loops)
            else:
                for _ in repeats:
                    results = batch(tasks)
                seconds = clock() - began
        except BaseException as error:
            error.add_note(AGAIN)
            raise
        self._note(loops, time.process_time() - cpu, before, self._usage.after())
        self._answer.check(results)
        return seconds * self._times

    def _note(self, batches: int, cpu: float, before: Any, after: Any) -> None:
        self.cpu += cpu
        self._used.append(self._usage.spent(before, after))
        if before is None or after is None:
            self.notes.append({"code": "cpu-unreadable"})
        self.batches += batches / self._times

    def _apart(self, loops: int) -> tuple[float, list[Plain]]:
        """Batches, each with what is done before and after it, outside the clock."""
        assert self._around is not None
        seconds, clock = 0.0, time.perf_counter
        for _ in range(loops):
            with self._around():
                began = clock()
                results = self._batch(self._tasks)
                seconds += clock() - began
        return seconds, results

    def used(self) -> dict[str, float | None]:
        """By the whole process tree, per batch; None where that is not known of every value."""

        def per_batch(counts: list[float | None]) -> float | None:
            known = [count for count in counts if count is not None]
            return sum(known) / self.batches if len(known) == len(counts) else None

        return {
            "cb_cpu_s": per_batch([one.cpu for one in self._used]),
            "cb_voluntary_switches": per_batch([one.voluntary for one in self._used]),
            "cb_involuntary_switches": per_batch([one.involuntary for one in self._used]),
        }


def _agreement(
    workload: Any, tasks: range, path: str
) -> Callable[[Sequence[Plain]], Sequence[Plain]] | None:
    """What holds results against those of other workers, by the workload's own `same`."""
    if not callable(same := getattr(workload, "same", None)):
        return None
    from .store.sameness import Agreement  # few need it

    return Agreement(same, tasks, path)


def _meter() -> Any:
    """What reads the usage of the process tree; no part of anybody's start-up."""
    from .machine import usage

    return usage


def _surroundings() -> dict[str, float | None]:
    """Read while the lanes are open, after all imports of its tasks."""
    from .machine import process

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
