"""Rounds over all cells, each in a new order, until the budget or the caller's rule ends them.

The lab measures and the clock ticks elsewhere, so that tests can do both by reporting numbers.  A
round to which the machine gave much less is measured again as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from ..engine import LONG_ENOUGH
from ..machine.canary import MUCH_LESS, is_low
from ..plan.cells import PlannedCell, shuffled
from ..processes.outputs import Failed
from ..store.state import History
from .forks import explained
from .schedule import LATE, last_round

if TYPE_CHECKING:
    from .lab import Lab


@dataclass(frozen=True)
class Visit:
    """One worker process of a cell in a round."""

    planned: PlannedCell
    round: int
    position: int
    loops: int
    tasks: int
    head: int
    """Tasks that the reference runs; where those are fewer, they have a digest of their own."""
    timeout: float
    """Seconds after which the worker is killed."""
    values: int = 1
    first_counts: bool = False
    """Whether the first batch is the value: tasks take too long to run them twice."""


@dataclass(frozen=True)
class Measurement:
    """What a worker gave back: `seconds` a batch (the median), its answers, pyperf's JSON.

    `one_shot` and `startup` are seconds too, `cpu` those of the whole tree per batch, `metrics`
    what the workload counted.  Where a probe pass was asked for, `memory` are its bytes, `p99` and
    `max_lag` its seconds; `absent` says why there are none, by the probe.
    """

    seconds: float
    answer: str
    head: str
    benchmark: str
    one_shot: float | None = None
    cpu: float | None = None
    memory: int | None = None
    startup: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    p99: float | None = None
    max_lag: float | None = None
    absent: Mapping[str, str] = field(default_factory=dict)


SHARE = 4
"""One repeat for this many rounds that count: what is low more often is how this machine is."""


def due(history: History) -> int | None:
    """The round that got least, if it is to be measured again now.

    A round is repeated once, a repeat never.  It waits until the machine gives more again, and all
    its cells must have been measured in the last round: a block that was stopped stays so.
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

PATIENCE, PATIENCE_UNKNOWN, PATIENCE_MOST = 10.0, 30.0, 60.0
"""Seconds for a worker to start and end; for one of which nothing is known; for any by default.
A worker that hangs costs the others this much of the budget, twice."""


@dataclass(frozen=True)
class Limits:
    """What ends a run, besides the caller's rule, and what ends a worker; in seconds.

    `budget` is for all of a run: scouting, rounds, probes and what shows them.
    """

    budget: float
    rounds: int | None = None
    timeout: float | None = None

    def patience(self, batch: float | None, startup: float = 0.0) -> float:
        """How long a worker may take, from the time of its batch in turn (None: unknown).

        `startup` is what its lanes should take to open, in seconds.
        """
        if self.timeout is not None:
            return self.timeout
        most = max(PATIENCE_MOST, self.budget)
        usual = PATIENCE_UNKNOWN if batch is None else min(PATIENCE + 4 * 2 * batch, most)
        return usual + min(2 * startup, most)


UNKNOWN_STARTUP = 0.0, 0.25
"""Of a lane that was not scouted: seconds, and those of CPU."""


def startup(planned: PlannedCell, lane: tuple[float, float] | None) -> float:
    """Seconds that the lanes of a cell should take to open at most, from those of one `lane`.

    Lanes that wait do so side by side.  Those that compute share what there is of the machine, and
    so do children, each of which may start an interpreter and import everything anew: at worst one
    after the other, twice as slowly as the one that was alone.
    """
    wall, cpu = lane or UNKNOWN_STARTUP
    return wall + 2 * cpu * planned.workers


