"""What a race found, as data: who is to be used, who is as good, who could still be faster."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..analysis import tables
from ..analysis.cells import Row
from ..run.advice import SIMPLEST_FIRST, Advice, Candidate
from ..run.schema import Planned
from ..run.stored import Stored
from . import prediction, race, workers
from .prediction import Premises
from .race import Entrant, Heat

CHEAPER = 0.9
"""Of the CPU of another: less is said to be cheaper."""


Basis = Literal["measured", "predicted", "open"]
Undecided = Literal["strategy", "workers"]
"""What could not be told: which strategy, or only how many workers of it."""


@dataclass(frozen=True)
class Remark:
    """A sentence about a topic, and what it rests on."""

    topic: str
    text: str
    basis: Basis = "measured"


@dataclass(frozen=True)
class Findings:
    """A race, read: the rows of its cells, and what its rounds show.

    `untried` would have been raced next: they may be faster by what the others did.
    """

    stored: Stored
    advice: Advice
    rows: tuple[Row, ...]
    heat: Heat
    untried: tuple[Entrant, ...] = ()

    @cached_property
    def allowed(self) -> list[Row]:
        """The rows that were measured and need no more memory than is allowed."""
        most = self.advice.max_memory_bytes
        return [
            row
            for row in self.rows
            if row.id in self.heat.times
            and (most is None or (row.peak_bytes is not None and row.peak_bytes <= most))
        ]

    @cached_property
    def near(self) -> list[Row]:
        """The allowed rows that may win: all, or where not time counts those fast enough."""
        if self.advice.goal in ("batch", "one-shot") or not self.allowed:
            return self.allowed
        known = self.heat.estimates
        least = min(known[row.id] for row in self.allowed)
        return [row for row in self.allowed if known[row.id] <= least + race.CHEAPER]

    @cached_property
    def prices(self) -> Heat:
        """The race by what the goal looks for: seconds, or CPU seconds of a batch."""
        if self.advice.goal != "cpu":
            return self.heat
        spent = {
            row.id: {
                one.round: one.cpu_seconds for one in self.stored.of(row.id) if one.cpu_seconds
            }
            for row in self.near
        }
        own = {cell: one for cell, one in spent.items() if one}
        return Heat(own, self.heat.margin)  # no bounds are known of it

    @cached_property
    def best(self) -> Row | None:
        """What is best for the goal, as it looks; None where nothing was measured or is allowed."""
        if not self.near:
            return None
        if self.advice.goal == "memory":
            return min(self.near, key=lambda row: (row.peak_bytes or math.inf, row.id))
        known = self.prices.cautious
        return min(self.near, key=lambda row: known.get(row.id, math.inf))

    @cached_property
    def use(self) -> Row | None:
        """The best, or the fewest workers that look as good where only their number is open."""
        best = self.best
        if best is None or best.id not in self._kinds or self.untried:
            return best
        chosen = workers.advised(self.prices, best.id, self._kinds)
        return next(row for row in self.near if row.id == chosen)

    @cached_property
    def _kinds(self) -> dict[int, tuple[str, int]]:
        """What may win, by cell: none where no interval tells, which memory has not."""
        if self.advice.goal == "memory":
            return {}
        return {
            row.id: (row.strategy, workers_of(row))
            for row in self.near
            if row.id in self.prices.times
        }

    @cached_property
    def rivals(self) -> list[Row]:
        """Those that could still be better than what is to be used, by the margin."""
        use, others = self.use, [row for row in self.near if row != self.use]
        if use is None:
            return []
        if self.advice.goal == "memory":  # one pass each, and no interval
            return [row for row in others if row.peak_bytes is None or use.peak_bytes is None]
        if use.id not in self._kinds:
            return others
        by_id = {row.id: row for row in others}
        return [by_id[one] for one in self.prices.threats(use.id, self._kinds)]

    @property
    def decided(self) -> bool:
        """Whether what is to be used is surely within the margin of the best, and all was tried."""
        return self.use is not None and self.undecided is None

    @cached_property
    def undecided(self) -> Undecided | None:
        """What is open of what is to be used; None where nothing is, or nothing is to be used."""
        use = self.use
        if use is None:
            return None
        if len(self.allowed) < 2 and not self.unrivalled:
            return "strategy"
        others = {row.strategy for row in self.rivals} | {one.strategy for one in self.untried}
        if not others:
            return None
        number_only = others == {use.strategy} and self.advice.goal != "memory"
        return "workers" if number_only else "strategy"

    @property
    def number_open(self) -> bool:
        """Whether nothing is open but with how many workers, of those that were tried."""
        return self.undecided == "workers" and not self.untried

    @cached_property
    def hardly(self) -> list[Row]:
        """The rivals that ran with what is to be used in too few rounds to say anything of both."""
        if self.use is None or self.use.id not in self._kinds:
            return []
        ran = workers.ran_with(self.prices, self.use.id, self._kinds)
        return [row for row in self.rivals if row.id not in ran]

    @cached_property
    def gain(self) -> float | None:
        """By how much another number of workers may be faster at most, where only that is open.

        That is of those that ran enough with what is to be used; None where no rival did.
        """
        if self.use is None or not self.number_open or len(self.hardly) == len(self.rivals):
            return None
        return workers.gain(self.prices, self.use.id, self._kinds)

    @property
    def unrivalled(self) -> bool:
        """Whether all others were left out by their bounds."""
        return sum(not one.reason for one in self.advice.candidates) == 1

    @cached_property
    def as_good(self) -> list[Row]:
        """Of other strategies, or with fewer workers: surely within the margin, simplest first."""
        if self.use is None:
            return []
        found: dict[str, Row] = {}
        for row in sorted(self.allowed, key=lambda one: (simplicity(one.strategy), one.workers)):
            if row.id == self.use.id or row.id not in self.prices.times:
                continue
            if self.prices.equal(row.id, self.use.id) and self.advice.goal != "memory":
                found.setdefault(row.strategy, row)
        fewer = self.use.strategy, workers_of(self.use)
        return [
            row for row in found.values() if row.strategy != fewer[0] or workers_of(row) < fewer[1]
        ]

    def is_simpler(self, row: Row) -> bool:
        """Whether it is simpler than what is to be used."""
        return self.use is not None and simplicity(row.strategy) < simplicity(self.use.strategy)

    @property
    def loop(self) -> Row | None:
        """The row of the plain loop, where it was measured."""
        there = (row for row in self.rows if row.reference and row.batch_seconds is not None)
        return next(there, None)

    @property
    def failed(self) -> list[Row]:
        """The rows that failed."""
        return [row for row in self.rows if row.status == "failed"]

    def best_of(self, strategy: str) -> Row | None:
        """The fastest of a strategy, as it looks."""
        own = [row for row in self.rows if row.strategy == strategy and row.id in self.heat.times]
        return min(own, key=lambda row: self.heat.estimates[row.id], default=None)

    def candidate(self, row: Row) -> Candidate:
        """What was predicted of it."""
        key = row.strategy, workers_of(row)
        there = {(one.strategy, one.workers): one for one in self.advice.candidates}
        return there.get(key, Candidate(row.strategy, row.workers, math.nan))

    @property
    def premises(self) -> Premises | None:
        """What predictions rest on; None where the look found nothing."""
        look = self.advice.look
        return None if look is None else prediction.premises(self.advice, look)


def find(stored: Stored) -> Findings | None:
    """What the race of a stored advice found; None of any other run."""
    advice = stored.advice
    if advice is None:
        return None
    groups = tables.blocks(stored)
    rows = groups[0].rows if groups else ()
    times = {cell.id: _times(stored, cell, advice) for cell in stored.run.cells}
    rules = race.rules(_field(advice, stored.run.cells), advice.goal, stored.run.margin)
    absent = [cell.id for cell in stored.run.cells if cell.status in ("failed", "unavailable")]
    untried = rules.untried(times, absent)
    left = tuple(one for one in rules.field if one.id in untried)
    return Findings(stored, advice, tuple(rows), rules.heat(times), left)


def _field(advice: Advice, cells: Sequence[Planned]) -> list[Entrant]:
    ids = {(one.strategy.name, int(one.strategy.params.get("workers", 1))): one.id for one in cells}
    return [
        Entrant(ids.get((one.strategy, one.workers), ~place), *_about(one))
        for place, one in enumerate(advice.candidates)
    ]


def _about(one: Candidate) -> tuple[str, int, float, bool, bool]:
    return one.strategy, one.workers, one.seconds, not one.reason, one.usual


def _times(stored: Stored, cell: Planned, advice: Advice) -> Mapping[int, float]:
    if cell.status != "measured":
        return {}
    if advice.goal != "one-shot":
        return stored.times(cell.id)
    return {one.round: one.one_shot_seconds for one in stored.of(cell.id)}


def simplicity(strategy: str) -> int:
    """The place of a strategy in SIMPLEST_FIRST."""
    return SIMPLEST_FIRST.index(strategy) if strategy in SIMPLEST_FIRST else len(SIMPLEST_FIRST)


def workers_of(row: Row) -> int:
    """The workers that it was given."""
    return int(row.strategy_params.get("workers", 1))


def called(row: Row) -> str:
    """`asyncio with 32 in flight`, `threading with 8 workers`, `a plain loop`."""
    if row.strategy == "sequential":
        return "a plain loop"
    count = workers_of(row)
    what = "in flight" if row.strategy == "asyncio" else "worker" if count == 1 else "workers"
    return f"{row.strategy} with {count} {what}"
