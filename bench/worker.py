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
from typing import Any, NamedTuple, TypeAlias

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
    words = " ".join(": ".join(filter(None, (type(error).__name__, str(error)))).split())
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
    """Write `result.json`: a pyperf benchmark of one run with our facts as its metadata.

    What tells of a cell, and is no part of it, stands between the clocks.
    """
    clock, modules = time.perf_counter, _Modules()
    wait = parking.turn() if job.get("in_turns") else None
    if wait:
        wait()  # until all are there
    mark, began = _mark(folder), clock()
    strategy = Spec(**job["strategy"]).build()
    lanes = Lanes(Spec(**job["workload"]))
    with ExitStack() as stack:
        batch = stack.enter_context(strategy.open(lanes))
        opened = clock()
        os.remove(mark)
        if wait and job.get("opens_together"):
            lanes.notes.append({"code": "opened-together"})
            wait()  # its first batch has the machine to itself
        portion = _portion(job, lanes)
        usage = _meter() if job.get("first_counts") else None
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
        from .machine import process

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


class Spent(NamedTuple):
    """What a batch took: `seconds`, `cpu` of this process; the whole tree `before` and `after`."""

    seconds: float
    cpu: float
    before: Any
    after: Any


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


def scout(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: seconds per task, estimated quickly from few tasks.

    With it go the seconds of all batches, and what a lane takes until it is open: CPU, of which
    `shared_cpu` for what all lanes of a process share, and bytes of memory.
    """
    mark, before = _mark(folder), _peak_bytes()
    strategy = Spec(**job["strategy"]).build()
    lanes = Lanes(Spec(**job["workload"]))
    with strategy.open(lanes) as opened_batch:
        batch = lanes.guarded(opened_batch)
        cpu, opened = time.process_time(), time.perf_counter()
        lane_bytes = _peak_bytes() - before
        os.remove(mark)
        seen = _tried(lambda n: lanes.tasks(n, job["tasks"], job.get("draw", "")), batch, job)
        batches = time.perf_counter() - opened
        imports.write()
    taken = {"startup_cpu": cpu, "shared_cpu": lanes.shared_cpu, "lane_bytes": lane_bytes}
    result = {**seen, **taken, "batches": batches}
    with open(os.path.join(folder, "result.json"), "w", encoding="utf-8") as stream:
        json.dump(result, stream)


def _peak_bytes() -> int:
    """The most memory that this process has had; 0 where that is not known."""
    from .machine import process

    return process.peak_bytes()


FEW, LONG_SECONDS, UNLIKE = 4, 1.0, 3.0
"""Tasks that are enough to tell what one takes, if they are over in that many seconds; where it
differs between batches by this factor, so many times as long."""


def _tried(draw: Callable[[int], range], batch: Batch, job: dict[str, Any]) -> dict[str, float]:
    """Seconds of a task, and those of CPU, from batches that grow until they take long enough.

    A single one may be unlike the others, so that more are tried where that costs little: the last
    batch counts, or all but the first, which warms up, where what one takes differs.
    """
    tried: list[tuple[int, float, float]] = []  # tasks, seconds, seconds of CPU
    count, whole, unlike = 1, 0.0, False
    while whole < LONG_SECONDS * (UNLIKE if unlike else 1):
        tasks = draw(count)
        began, before = time.perf_counter(), time.process_time()
        batch(tasks)
        took, cpu = time.perf_counter() - began, time.process_time() - before
        tried.append((count, took, cpu))
        whole += took
        each = [seconds / tasks for tasks, seconds, _ in tried[1:]]
        unlike = bool(each) and max(each) > UNLIKE * min(each) and whole >= engine.LONG_ENOUGH
        long_enough = took >= engine.LONG_ENOUGH and count >= FEW and not unlike
        if long_enough or count == job["tasks"]:
            break
        count = min(2 * count, job["tasks"])
    counts, seconds, cpus = zip(*(tried[1:] if unlike else tried[-1:]), strict=True)
    done = sum(counts)
    return {"seconds_per_task": sum(seconds) / done, "cpu_per_task": sum(cpus) / done}


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


CERTAINLY = 2
"""Times as long as must be: less may be a short batch that was held up."""


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
        self._in_turn = False

    def take(self, first: Spent) -> None:
        """Take a batch that was run already as the one that will be asked for first."""
        self._taken = first.seconds
        self._note(1, first.cpu, first.before, first.after)

    def calibrated(self) -> int:
        """How many batches make a value long enough, tried in the turn of the first value.

        A single batch that is long without doubt is that value.
        """
        loops, seconds = 1, self(1)
        long = seconds >= CERTAINLY * engine.LONG_ENOUGH
        while seconds < engine.LONG_ENOUGH:
            loops *= 2
            seconds = self._value(loops)
        self._taken, self._in_turn = seconds if long else None, not long
        return loops

    def __call__(self, loops: int) -> float:
        taken, self._taken = self._taken, None
        if taken is not None:
            return taken
        in_turn, self._in_turn = self._in_turn, False
        if self._wait and not in_turn:
            self._wait()
        return self._value(loops)

    def _value(self, loops: int) -> float:
        batch, tasks, clock, repeats = self._batch, self._tasks, time.perf_counter, range(loops)
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
