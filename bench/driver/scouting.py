"""Before the first round: what a task takes in turn, and how many of them there is time for.

A reference that is too slow runs a sample, as does all else that runs one task at a time.  Where
that is not enough, all batches have fewer tasks; and where that is not either, the first batch of
a process counts, which otherwise warms up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from concbench.reports.numbers import brief

from ..machine.identity import cpus
from ..processes.outputs import Failed
from ..store.state import History
from . import schedule

if TYPE_CHECKING:
    from .lab import Lab
    from .rounds import Limits

    Event = dict[str, Any]

ROUNDS = 6
"""Rounds that the slowest reference should leave time for."""
SHORTEST_SAMPLE = 1.0
"""Seconds that a sampled batch takes, so that its tasks are many enough to stand for the rest."""
WAYS = ((3, False, True), (3, True, True), (2, True, False))
"""Rounds, whether the first batch counts, and whether probes have their time: the first of these
that there is time for."""
MOSTLY = 2.0
"""Times what starting takes; a round whose batches take less gains nothing by shorter ones."""


@dataclass(frozen=True)
class Scouting:
    """What the reference showed of one lane: seconds of a task, and of starting and ending.

    `startup_cpu` are those of CPU until the lane was open, `cpu_per_task` those of a task.
    """

    seconds_per_task: float
    startup: float = 0.0
    startup_cpu: float = 0.0
    cpu_per_task: float = 0.0


@dataclass(frozen=True)
class Scouts:
    """What it takes to scout the blocks of a run."""

    past: History
    lab: Lab
    record: Callable[[Mapping[str, Any]], None]
    """Writes an entry to the journal; the history gets it from here."""
    limits: Limits
    after: float = 0.0
    """Seconds that what comes after the rounds takes."""
    probes: float = 0.0
    """Seconds that probes may take besides."""
    fewer: bool = False
    """Whether batches may have fewer tasks than was planned."""

    def run(self) -> None:
        """Scout each block that was not, and fit what it runs into the budget."""
        blocks = list(self._scouted())
        blocks.sort(key=lambda block: schedule.round_of(self.past, block))
        left = schedule.LATE * self.limits.budget - self.lab.elapsed() - self.after
        for place, block in enumerate(blocks):  # what a short one does not need, the others may
            others = len(blocks) - place
            for entry in self._fitting(block, left / others, self.probes / others):
                self._add(entry)
            left -= min(left / others, WAYS[0][0] * schedule.round_of(self.past, block))
        if blocks and self.limits.rounds is None:
            self._say_where_too_long()

    def _say_where_too_long(self) -> None:
        """That one round takes longer than the budget, which then promises nothing."""
        took, budget = schedule.first_round(self.past), self.limits.budget
        if self.lab.elapsed() + took > schedule.LATE * budget:
            line = (
                f"one round takes about {brief(took)}, more than a budget of {budget:g} s has: "
                "there is one, and a longer --budget has time for several"
            )
            self._add({"event": "trouble", "lines": [line]})

    def _scouted(self) -> Iterator[int]:
        for planned in self.past.plan:
            known = planned.block in self.past.seconds_per_task
            if planned.reason or not planned.reference or known:
                continue
            scouting = self.lab.scout(planned, self.limits.patience(None))
            if not isinstance(scouting, Failed):  # its first round says why
                self._add({"event": "scouted", "block": planned.block, **vars(scouting)})
                yield planned.block

    def _fitting(self, block: int, seconds: float, probes: float) -> list[Event]:
        """What must be less for rounds of a block, and its probes, that take so long together."""
        whole = self._sizes(block, 1, False)
        if not self.fewer or not schedule.long_batches(self._trial(whole), block, MOSTLY):
            return whole
        found = []
        for rounds, first_counts, probed in WAYS:
            room = seconds - probes * probed
            for parts in self._parts(block):
                sizes = self._sizes(block, parts, first_counts)
                took = schedule.round_of(self._trial(sizes), block)
                if rounds * took <= room:
                    return sizes
                found.append((took, parts, sizes))
        return min(found, key=lambda one: one[:2])[2]

    def _parts(self, block: int) -> list[int]:
        """1, 2, 4 ...: what the tasks of a batch may be divided by, one for each CPU left."""
        tasks = self._tasks(block)
        return [parts for n in range(tasks.bit_length()) if tasks // (parts := 1 << n) >= cpus()]

    def _tasks(self, block: int) -> int:
        return next(one.cell.tasks for one in self.past.plan if one.block == block)

    def _sizes(self, block: int, parts: int, first_counts: bool) -> list[Event]:
        """The entries for a batch of a part of the tasks, and a sample of those in turn."""
        blocks = len({one.block for one in self.past.plan})
        tasks = self._tasks(block) // parts
        some = sample(self.past.seconds_per_task[block], tasks, self.limits.budget / blocks)
        entries: list[Event] = []
        if parts > 1:
            entries.append({"event": "fewer", "block": block, "tasks": tasks})
        if some < tasks:
            entries.append({"event": "sampled", "block": block, "tasks": some})
        if first_counts:
            entries.append({"event": "first-counts", "block": block})
        return entries

    def _trial(self, entries: list[Event]) -> History:
        return History(self.past.plan, [*self.past.entries, *entries])

    def _add(self, event: Mapping[str, Any]) -> None:
        entry = {**event, "elapsed": round(self.lab.elapsed(), 3)}
        self.record(entry)
        self.past.add(entry)


def sample(seconds_per_task: float, tasks: int, budget: float) -> int:
    """How many tasks of a batch the reference can afford; all, unless it is too slow.

    `budget` is in seconds for all its rounds, each with two batches.
    """
    if tasks * seconds_per_task <= max(2 * SHORTEST_SAMPLE, budget / ROUNDS / 2):
        return tasks
    fitting = SHORTEST_SAMPLE / seconds_per_task
    return min(tasks, 1 << max(0, int(fitting).bit_length() - 1))
