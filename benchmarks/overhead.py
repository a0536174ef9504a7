"""What the harness costs: the figures that are promised, each with its limit, measured here.

A benchmark measures, a test decides: the exit code is 0 whether they are met or not.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from costs import BARE, beside, checked_out, fixed
from driver import answering, run, whole_run, worker
from figures import Figure, show
from growth import growth
from limits import http, shares
from pairs import Compared, Pair, compare
from parked import parked

from concbench.driver.fixtures import running
from concbench.machine.identity import cpus
from concbench.plan.plugins import find
from concbench.plan.selection import DEFAULTS
from concbench.processes.children import Children
from concbench.reports import read

NANOSECONDS = {"sequential": 20_000, "asyncio": 10_000}
"""Strategies whose limit is in ns per task, and the empty tasks of a batch."""
POOLS = {
    "threading": 500,
    "multiprocessing": 100,
    "asyncio+to_thread": 200,
    "asyncio+processpool": 100,
}
LATEST = Path(".concbench/latest")


@dataclass(frozen=True)
class Effort:
    """How long each part takes: processes of each pair, seconds in each, seconds of a run.

    `turns` are the pairs of workers of each cell, beside those of `revision`.
    """

    processes: int
    seconds: float
    budget: float
    starts: int
    turns: int
    revision: str = BARE


FULL, QUICK = Effort(12, 1.0, 60, 21, 16), Effort(4, 0.3, 30, 7, 4)


def tasks(effort: Effort) -> None:
    """An empty task, by hand and by the harness."""
    sizes = {**NANOSECONDS, **POOLS}
    pairs = [Pair("empty", name, size, _workers(name)) for name, size in sizes.items()]
    found = compare(pairs, effort.processes, effort.seconds)
    show("an empty task, more than by hand", (_task(*one) for one in found.items()))


def _workers(strategy: str) -> int:
    if strategy == "asyncio":
        return 16
    return 4 if "thread" in strategy else cpus()


def _task(pair: Pair, compared: Compared) -> Figure:
    one = 1e9 * compared.by_hand / pair.tasks
    if pair.strategy not in NANOSECONDS:
        return _percent(pair.strategy, compared, 5, f"{one / 1000:.1f} us by hand")
    more = [one * (bound - 1) for bound in _bounds(compared)]
    return Figure(pair.strategy, more[0], "ns", 100, False, *more[1:], f"{one:.0f} ns by hand")


def _bounds(compared: Compared) -> tuple[float, float, float]:
    found = compared.ratio
    assert found.low is not None and found.high is not None  # two processes or more
    return found.estimate, found.low, found.high


def _percent(what: str, compared: Compared, limit: float, beside: str) -> Figure:
    more = [100 * (bound - 1) for bound in _bounds(compared)]
    return Figure(what, more[0], "%", limit, False, *more[1:], beside)


def batches(effort: Effort) -> None:
    """A batch of each workload under each strategy, by hand and by the harness."""
    served = find("workloads", "http_get")
    with Children() as children, running(children, [served]) as fixtures:
        port = fixtures.given[served.label]["port"]
        pairs = list(_batches(port))
        found = compare(pairs, effort.processes, effort.seconds)
    show("a batch, more than by hand", (_batch(*one) for one in found.items()))


def _batches(port: int) -> Iterator[Pair]:
    for strategy in DEFAULTS["strategies"]:
        yield Pair("io_sleep", strategy, 64, 16)
        yield Pair("http_get", strategy, 64, 16, port)
        yield Pair("cpu_sum", strategy, 16, cpus())


def _batch(pair: Pair, compared: Compared) -> Figure:
    limit = 3 if "process" in pair.strategy else 1
    beside = f"{1000 * compared.by_hand:.1f} ms by hand"
    return _percent(f"{pair.workload} {pair.strategy}", compared, limit, beside)


def costs(effort: Effort) -> None:
    """A timed pass of every default cell, as workers of a revision and of this tree time it."""
    served = find("workloads", "http_get")
    with (
        Children() as children,
        running(children, [served]) as fixtures,
        checked_out(effort.revision) as tree,
    ):
        show(f"a worker beside one of {effort.revision}", [fixed(tree, effort.starts)])
        pairs = list(_batches(fixtures.given[served.label]["port"]))
        found = list(beside(tree, pairs, effort.turns, 2 * effort.seconds))
    title = f"a timed pass, more than in {effort.revision}"
    show(title, (_pass(*one) for one in found))


def _pass(pair: Pair, compared: Compared, fastest: float) -> Figure:
    told = f"{1000 * compared.by_hand:.1f} ms there; the fastest {100 * (fastest - 1):+.1f} %"
    return _percent(f"{pair.workload} {pair.strategy}", compared, 1, told)


def driver(effort: Effort) -> None:
    """A whole run, what its driver and its workers cost, and what it reached."""
    with tempfile.TemporaryDirectory() as name:
        done = run(Path(name), effort.budget)
        figures = [*whole_run(done, effort.budget), worker(Path(name), effort.starts)]
        show("what a run costs", [*figures, answering(effort.starts)])
        show("of limit, in this run", shares(done.stored))
        http(done.stored, 20)


def limit(effort: Effort) -> None:
    """The share of the limit that the latest stored run reached."""
    if not LATEST.exists():
        print(f"there is no {LATEST}: the part `driver` measures a run and says the same of it\n")
        return
    stored = read(LATEST)
    show(f"of limit, in run {stored.run.id}", shares(stored))
    http(stored, 20)


def growing(effort: Effort) -> None:
    """The cost of a batch at 1e3, 1e4 and 1e5 tasks."""
    growth(effort.starts // 2)


def waiting(effort: Effort) -> None:
    """What workers cost that wait for their turn."""
    show("workers that wait for their turn", parked(effort.turns))


PARTS: dict[str, Callable[[Effort], None]] = {
    "tasks": tasks,
    "batches": batches,
    "driver": driver,
    "limit": limit,
    "growth": growing,
    "costs": costs,
    "waiting": waiting,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute or two, wider intervals")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; repeatable")
    parser.add_argument("--beside", default=BARE, help="the revision that `costs` compares with")
    given = parser.parse_args()
    effort = replace(QUICK if given.quick else FULL, revision=given.beside)
    for name in given.part or [part for part in PARTS if part not in ("limit", "costs")]:
        PARTS[name](effort)


if __name__ == "__main__":
    main()
