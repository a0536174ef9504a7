"""A look at the work, in children of its own: a few tasks alone, then several at the same time.

Standard library only: jobs of a worker.  A task may hang, print, exit or keep its process alive, so
each job is a child; whatever it left is read by `saw`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from statistics import fmean, median
from typing import Any

from ..answers import Incomparable, WrongAnswer, digest, parting, places
from ..contracts import Plain
from ..lanes import Lanes
from ..spec import Spec, task_inputs

SECONDS = 1.0
"""How long tasks are looked at alone, and the same for each way at once."""
FEWEST, MOST = 3, 200
"""Tasks that are looked at alone; a single one where it takes longer than the time."""
AGAIN = 0.3
"""Of that time for the same tasks once more."""
CACHED = 3.0
"""Times as fast the second time: nothing was done again."""
TOO_LONG = 2.0
"""Seconds of a task that is not run a second time."""
LONG = 0.001
"""Seconds of a task from which its CPU and its clock can be told apart well enough."""


def alone(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: what tasks take in turn, and again, and what they send and give."""
    began = time.perf_counter()
    strategy, lanes = Spec(**job["strategy"]).build(), Lanes(Spec(**job["workload"]))
    with strategy.open(lanes) as batch:
        startup = time.perf_counter() - began
        tasks = _sample(lanes, job["tasks"], MOST)
        with lanes.around_batch(), _hint(lanes.workload):
            first = _timed(batch, tasks, job["seconds"])
        later = first
        if first.wall[0] < TOO_LONG:
            with lanes.around_batch():
                later = _timed(batch, tasks[: len(first.wall)], AGAIN * job["seconds"])
        workload = lanes.workload
        items = task_inputs(workload)
        found = {
            **first.calmer(later).means(),
            "startup": startup,
            "again": None if later is first else first.again(later),
            "random": _difference(first.results, later.results, workload),
            "digests": _digests(first.results, workload),
            **_pickled(tasks, first.results),
            "blocking": hasattr(workload, "open"),
            "awaitable": hasattr(workload, "aopen"),
            "memory_bytes": _resident(),
            "inputs": None if items is None else len(items),
            "at_once": getattr(workload, "at_once", None),
            "fixture": hasattr(workload, "fixture"),
            "function": hasattr(workload, "task_inputs"),
            "arguments": hasattr(workload, "arguments"),
        }
    found["counts"] = any(one.metrics for one in lanes.reports) and _is_pair(workload)
    _write(found, folder)


def together(job: dict[str, Any], folder: str) -> None:
    """Write `result.json`: what a batch takes with so many workers, once they are warm."""
    strategy, lanes = Spec(**job["strategy"]).build(), Lanes(Spec(**job["workload"]))
    with strategy.open(lanes) as batch:
        tasks = _sample(lanes, job["tasks"], job["count"])
        with lanes.around_batch():
            results = batch(tasks[: min(len(tasks), job["workers"])])
        with lanes.around_batch():
            cpu, began = _cpu(), time.perf_counter()
            batch(tasks)
            wall, spent = time.perf_counter() - began, _cpu() - cpu
    found = {"seconds": wall / len(tasks), "computes": spent / len(tasks)}
    _write({**found, "digests": _digests(results, lanes.workload)}, folder)


@contextmanager
def _hint(workload: Any) -> Iterator[None]:
    """Say of a function that fails with a task's number how it gets something else."""
    try:
        yield
    except Exception as error:
        if hasattr(workload, "task_inputs") and task_inputs(workload) is None:
            error.add_note("it was given its task's number: --inputs FILE gives it other things")
        raise


def _is_pair(workload: Any) -> bool:
    """Whether a lane is a call and what counts, and not a call that counts itself."""
    if not hasattr(workload, "open"):
        return True  # which of the two makes no difference to whoever awaits
    with workload.open() as opened:
        return isinstance(opened, tuple)


def _sample(lanes: Lanes, tasks: int, count: int) -> list[int]:
    """Some of the tasks, from anywhere among them, the same in every process."""
    whole = lanes.tasks(tasks)
    return [whole[i] for i in Random(0).sample(range(tasks), min(tasks, count))]


def _write(found: dict[str, Any], folder: str) -> None:
    with open(os.path.join(folder, "result.json"), "w", encoding="utf-8") as stream:  # noqa: PTH118, PTH123
        json.dump(found, stream)