@dataclass(frozen=True)
class Course:
    """One run of a plan: everything that a round needs."""

    plan: Sequence[PlannedCell]
    history: History
    lab: Lab
    record: Callable[[Mapping[str, Any]], None]
    """Writes an entry to the journal; the course adds it to the history."""
    save: Callable[[], None]
    """Is called after every round."""
    watch: Callable[[Visit], None]
    """Is called with every visit before it is made."""
    limits: Limits
    seed: int
    values: Callable[[float], int] = lambda seconds: 1
    """From the seconds of a batch to the values that a process gives."""
    after: Callable[[], float] = lambda: 0.0
    """Seconds that what comes after the rounds will take."""

    def run(self, wanted: Wanted) -> None:
        """Measure until nothing is wanted, the rounds are done or the budget is spent."""
        self._canary()
        if owed := self.history.unvisited():
            for cell in owed:
                self._visit(cell)
            self._canary()
        while upcoming := self._repeat() or self._next(wanted):
            self._add({"event": "round", "round": self.history.rounds, **upcoming})
            for cell in upcoming["order"]:
                self._visit(cell)
            self._canary()
            self.save()

    def _canary(self) -> None:
        """Between two rounds it is the end of one and the beginning of the other."""
        self._add({"event": "canary", **self.lab.canary()})

    def _repeat(self) -> dict[str, Any]:
        # Before the caller's rule is asked: it looks once at each number of rounds.
        if not self.history.rounds or self._late():
            return {}
        again = due(self.history)
        return {} if again is None else {"order": self.history.still(again), "again": again}

    def _next(self, wanted: Wanted) -> dict[str, Any]:
        number, limits = self.history.rounds, self.limits
        if number and self._late():
            return {}
        if limits.rounds is not None and self.history.counted >= limits.rounds:
            return {}
        still = wanted(self.history.seconds())
        cells = [
            planned.id
            for planned in self.plan
            if planned.id in still
            and not planned.reason
            and not self.history.quarantined(planned.id)
        ]
        order = shuffled(cells, self.plan, Random(f"{self.seed}/{number}"))
        return {"order": order} if order else {}

    def _late(self) -> bool:
        """Whether one more round, and what comes after it, would end too late."""
        end = self.lab.elapsed() + last_round(self.history) + self.after()
        return end > LATE * self.limits.budget

    def _visit(self, cell: int) -> None:
        if self.history.quarantined(cell):  # since the round began
            return
        visit = self._next_visit(cell)
        self.watch(visit)
        outcome = self.lab.measure(visit)
        if not self.history.measured[cell]:
            outcome = explained(self.lab, visit, outcome)
        if isinstance(outcome, Measurement) and cell not in self.history.loops:
            loops: int | Failed = 1
            if outcome.seconds < LONG_ENOUGH and not visit.first_counts:
                loops = self.lab.calibrate(visit)
            if isinstance(loops, Failed):
                outcome = loops
            else:
                self._add({"event": "loops", "cell": cell, "loops": loops})
                if loops > 1:
                    outcome = self.lab.measure(replace(visit, loops=loops))
        self._add(_entry(visit, outcome))

    def _next_visit(self, cell: int) -> Visit:
        history, number = self.history, self.history.rounds - 1
        planned = next(one for one in self.plan if one.id == cell)
        loops, first = history.loops.get(cell, 1), history.first_seconds(cell)
        in_turn = history.seconds_per_task.get(planned.block)
        return Visit(
            planned,
            number,
            history.orders[number].index(cell),
            loops,
            history.measured_tasks(planned),
            history.samples.get(planned.block, 0),
            self.limits.patience(
                None if in_turn is None else in_turn * planned.cell.tasks,
                startup(planned, history.startups.get(planned.block)),
            ),
            # As many for each of a pair, by the first value of the first of them.
            1 if first is None else self.values(first * loops),
            planned.block in history.first_counts,
        )

    def _add(self, event: Mapping[str, Any]) -> None:
        entry = {**event, "elapsed": round(self.lab.elapsed(), 3)}
        self.record(entry)
        self.history.add(entry)


def _entry(visit: Visit, outcome: Measurement | Failed) -> dict[str, Any]:
    """What the journal says of a visit."""
    place = {"cell": visit.planned.id, "round": visit.round, "position": visit.position}
    if isinstance(outcome, Failed):
        return {"event": "failed", **place, **vars(outcome)}
    return {"event": "measured", **place, "tasks": visit.tasks, **vars(outcome)}
