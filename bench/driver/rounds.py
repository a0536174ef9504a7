"""Which round to measure again as a whole, because the machine gave it so much less.

Rounds over all cells, each in a new order, until the budget or the caller's rule says stop.

The lab measures and the clock ticks elsewhere, so that tests can do both by reporting numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeAlias

from ..engine import LONG_ENOUGH
from ..machine.canary import MUCH_LESS, is_low
from ..plan.cells import Planned, shuffled
from ..processes.outputs import Failed
from ..store.state import History
from .visits import Lab, Measured, Visit, entry

SHARE = 4
"""One repeat for so many rounds that count: what is low more often is how this machine is."""


def due(history: History) -> int | None:
    """The round that got least, if it is to be measured again now.

    Each is repeated once, and a repeat never is; not while the machine gives little or no more than
    then; and only if all its cells were still measured last, so that no block that was stopped is
    looked at again.
    """
    got, now = history.canaries.delivered(), history.canaries.now()
    if SHARE * (len(history.again) + 1) > history.counted or now is None or is_low(now, got):
        return None
    done = {*history.again, *history.again.values()}
    last = set(history.orders[-1])
    left = {
        number: cpus
        for number in history.low() - done
        if (cpus := got[number]) is not None
        and cpus < MUCH_LESS * now
        and last.issuperset(history.still(number))
    }
    return min(sorted(left), key=left.__getitem__, default=None)


Wanted: TypeAlias = Callable[[Sequence[Mapping[int, float]]], Collection[int]]
"""From the seconds of every round, by cell, to the cells still to be measured."""

ROUNDS = 6
"""Rounds that the slowest reference should leave time for."""
SHORTEST_SAMPLE = 1.0
"""Seconds that a sampled batch takes, so that its tasks are many enough to stand for the rest."""
PATIENCE, PATIENCE_UNKNOWN, PATIENCE_MOST = 10.0, 30.0, 60.0
"""Seconds for a worker to start and end; for one of which nothing is known; for any by default.
A worker that hangs costs the others this much of the budget, twice."""


@dataclass(frozen=True)
class Limits:
    """What ends a run, besides the caller's rule, and what ends a worker; in seconds."""

    budget: float
    rounds: int | None = None
    timeout: float | None = None

    def patience(self, batch: float | None) -> float:
        """How long a worker may take whose batch would take so long in turn (None: unknown)."""
        if self.timeout is not None:
            return self.timeout
        if batch is None:
            return PATIENCE_UNKNOWN
        return min(PATIENCE + 4 * 2 * batch, max(PATIENCE_MOST, self.budget))


