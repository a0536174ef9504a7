"""What probes cost and how true they are: `nox -s probes`.

A benchmark measures, a test decides: the exit code is 0 whether the limits are met or not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import hungry
from figures import Figure, show

from concbench.contracts import Batch
from concbench.driver.probe_results import probed
from concbench.lanes import Lanes
from concbench.lanes.lane import Instruments
from concbench.machine.identity import cpus
from concbench.plan.plugins import find
from concbench.probes.heartbeat import Heartbeats
from concbench.probes.recorder import Recorder, Submitted, Tasks
from concbench.processes.children import interpreter_command
from concbench.processes.variables import environment
from concbench.spec import Spec

TASKS = 100_000
NANOSECONDS = {"sequential": {}, "asyncio": {"workers": 16}}
"""Strategies whose limit is in ns a task."""
POOLS = {
    "threading": {"workers": 4},
    "asyncio+to_thread": {"workers": 4},
    "multiprocessing": {"workers": cpus()},
    "asyncio+processpool": {"workers": cpus()},
}
JOB = "concbench.probes.job:probe"
EMPTY = Spec("empty", "concbench.probes.empty:EmptyWorkload")
STATUS = "shutil.copyfile('/proc/self/status', {!r})"
FREEZING = Spec("freezing", f"{Path(__file__).with_name('freezing.py')}:Freezing")


@dataclass(frozen=True)
class Effort:
    """How often each is measured, and the tasks of a batch under pools."""

    times: int
    times_of_pools: int
    tasks_of_pools: int


FULL, QUICK = Effort(21, 3, TASKS), Effort(7, 1, TASKS // 20)


def latency(effort: Effort) -> None:
    """An empty task under the latency probe: what it takes more, in time and memory."""
    title = f"the latency probe, {TASKS:,} empty tasks ({effort.tasks_of_pools:,} under pools)"
    show(title, _latency(effort))


def _latency(effort: Effort) -> Iterator[Figure]:
    for name, params in NANOSECONDS.items():
        how = _strategy(name, params)
        # CPU time of one thread, and the least of it: others on the machine only ever add to it.
        pairs = [_pair(how, TASKS, time.thread_time) for _ in range(effort.times)]
        plain, watched = (1e9 * min(column) / TASKS for column in zip(*pairs, strict=True))
        yield Figure(f"{name}, more", watched - plain, "ns", 300, beside=f"{plain:.0f} ns without")
    for name, params in POOLS.items():
        how = _strategy(name, params)
        tasks, times = effort.tasks_of_pools, effort.times_of_pools
        pairs = [_pair(how, tasks, time.perf_counter) for _ in range(times)]
        ratio = statistics.median(watched / plain for plain, watched in pairs)
        one = statistics.median(plain for plain, _ in pairs) / tasks
        beside = f"{1e6 * one:.0f} us without"
        yield Figure(name, ratio, "x", 3, beside=beside)
    for name, params in NANOSECONDS.items():
        how = _strategy(name, params)
        plain, watched = (_worker(EMPTY, how, TASKS, [probe])[1] for probe in ("memory", "latency"))
        yield Figure(f"{name}, more memory", (watched - plain) / 2**20, "MB", 200)


def _strategy(name: str, params: dict[str, Any]) -> Spec:
    return Spec(name, find("strategies", name).target, params)


def _pair(how: Spec, tasks: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Seconds of a batch without and with the probe, each after one to warm up."""
    numbers = range(tasks)
    instruments = Instruments(Recorder, Heartbeats().watching)
    # Not both open at once: a thread has one lane.
    with how.build().open(Lanes(EMPTY)) as batch:
        batch(numbers)
        plain = _seconds(batch, numbers, clock)
    with how.build().open(Lanes(EMPTY, instruments)) as batch:
        batch(numbers)
        return plain, _seconds(batch, Tasks(numbers, Submitted()), clock)


def _seconds(batch: Batch, tasks: Any, clock: Callable[[], float]) -> float:
    began = clock()
    batch(tasks)
    return clock() - began


def lag(effort: Effort) -> None:
    """A loop that is frozen for 50 ms, and one that is idle."""
    how = _strategy("asyncio", {"workers": 4})
    sleeping = Spec("io_sleep", find("workloads", "io_sleep").target, {"seconds": 0.005})
    frozen = [1000 * _lag(FREEZING, how)["max"] for _ in range(effort.times)]
    idle = [1000 * _lag(sleeping, how)["p99"] for _ in range(effort.times)]
    off = abs(statistics.median(frozen) - 50)
    reported = f"reported {min(frozen):.1f} to {max(frozen):.1f} ms, {len(frozen)} times"
    usual = statistics.median(idle)
    show(
        "loop lag",
        [
            Figure("frozen for 50 ms, off by", off, "ms", 5, beside=reported),
            Figure("idle, p99", usual, "ms", 5, beside=f"{min(idle):.2f} to {max(idle):.2f} ms"),
        ],
    )


def _lag(work: Spec, how: Spec) -> dict[str, float]:
    found: dict[str, float] = probed(_worker(work, how, 400, ["lag"])[0], ["lag"])["lag"]
    return found


def _worker(work: Spec, how: Spec, tasks: int, probes: list[str]) -> tuple[dict[str, Any], int]:
    """A probe pass's result, and its worker's own peak of resident memory in bytes."""
    specs = {"workload": asdict(work), "strategy": asdict(how)}
    with tempfile.TemporaryDirectory() as name:
        path, peak = Path(name, "job.json"), Path(name, "status")
        path.write_text(json.dumps({"run": JOB, "probes": probes, "tasks": tasks, **specs}))
        code = (
            f"from concbench.worker import main; main(); import shutil; {STATUS.format(str(peak))}"
        )
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        command = [*interpreter_command(code), str(path)]
        subprocess.run(command, env=environment(), check=True, **quiet)
        (line,) = [one for one in peak.read_text().splitlines() if one.startswith("VmHWM")]
        return json.loads(Path(name, "result.json").read_text()), 1024 * int(line.split()[1])


def memory(effort: Effort) -> None:
    """A pool whose two children hold 100 MB each, over the same pool with nothing to do."""
    show("memory of a pool", hungry.figures(effort.times_of_pools + 2))


PARTS: dict[str, Callable[[Effort], None]] = {"latency": latency, "lag": lag, "memory": memory}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer times, wider intervals")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; repeatable")
    given = parser.parse_args()
    for name in given.part or PARTS:
        PARTS[name](QUICK if given.quick else FULL)


if __name__ == "__main__":
    main()
