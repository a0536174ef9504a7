"""How long the parts of a run take, and what there is time for: so it ends when it said it would.

Before the first round that follows from what was scouted of a task and a lane, afterwards from the
rounds themselves.  A reference that is too slow runs a sample, as does all else that runs one task
at a time.  Where that is not enough, all batches have fewer tasks; and where that is not either,
the first batch of a process counts, which otherwise warms up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from concbench.reports.numbers import brief

from ..machine.identity import cpus
from ..processes.outputs import Failed
from ..store.state import History, Startup
from . import groups

if TYPE_CHECKING:
    from ..plan.cells import PlannedCell
    from .lab import Lab
    from .rounds import Limits

    Event = dict[str, Any]

LATE = 1.08
"""Times the budget: the latest end that a run may expect when a round begins."""
ENDING_SECONDS = 1.5
"""What a command takes before its clock starts and after it stops: imports, plan, tables."""
PAGE_SECONDS = 4.0
"""The same for a page with its charts."""
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

    `startup_cpu` are those of CPU until the lane was open, `shared_cpu` of these those that other
    lanes of its process would share, `cpu_per_task` those of a task; `lane_bytes` are of memory.
    """

    seconds_per_task: float
    startup: float = 0.0
    startup_cpu: float = 0.0
    cpu_per_task: float = 0.0
    shared_cpu: float = 0.0
    lane_bytes: int = 0

    @property
    def lane(self) -> Startup:
        """What its process took besides tasks."""
        return Startup(self.startup, self.startup_cpu, self.shared_cpu, self.lane_bytes)


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
        blocks.sort(key=lambda block: round_of(self.past, block))
        left = LATE * self.limits.budget - self.lab.elapsed() - self.after
        for place, block in enumerate(blocks):  # what a short one does not need, the others may
            others = len(blocks) - place
            for entry in self._fitting(block, left / others, self.probes / others):
                self._add(entry)
            left -= min(left / others, WAYS[0][0] * round_of(self.past, block))
        if blocks and self.limits.rounds is None:
            self._say_where_too_long()

    def _say_where_too_long(self) -> None:
        """That one round takes longer than the budget, which then promises nothing."""
        took, budget = first_round(self.past), self.limits.budget
        if self.lab.elapsed() + took > LATE * budget:
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
        if not self.fewer or not long_batches(self._trial(whole), block, MOSTLY):
            return whole
        found = []
        for rounds, first_counts, probed in WAYS:
            room = seconds - probes * probed
            for parts in self._parts(block):
                sizes = self._sizes(block, parts, first_counts)
                took = round_of(self._trial(sizes), block)
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
        trial = History(self.past.plan, [*self.past.entries, *entries])
        trial.starts_alone = self.past.starts_alone
        return trial

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


def last_round(past: History) -> float:
    """Seconds of the last round that has ended, with its canary; 0 before that."""
    return [0.0, *past.round_times()][-1]


def block_seconds(past: History, cells: Sequence[int]) -> float:
    """What these have of a whole round's time, as its cells last took; infinite if not known.

    Workers that start at the same time take longer than they do alone.
    """
    whole = max({*range(past.rounds)} - past.partial)
    known = {cell: past.measured[cell] for cell in past.orders[whole]}
    last = {cell: runs[-1].get("took") or math.inf for cell, runs in known.items() if runs}
    took, of_all = sum(last.get(cell, math.inf) for cell in cells), sum(last.values())
    return took / of_all * last_round(past) if math.isfinite(took + of_all) else math.inf


def first_round(past: History) -> float:
    """What a round of all cells should take by what was scouted."""
    return sum(round_of(past, block) for block in {one.block for one in past.plan})


def round_of(past: History, block: int) -> float:
    """The same of the cells of one block."""
    own = _cells(past, block)
    return groups.starting_block(own, past) + sum(_batches(one, past) for one in own)


def long_batches(past: History, block: int, times: float) -> bool:
    """Whether its batches take more than so many times what starting its workers does."""
    own = _cells(past, block)
    batches = sum(_batches(one, past) for one in own)
    return batches > times * groups.starting_block(own, past)


def _cells(past: History, block: int) -> list[PlannedCell]:
    return [one for one in past.plan if one.block == block and not one.reason]


def _batches(planned: PlannedCell, past: History) -> float:
    """Its first batch, and one that is timed."""
    return (1 if planned.block in past.first_counts else 2) * batch(planned, past)


def batch(planned: PlannedCell, past: History) -> float:
    """What a batch should take at most, from a task in turn; 0 where none was scouted.

    Tasks that compute take turns in threads, for the GIL, and share the CPUs in children.
    """
    task, tasks = past.seconds_per_task.get(planned.block, 0.0), past.measured_tasks(planned)
    if planned.reference or planned.in_turn:
        return task * tasks
    computing = min(task, past.cpu_per_task.get(planned.block, 0.0))
    share = min(cpus(), planned.workers) if _in_children(planned) else 1
    return max(task * math.ceil(tasks / planned.workers), computing * tasks / share)


def _in_children(planned: PlannedCell) -> bool:
    return "start" in planned.cell.strategy.params
