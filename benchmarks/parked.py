"""What workers cost that are alive and wait for their turn, and what they do to the one at work."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

import psutil
from figures import Figure

from concbench.driver.lab import Lab, laboratory
from concbench.driver.rounds import Visit
from concbench.driver.workers import Worker
from concbench.plan.cells import PlannedCell, plan
from concbench.plan.settings import Settings
from concbench.reports.stats.intervals import ratio

TURNS = 4
"""Values with the others parked, and as many before they come and after they have gone."""
SECONDS = 2.0
"""In which the CPU of the parked is counted."""


def parked(blocks: int) -> Iterator[Figure]:
    """The CPU of five parked workers, and a batch beside them against the same alone."""
    cells = [one for one in plan(Settings()) if one.cell.workload.name != "http_get"]
    used: list[float] = []
    with laboratory(cells) as lab:
        for name in ("io_sleep", "cpu_sum"):
            table = [one for one in cells if one.cell.workload.name == name]
            fastest = next(one for one in table if one.cell.strategy.name == "multiprocessing")
            others = [one for one in table if one is not fastest]
            beside: dict[int, float] = {}
            alone: dict[int, float] = {}
            for number in range(blocks):
                beside[number], alone[number] = _block(lab, fastest, others, used)
            found = ratio(beside, alone)
            assert found is not None and found.low is not None and found.high is not None
            more = [100 * (one - 1) for one in (found.estimate, found.low, found.high)]
            what = f"{fastest.cell.name}, five parked beside it"
            yield Figure(what, more[0], "%", 1, low=more[1], high=more[2])
    yield Figure("CPU of five parked workers", 100 * max(used), "%", 0.5)


def _block(
    lab: Lab, one: PlannedCell, others: Sequence[PlannedCell], used: list[float]
) -> tuple[float, float]:
    """The median seconds of a turn beside the others, and alone before they come and after."""
    with ExitStack() as stack:
        worker = stack.enter_context(lab.started(_visit(one, 3 * TURNS + 1), in_turns=True))
        _begin(worker)
        _turn(worker)
        alone = [_turn(worker) for _ in range(TURNS)]
        with ExitStack() as guests:
            parked = [
                guests.enter_context(lab.started(_visit(other, 1), in_turns=True))
                for other in others
            ]
            for guest in parked:
                _begin(guest)
            beside = [_turn(worker) for _ in range(TURNS)]
            before = sum(map(_cpu, parked))
            time.sleep(SECONDS)
            used.append((sum(map(_cpu, parked)) - before) / SECONDS)
            for guest in parked:
                guest.kill()
        alone += [_turn(worker) for _ in range(TURNS)]
        worker.kill()
    return median(beside), median(alone)


def _visit(planned: PlannedCell, values: int) -> Visit:
    return Visit(planned, 0, 0, 1, planned.cell.tasks, 0, 60.0, values)


def _begin(worker: Worker) -> None:
    """Until it waits for its first turn."""
    assert worker.ready()
    for _ in range(2):  # it opens and runs its first batch, and imports pyperf
        _turn(worker)


def _turn(worker: Worker) -> float:
    began = time.perf_counter()
    worker.go()
    assert worker.ready()
    return time.perf_counter() - began


def _cpu(worker: Worker) -> float:
    """CPU seconds of its process tree, in steps of 10 ms."""
    root = psutil.Process(worker.process.pid)
    return sum(sum(one.cpu_times()[:2]) for one in [root, *root.children(recursive=True)])
