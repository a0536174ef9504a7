"""Pairs of batches, one by hand and one by the harness, in one process and in random order.

Run as a script it is that process: pairs inside it share its memory layout and its CPUs, so the
process is the unit of statistics, and each of several gives one number.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import median

from byhand import MODELS, WORKS

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.plan.plugins import find
from concbench.processes.variables import environment
from concbench.reports.stats.intervals import Interval, ratio
from concbench.spec import Spec

OPENINGS = 6
"""Times that a process opens both, unless its batches are too long for that."""
EMPTY = Spec("empty", f"{Path(__file__).with_name('empty.py')}:Empty")


@dataclass(frozen=True)
class Pair:
    """A cell in both hands; `port` is the server's, 0 where there is none."""

    workload: str
    strategy: str
    tasks: int
    workers: int
    port: int = 0

    @contextmanager
    def by_hand(self) -> Iterator[Batch]:
        with MODELS[self.strategy](WORKS[self.workload], self.workers, self.port) as batch:
            yield batch

    @contextmanager
    def by_harness(self) -> Iterator[Batch]:
        with self.strategy_spec.build().open(Lanes(self.workload_spec)) as batch:
            yield batch

    @property
    def strategy_spec(self) -> Spec:
        params = {} if self.strategy == "sequential" else {"workers": self.workers}
        return Spec(self.strategy, find("strategies", self.strategy).target, params)

    @property
    def workload_spec(self) -> Spec:
        if self.workload == "empty":
            return EMPTY
        given = {"port": self.port} if self.port else {}
        return Spec(self.workload, find("workloads", self.workload).target, given=given)


@dataclass(frozen=True)
class Compared:
    """Seconds of a batch by hand, and the harness' part of them (1.01: 1 % more)."""

    by_hand: float
    ratio: Interval


def compare(pairs: Sequence[Pair], processes: int, seconds: float) -> dict[Pair, Compared]:
    """So many fresh processes for each pair, in rounds of random order, each for some seconds."""
    seen: dict[Pair, list[tuple[float, float]]] = {pair: [] for pair in pairs}
    chance = Random()
    for _ in range(processes):
        for pair in chance.sample(pairs, len(pairs)):
            seen[pair].append(_in_a_process(pair, seconds))
    return {pair: compared(both) for pair, both in seen.items()}


def compared(both: Sequence[tuple[float, float]]) -> Compared:
    """From the seconds of both in each process."""
    above = {number: harness for number, (_, harness) in enumerate(both)}
    below = {number: hand for number, (hand, _) in enumerate(both)}
    found = ratio(above, below)
    assert found is not None
    return Compared(median(below.values()), found)


def _in_a_process(pair: Pair, seconds: float) -> tuple[float, float]:
    command = [sys.executable, __file__, json.dumps({"pair": asdict(pair), "seconds": seconds})]
    said = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True)
    hand, harness = json.loads(said.stdout)
    return hand, harness


def main() -> None:
    """One process: print the seconds of a batch by hand and by the harness."""
    job = json.loads(sys.argv[1])
    pair, seconds, chance = Pair(**job["pair"]), job["seconds"], Random()
    end = time.perf_counter() + seconds
    pairs: list[dict[str, float]] = []
    while not pairs or time.perf_counter() < end:
        # Anew, for a pool keeps for life what CPUs its processes happened to land on.
        pairs += _opening(pair, seconds / OPENINGS, chance)
    hand = median(one["hand"] for one in pairs)
    print(json.dumps([hand, hand * median(one["harness"] / one["hand"] for one in pairs)]))


def _opening(pair: Pair, seconds: float, chance: Random) -> list[dict[str, float]]:
    openers = [("hand", pair.by_hand), ("harness", pair.by_harness)]
    chance.shuffle(openers)
    with ExitStack() as stack:
        batches = {name: stack.enter_context(opener()) for name, opener in openers}
        tasks = range(pair.tasks)
        assert batches["hand"](tasks) == batches["harness"](tasks)  # and warm
        return list(_timed(batches, tasks, seconds, chance))


def _timed(
    batches: dict[str, Batch], tasks: range, seconds: float, chance: Random
) -> Iterator[dict[str, float]]:
    clock = time.perf_counter
    names = list(batches)
    end = clock() + seconds
    while True:
        chance.shuffle(names)
        took = {}
        for name in names:
            batch = batches[name]
            began = clock()
            batch(tasks)
            took[name] = clock() - began
        yield took
        if clock() >= end:
            return


if __name__ == "__main__":
    main()
