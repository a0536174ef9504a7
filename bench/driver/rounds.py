"""Rounds over all cells, each in a new order, until the budget or the caller's rule ends them.

The lab measures and the clock ticks elsewhere, so that tests can do both by reporting numbers.  A
round to which the machine gave much less is measured again as a whole.  Where no whole round fits
any more, blocks that do have one more, whatever they have shown so far.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias

from ..machine.canary import MUCH_LESS, is_low
from ..plan.cells import PlannedCell, shuffled
from ..processes.outputs import Failed
from ..store.state import History, Startup
from . import groups
from .forks import explained
from .schedule import LATE, block_seconds, first_round, last_round

if TYPE_CHECKING:
    from .lab import Lab


@dataclass(frozen=True)
class Visit:
    """One worker process of a cell in a round."""

    planned: PlannedCell
    round: int
    position: int
    loops: int
    """Batches of a value; 0 where the worker is to find out how many make one long enough."""
    tasks: int
    head: int
    """Tasks that the reference runs; where those are fewer, they have a digest of their own."""
    timeout: float
    """Seconds after which the worker is killed."""
    values: int = 1
    parts: int = 1
    part: int | None = None
    """Into how many parts a batch in turn falls, and which of them alone is run."""
    first_counts: bool = False
    """Whether the first batch is the value: tasks take too long to run them twice."""
    beside: int = 0
    """So many other workers open at the same time, each of about `opening_bytes`."""
    opening_bytes: int = 0


@dataclass(frozen=True)
class Measurement:
    """What a worker gave back: `seconds` a batch (of its faster values), answers, pyperf's JSON.

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
    usual: float | None = None
    """The median of its values, in seconds."""
    took: float | None = None
    """Seconds of its worker, of its own turns alone."""
    turns: Sequence[float] = ()
    """When each of its values began, in seconds of the run."""
    part_answers: Sequence[str] = ()
    part_seconds: Sequence[float] = ()
    loops: int = 1


GLANCE_SECONDS = 4.0
"""A round that has lasted longer since the last look at the machine is looked at between groups."""
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