@dataclass
class TaskTimes:
    """Seconds of tasks that ran in turn, those of CPU too, and what they gave.

    What was `delayed`, as it could run and other programs did, is in neither.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    delayed: list[float] = field(default_factory=list)
    results: list[Plain] = field(default_factory=list)

    def again(self, later: TaskTimes) -> float:
        """Seconds of a task the second time: those of the first, as much less as is usual."""
        both = zip(later.wall, self.wall, strict=False)
        return float(self.means()["seconds"] * median(new / old for new, old in both))

    def calmer(self, later: TaskTimes) -> TaskTimes:
        """The shorter time of each task that ran twice: what a busy machine adds is not the work's.

        Where tasks are that much shorter the second time, they were not done again.
        """
        count = len(later.wall)
        if median(later.wall) < median(self.wall[:count]) / CACHED:
            return self
        wall = [*map(min, self.wall, later.wall), *self.wall[count:]]
        cpu = [*map(min, self.cpu, later.cpu), *self.cpu[count:]]
        return TaskTimes(wall, cpu, self.delayed, self.results)

    def means(self) -> dict[str, Any]:
        """The part of a look that is about times; the first task, which imports, only if alone."""
        warm = slice(1, None) if len(self.wall) > FEWEST else slice(None)
        wall, cpu = self.wall[warm], self.cpu[warm]
        cpus = median(each / one if one else 0.0 for one, each in zip(wall, cpu, strict=True))
        seconds = fmean(wall)
        return {
            "tasks": len(self.wall),
            "seconds": seconds,
            "least": min(wall),
            "most": max(wall),
            "computes": fmean(cpu),
            "delayed": sum(self.delayed) / len(self.wall),
            "cpus": cpus if seconds > LONG else min(1.0, cpus),
        }


def _timed(batch: Callable[[Any], list[Plain]], tasks: Sequence[int], seconds: float) -> TaskTimes:
    """One task after the other until the time is over."""
    seen, clock = TaskTimes(), time.perf_counter
    until = clock() + seconds
    for i in tasks[:MOST]:
        late, cpu, began = _delay(), _cpu(), clock()
        (result,) = batch([i])
        ended = clock()
        spent, late = _cpu() - cpu, _delay() - late
        late = max(0.0, min(late, ended - began - spent))  # its own threads delay it, too
        seen.wall.append(ended - began - late)
        seen.cpu.append(spent)
        seen.delayed.append(late)
        seen.results.append(result)
        if ended >= until and (len(seen.wall) >= FEWEST or ended - began >= seconds):
            break
    return seen


def _delay() -> float:
    """Seconds that this thread could have run and did not, as others did; 0 where nobody counts."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as stream:  # noqa: PTH123
            return int(stream.read().split()[1]) / 1e9
    except (OSError, LookupError, ValueError):
        return 0.0


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def _pickled(arguments: Sequence[Any], results: Sequence[Plain]) -> dict[str, Any]:
    """Bytes and seconds of both on their way to a process and back; why they do not go."""
    found: dict[str, Any] = {"unpicklable": ""}
    for name, values in (("argument", arguments[:FEWEST]), ("result", results[:FEWEST])):
        try:
            size, seconds = _crossing(values)
        except Exception as error:  # whatever it refers to pickles, or not, in its own way
            what = f"its {name}s do not pickle"
            found["unpicklable"] = f"{what}: {type(error).__name__}: {str(error)[:200]}"
        else:
            found |= {f"{name}_bytes": size, f"{name}_seconds": seconds}
    return found


def _crossing(values: Sequence[Any]) -> tuple[int, float]:
    """Bytes of the largest, and half of the seconds to pickle and to read it.

    The other half is the child's: with several, the parent's is what tasks wait for.
    """
    import pickle

    size, seconds = 0, 0.0
    for value in values:
        began = time.perf_counter()
        data = pickle.dumps(value)
        pickle.loads(data)
        took = (time.perf_counter() - began) / 2
        if len(data) >= size:
            size, seconds = len(data), took
    return size, seconds


def _difference(first: list[Plain], later: list[Plain], workload: Any) -> str:
    """Where the same tasks gave another answer; a result that cannot be compared is an error."""
    normal = getattr(workload, "normal", None)
    count = min(len(first), len(later))
    first, later = first[:count], later[:count]
    if digest(first, count, normal) == digest(later, count, normal):
        return ""
    return parting(places(first, normal), places(later, normal))


def _digests(results: list[Plain], workload: Any) -> list[str]:
    """Of each of the first results, to compare with those of another process."""
    normal = getattr(workload, "normal", None)
    try:
        return [digest([one], 1, normal).partition("~")[0] for one in results[:FEWEST]]
    except (WrongAnswer, Incomparable):
        return []


def _resident() -> int | None:
    """Bytes of memory that this process has had at most."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