@dataclass(frozen=True)
class Course:
    """One run of a plan: everything that a round needs."""

    plan: Sequence[Planned]
    history: History
    lab: Lab
    record: Callable[[Mapping[str, Any]], None]
    """Writes an entry to the journal; the course adds it to the history."""
    keep: Callable[[], None]
    """Is called after every round."""
    watch: Callable[[Visit], None]
    """Is told of every visit before it is made."""
    limits: Limits
    seed: int
    values: Callable[[float], int] = lambda seconds: 1
    """From the seconds of a batch to the values that a process gives."""

    def run(self, wanted: Wanted) -> None:
        """Measure until nothing is wanted, the rounds are done or the budget is spent."""
        self._scout()
        self._canary()
        if owed := self.history.unvisited():
            self._visit_all(self.history.rounds - 1, owed)
            self._canary()
        while begun := self._repeat() or self._next(wanted):
            self._add({"event": "round", "round": self.history.rounds, **begun})
            self._visit_all(self.history.rounds - 1, begun["order"])
            self._canary()
            self.keep()

    def _canary(self) -> None:
        """Told between two rounds, it is the end of one and the beginning of the other."""
        self._add({"event": "canary", **self.lab.canary()})

    def _repeat(self) -> dict[str, Any]:
        # Before the caller's rule is asked: it looks at so many rounds once.
        if not self.history.rounds or self.lab.elapsed() >= self.limits.budget:
            return {}
        again = due(self.history)
        return {} if again is None else {"order": self.history.still(again), "again": again}

    def _next(self, wanted: Wanted) -> dict[str, Any]:
        number, limits = self.history.rounds, self.limits
        if number and self.lab.elapsed() >= limits.budget:
            return {}
        if limits.rounds is not None and self.history.counted >= limits.rounds:
            return {}
        cells = self._asked(wanted)
        order = shuffled(cells, self.plan, Random(f"{self.seed}/{number}"))
        return {"order": order} if order else {}

    def _asked(self, wanted: Wanted) -> list[int]:
        asked = wanted(self.history.seconds())
        return [
            planned.id
            for planned in self.plan
            if planned.id in asked
            and not planned.reason
            and not self.history.quarantined(planned.id)
        ]

    def _visit_all(self, number: int, cells: Sequence[int]) -> None:
        order = self.history.orders[number] if cells else []
        by_id = {planned.id: planned for planned in self.plan}
        for cell in cells:
            planned = by_id[cell]
            tasks = self.history.measured_tasks(planned)
            head = self.history.samples.get(planned.block, 0)
            loops = self.history.loops.get(cell, 1)
            patience = self.limits.patience(self._in_turn(planned))
            place, values = order.index(cell), self._values(cell)
            self._visit(Visit(planned, number, place, loops, tasks, head, patience, values))

    def _values(self, cell: int) -> int:
        """As many for each of a pair, by what the first of them took at first."""
        known = self.history.first_seconds(cell)
        return 1 if known is None else self.values(known * self.history.loops.get(cell, 1))

    def _in_turn(self, planned: Planned) -> float | None:
        one = self.history.seconds_per_task.get(planned.block)
        return None if one is None else one * planned.cell.tasks

    def _visit(self, visit: Visit) -> None:
        self.watch(visit)
        cell = visit.planned.id
        outcome = self.lab.measure(visit)
        if isinstance(outcome, Measured) and cell not in self.history.loops:
            loops: int | Failed = 1
            if outcome.seconds < LONG_ENOUGH:
                loops = self.lab.calibrate(visit)
            if isinstance(loops, Failed):
                outcome = loops
            else:
                self._add({"event": "loops", "cell": cell, "loops": loops})
                if loops > 1:
                    outcome = self.lab.measure(replace(visit, loops=loops))
        self._add(entry(visit, outcome))

    def _scout(self) -> None:
        """Learn what a task takes in turn: it bounds the waiting, and says what to sample."""
        for planned in self.plan:
            if planned.reference and not planned.reason:
                self._scout_block(planned)

    def _scout_block(self, planned: Planned) -> None:
        if planned.block in self.history.seconds_per_task:
            return
        found = self.lab.scout(planned, self.limits.patience(None))
        if isinstance(found, Failed):
            return  # its first round tells why
        self._add({"event": "scouted", "block": planned.block, "seconds_per_task": found})
        blocks = len({p.block for p in self.plan})
        tasks = sample(found, planned.cell.tasks, self.limits.budget / blocks)
        if tasks < planned.cell.tasks:
            self._add({"event": "sampled", "block": planned.block, "tasks": tasks})

    def _add(self, told: Mapping[str, Any]) -> None:
        whole = {**told, "elapsed": round(self.lab.elapsed(), 3)}
        self.record(whole)
        self.history.add(whole)


def sample(seconds_per_task: float, tasks: int, budget: float) -> int:
    """How many tasks of a batch the reference can afford; all, unless it is too slow.

    `budget` is in seconds for all its rounds, each with two batches.
    """
    if tasks * seconds_per_task <= max(2 * SHORTEST_SAMPLE, budget / ROUNDS / 2):
        return tasks
    fitting = SHORTEST_SAMPLE / seconds_per_task
    return min(tasks, 1 << max(0, int(fitting).bit_length() - 1))