AS_EXPECTED = 1.5
"""Times what opening should take: what a worker has for it, however long that is."""
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

    def patience(self, batch: float | None, longest: float = 0.0, expected: float = 0.0) -> float:
        """How long a worker may take, from the time of its batch in turn (None: unknown).

        `longest` is what its lanes may take to open, `expected` what they should, in seconds.
        """
        if self.timeout is not None:
            return self.timeout
        most = max(PATIENCE_MOST, self.budget)
        usual = PATIENCE_UNKNOWN if batch is None else min(PATIENCE + 4 * 2 * batch, most)
        return usual + min(2 * longest, max(most, AS_EXPECTED * expected))

    def opening(
        self, batch: float | None, planned: PlannedCell, lane: Startup | None, workers: int = 1
    ) -> float:
        """The patience with one of so many workers that open at the same time: one by one at worst.

        What lanes of the cell take follows from those of one `lane`.
        """
        longest, expected = groups.longest_start(planned, lane), groups.starting(planned, lane)
        return self.patience(batch, workers * longest, workers * expected)


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
    values: Callable[[float], int] | None = None
    """From the seconds of a batch to the values that a process gives; None: as many as pay."""
    after: Callable[[], float] = lambda: 0.0
    """Seconds that what comes after the rounds will take."""
    _kept: dict[int, int] = field(default_factory=dict)
    """The turns of a group, which stay: rounds of another number would not be like the others."""

    def run(self, wanted: Wanted) -> None:
        """Measure until nothing is wanted, the rounds are done or the budget is spent."""
        self._canary()
        if owed := self.history.unvisited():
            self._measure(owed)
            self._canary()
        while upcoming := self._repeat() or self._next(wanted):
            self._add({"event": "round", "round": self.history.rounds, **upcoming})
            self._measure(upcoming["order"])
            self._canary()
            self.save()

    def _canary(self) -> None:
        """Between two rounds it is the end of one and the beginning of the other."""
        self._add({"event": "canary", **self.lab.canary()})

    def _glance(self) -> None:
        """Look at the machine while the round goes on, if the last look is some time ago."""
        looks = (one for one in reversed(self.history.entries) if one["event"] in LOOKS)
        if self.lab.elapsed() - next(looks)["elapsed"] >= GLANCE_SECONDS:
            self._add({"event": "glance", "together": self.lab.glance()})

    def _repeat(self) -> dict[str, Any]:
        # Before the caller's rule is asked: it looks once at each number of rounds.
        if not self.history.rounds or self._late():
            return {}
        again = due(self.history)
        return {} if again is None else {"order": self.history.still(again), "again": again}

    def _next(self, wanted: Wanted) -> dict[str, Any]:
        number, limits = self.history.rounds, self.limits
        if limits.rounds is not None and self.history.counted >= limits.rounds:
            return {}
        late = bool(number) and self._late()
        if late and (self.values is not None or number - 1 in self.history.partial):
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
        if late:
            order = self._fitting(order)
            return {"order": order, "partial": True} if order else {}
        return {"order": order} if order else {}

    def _late(self) -> bool:
        """Whether one more round would end too late."""
        return last_round(self.history) > self._left()

    def _left(self) -> float:
        """Seconds for rounds, before what comes after them."""
        return LATE * self.limits.budget - self.after() - self.lab.elapsed()

    def _fitting(self, order: Sequence[int]) -> list[int]:
        """The cells of those blocks that still fit, in the order of the round.

        What they have shown has no say in it: an interval that stops when it pleases covers less.
        """
        of = {planned.id: planned.block for planned in self.plan}
        left, chosen = self._left(), set[int]()
        for block in dict.fromkeys(of[cell] for cell in order):
            took = block_seconds(self.history, [cell for cell in order if of[cell] == block])
            if took <= left:
                chosen.add(block)
                left -= took
        return [cell for cell in order if of[cell] in chosen]

    def _measure(self, order: Sequence[int]) -> None:
        """Visit the cells of a round, those that are compared together."""
        together = groups.groups(order, self.plan)
        for cells, turns in zip(together, self._turns(together), strict=True):
            self._glance()
            random = Random(f"{self.seed}/{self.history.rounds}/{cells[0]}")
            while cells := [cell for cell in cells if not self.history.quarantined(cell)]:
                beside = groups.beside(cells, self.history)
                visits = [self._next_visit(cell, turns, beside) for cell in cells]
                alone = not beside and any(one.first_counts for one in visits)
                if alone or len(visits) == 1:
                    visits = visits[:1]
                    self.watch(visits[0])
                    outcomes = [self.lab.measure(visits[0])]
                else:
                    outcomes = self.lab.measure_in_turns(visits, random, self.watch)
                for visit, outcome in zip(visits, outcomes, strict=False):
                    self._add_visit(visit, outcome)
                cells = cells[len(outcomes) :]

    def _turns(self, together: Sequence[Sequence[int]]) -> list[int]:
        """How many turns each group has in this round: as many as in the one before, if any."""
        history, first = self.history, [one[0] for one in together]
        if self.values is not None:
            known = [(cell, history.first_seconds(cell)) for cell in first]
            return [
                1 if took is None else self.values(self._value(cell, took)) for cell, took in known
            ]
        of = {planned.id: planned.company for planned in self.plan}
        if any(of[cell] not in self._kept for cell in first):
            costs = [groups.costs(cells, history) for cells in together]
            found = groups.turns(costs, self._left(), history.counted - 1)
            if history.counted <= 1:  # the first round, of which nothing is known before
                return found
            self._kept.update({of[cell]: one for cell, one in zip(first, found, strict=True)})
        return [self._kept[of[cell]] for cell in first]

    def _value(self, cell: int, batch: float) -> float:
        """Seconds of a value, from those of a batch."""
        history = self.history
        return batch * history.loops.get(cell, 1) / history.parts_in_common(cell)

    @cached_property
    def _tight(self) -> bool:
        """Whether the budget holds few rounds, of which the first may not take the time of two."""
        few = groups.ENOUGH * first_round(self.history)
        return self.limits.rounds is None and few > LATE * self.limits.budget - self.after()

    def _add_visit(self, visit: Visit, outcome: Measurement | Failed) -> None:
        """Take in the outcome of a visit; the first of a cell also shows how long its batch is."""
        cell = visit.planned.id
        if not self.history.measured[cell]:
            outcome = explained(self.lab, visit, outcome)
        if isinstance(outcome, Measurement) and cell not in self.history.loops:
            self._add({"event": "loops", "cell": cell, "loops": outcome.loops})
        self._add(_entry(visit, outcome))
        known = outcome.part_seconds if isinstance(outcome, Measurement) else ()
        if visit.planned.reference and groups.even(known):
            self._add({"event": "parts", "block": visit.planned.block, "parts": visit.parts})

    def _next_visit(self, cell: int, values: int, beside: int) -> Visit:
        history, number = self.history, self.history.rounds - 1
        planned = next(one for one in self.plan if one.id == cell)
        in_turn = history.seconds_per_task.get(planned.block)
        parts, part = groups.portion(planned, history)
        if not history.measured[cell] and self.values is None:
            values = 1 if self._tight else groups.first_values(planned, history, parts)
        first_counts = planned.block in history.first_counts
        lane = history.startups.get(planned.block)
        return Visit(
            planned,
            number,
            history.orders[number].index(cell),
            history.loops.get(cell, int(first_counts)),
            history.measured_tasks(planned),
            history.samples.get(planned.block, 0),
            self.limits.opening(
                None if in_turn is None else in_turn * planned.cell.tasks,
                planned,
                lane,
                1 + beside,
            ),
            1 if first_counts else values,
            parts,
            part,
            first_counts,
            beside,
            lane.lane_bytes * planned.lanes if lane else 0,
        )

    def _add(self, event: Mapping[str, Any]) -> None:
        entry = {**event, "elapsed": round(self.lab.elapsed(), 3)}
        self.record(entry)
        self.history.add(entry)


LOOKS = ("canary", "glance")
LEFT_OUT = ("turns", "part_answers", "part_seconds")
"""What a journal does not say where there is none."""


def _entry(visit: Visit, outcome: Measurement | Failed) -> dict[str, Any]:
    """What the journal says of a visit."""
    place = {"cell": visit.planned.id, "round": visit.round, "position": visit.position}
    if isinstance(outcome, Failed):
        return {"event": "failed", **place, **vars(outcome)}
    part = {} if visit.part is None else {"part": visit.part}
    kept = {key: one for key, one in vars(outcome).items() if key not in LEFT_OUT or one}
    return {"event": "measured", **place, "tasks": visit.tasks, **part, **kept}
