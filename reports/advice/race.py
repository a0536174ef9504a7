"""Which cells are raced next, and when the best is known: successive elimination.

Even-Dar, Mannor and Mansour (2006), "Action Elimination and Stopping Conditions for the Multi-Armed
Bandit and Reinforcement Learning Problems", Journal of Machine Learning Research 7.

Workers double until that stops paying, then the middle between two is tried.  What is surely slower
than another is raced no more; the race ends when no other can be faster by the margin.  Both are
claims about one pair of cells, paired by round, and looked at only when it has 3, 6, 12, 24 ...
rounds.  The 5 % of errors allowed are spent over the looks, half of what is left at each, and over
the cells that could be raced: so the truth is beaten, or missed by more than the margin, in at most
5 % of races.  What is tried next rests on estimates alone, and claims nothing.

All follows from what was measured, so an interrupted race goes on as if nothing had happened.  The
driver runs this: no pandas, no numpy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..run.advice import Goal
from ..run.keys import MARGIN
from ..stats import ranks, robust, stopping

MISSES = 0.05
MOST_RUNGS = 6
"""Numbers of workers that the race tries of one strategy."""
GAIN = 0.02
"""Less is no reason for twice the workers."""
CHEAPER = math.log(2)
"""Where the least CPU or memory is looked for: who takes up to twice the least time may win."""
SHARED_ROUNDS = 6
"""Rounds that the best shares with the plain loop, for the interval of its speed-up."""
LADDER, LADDER_ROUNDS = 5, 3
"""Numbers of workers of the best, and rounds that all share, which tell where it stops."""

Times = Mapping[int, Mapping[int, float]]
"""Seconds by cell and round."""


@dataclass(frozen=True)
class Entrant:
    """A cell that could be raced: its strategy, workers, and the least seconds by prediction.

    One that is not `raced` was left out by prediction.
    """

    id: int
    strategy: str
    workers: int
    seconds: float
    raced: bool = True


@dataclass(frozen=True)
class Heat:
    """What the rounds so far show of the cells that ran; `entrants` is how many could have.

    `slack` is by how much the logarithm of the time may be larger and the cell stay in the race.
    """

    times: Times
    entrants: int
    margin: float
    slack: float = 0.0

    @cached_property
    def estimates(self) -> dict[int, float]:
        """The logarithm of each cell's seconds, as if all had run in the same rounds."""
        logs = {
            cell: {number: math.log(one) for number, one in own.items()}
            for cell, own in self.times.items()
            if own
        }
        rounds = {number for own in logs.values() for number in own}
        of_round = dict.fromkeys(rounds, 0.0)
        of_cell: dict[int, float] = {}
        for _ in range(30):  # cell and round add up: each in turn from the other
            of_cell = {
                cell: sum(one - of_round[number] for number, one in own.items()) / len(own)
                for cell, own in logs.items()
            }
            for number in rounds:
                there = [own[number] - of_cell[cell] for cell, own in logs.items() if number in own]
                of_round[number] = sum(there) / len(there)
            middle = sum(of_round.values()) / len(of_round)
            of_round = {number: one - middle for number, one in of_round.items()}
        return of_cell

    @cached_property
    def beaten(self) -> frozenset[int]:
        """The cells that are surely slower than another, by more than the slack."""
        return frozenset(
            one
            for one in self.times
            if any(
                centre - half > self.slack
                for other in self.times
                if other != one
                for centre, half in self._looks(one, other)
            )
        )

    @cached_property
    def best(self) -> int:
        """The fastest as it looks."""
        there = [one for one in self.estimates if one not in self.beaten] or [*self.estimates]
        return min(there, key=self.estimates.__getitem__)

    @property
    def rivals(self) -> list[int]:
        """The cells that could still be faster than the best by the margin, the nearest first."""
        left = (one for one in self.times if one not in {self.best, *self.beaten})
        open_ones = [one for one in left if not self.within(self.best, one)]
        return sorted(open_ones, key=self.estimates.__getitem__)

    def within(self, one: int, other: int) -> bool:
        """Whether `one` surely takes no more than the margin longer than the other."""
        most = math.log1p(self.margin)
        return any(centre + half < most for centre, half in self._looks(one, other))

    def more_rounds(self, one: int, other: int) -> int | None:
        """How many more would probably tell which is faster, or that it makes no difference.

        None where both share too few rounds to say.
        """
        ratio = ranks.log_ratio(self.times[one], self.times[other])
        if ratio is None:
            return None
        looks = 1 + stopping.looks(ratio.rounds, stopping.EARLY_LOOK)
        return ratio.more_rounds(self.margin, MISSES / self.entrants / (1 << looks))

    def equal(self, one: int, other: int) -> bool:
        """Whether they surely differ by less than the margin."""
        return self.within(one, other) and self.within(other, one)

    def _looks(self, one: int, other: int) -> Iterator[tuple[float, float]]:
        """The mean log ratio of both and half its interval, at each look that they had."""
        common = sorted(self.times[one].keys() & self.times[other].keys())
        look = stopping.EARLY_LOOK
        while look <= len(common):
            first = common[:look]
            ratio = ranks.log_ratio(
                *({number: self.times[cell][number] for number in first} for cell in (one, other))
            )
            assert ratio is not None  # two rounds are enough for one
            misses = MISSES / (2 * self.entrants) / (1 << stopping.looks(look, stopping.EARLY_LOOK))
            half = robust.quantile(look - 1, misses) * ratio.error if ratio.error else 0.0
            yield ratio.centre, half
            look *= 2


@dataclass(frozen=True)
class RaceRules:
    """The field and what ends the race; `ladder` is whether there is time to see where it stops."""

    field: tuple[Entrant, ...]
    margin: float = MARGIN
    slack: float = 0.0
    ladder: bool = True

    def heat(self, times: Times) -> Heat:
        """What times show; the error budget is for as many as could be tried."""
        own = {cell: one for cell, one in times.items() if one}
        most = LADDER + MOST_RUNGS * len({one.strategy for one in self.field})
        return Heat(own, min(most, len(self.field)), self.margin, self.slack)

    def wanted(self, times: Times, failed: Collection[int] = ()) -> frozenset[int]:
        """The cells of the next round, by seconds by cell and round; none when all is known."""
        there = [one for one in self.field if one.id not in failed]
        heat = self.heat({cell: own for cell, own in times.items() if cell not in failed})
        if not heat.times:
            return frozenset(one.id for one in self._opening(there))
        new = frozenset(one.id for one in self._new(there, heat))
        unknown = heat.rivals
        shared = self._shared(there, heat)
        if new or unknown:
            left = {one for one in heat.times if one not in heat.beaten}
            return frozenset({*left, *new, *shared})
        if readmitted := self._readmitted(there, heat):
            return frozenset({heat.best, *(one.id for one in readmitted)})
        return shared or (self._ladder(there, heat) if self.ladder else frozenset())

    def _opening(self, there: Sequence[Entrant]) -> list[Entrant]:
        """Of each strategy the fewest workers that may be its best, and half of those."""
        found = []
        for strategy in dict.fromkeys(one.strategy for one in there if one.raced):
            found += opening([one for one in there if one.strategy == strategy])
        return found

    def _new(self, there: Sequence[Entrant], heat: Heat) -> Iterator[Entrant]:
        leader = next(one for one in self.field if one.id == heat.best)
        for strategy in dict.fromkeys(one.strategy for one in there):
            own = [one for one in there if one.strategy == strategy]
            tried = [one for one in own if one.id in heat.times]
            if not tried:
                if any(one.raced for one in own):  # its first visit failed, or is still owed
                    yield from (one for one in opening(own) if one.raced)
                continue
            if all(one.id in heat.beaten for one in tried) or len(tried) >= MOST_RUNGS:
                continue
            doubled = list(self._doubled(own, tried, heat))
            yield from doubled
            if not doubled and strategy == leader.strategy:
                yield from self._between(own, tried, heat)

    def _doubled(
        self, own: Sequence[Entrant], tried: Sequence[Entrant], heat: Heat
    ) -> Iterator[Entrant]:
        """The next rung above while doubling pays, the one below while halving costs nothing."""
        rungs = ladder(own)
        known = [one for one in rungs if one in tried]
        if not known:
            return
        low, high = known[0], known[-1]
        above = [one for one in rungs if one.workers > high.workers]
        below = [one for one in rungs if one.workers < low.workers]
        estimate = heat.estimates
        if above and (
            len(known) == 1 or estimate[high.id] < estimate[known[-2].id] - math.log1p(GAIN)
        ):
            yield above[0]
        if (
            below
            and len(known) > 1
            and estimate[low.id] < estimate[known[1].id] + math.log1p(GAIN)
            and self._may_win(below[-1], heat)
        ):
            yield below[-1]

    def _between(
        self, own: Sequence[Entrant], tried: Sequence[Entrant], heat: Heat
    ) -> Iterator[Entrant]:
        """The middle between the best and a neighbour that is worse by more than the margin."""
        known = sorted(tried, key=_workers)
        place = next((at for at, one in enumerate(known) if one.id == heat.best), None)
        if place is None:
            return
        best = known[place]
        for neighbour in known[max(0, place - 1) : place] + known[place + 1 : place + 2]:
            gap = heat.estimates[neighbour.id] - heat.estimates[best.id]
            low, high = sorted((best.workers, neighbour.workers))
            inside = [one for one in own if low < one.workers < high and one not in tried]
            if gap > math.log1p(self.margin) and inside and self._may_win(inside[0], heat):
                yield inside[0]

    def _may_win(self, one: Entrant, heat: Heat) -> bool:
        """Whether its bound leaves room for it to be faster than the best, or as cheap."""
        return bool(one.seconds <= math.exp(heat.estimates[heat.best] + self.slack) * (1 + GAIN))

    def _readmitted(self, there: Sequence[Entrant], heat: Heat) -> list[Entrant]:
        """Strategies left out by prediction that may be faster than the best turned out to be."""
        tried = {one.strategy for one in there if one.id in heat.times}
        least = math.exp(heat.estimates[heat.best])
        found = []
        for strategy in dict.fromkeys(one.strategy for one in there):
            own = [one for one in there if one.strategy == strategy]
            if strategy not in tried and min(one.seconds for one in own) * (1 + GAIN) < least:
                found += opening(own)
        return found

    def _shared(self, there: Sequence[Entrant], heat: Heat) -> frozenset[int]:
        """The plain loop and the best, until they have enough rounds in common."""
        loop = next((one.id for one in there if one.strategy == "sequential"), None)
        if loop is None or loop == heat.best:
            return frozenset()
        both = heat.times.get(loop, {}).keys() & heat.times[heat.best].keys()
        return frozenset({loop, heat.best} if len(both) < SHARED_ROUNDS else ())

    def _ladder(self, there: Sequence[Entrant], heat: Heat) -> frozenset[int]:
        """Enough numbers of workers of the best, one of them beyond it, to see where it stops."""
        leader = next(one for one in self.field if one.id == heat.best)
        own = [one for one in there if one.strategy == leader.strategy]
        near = [one for one in own if one.workers <= 2 * leader.workers and one != leader]
        rungs_of = ladder(own)
        near.sort(key=lambda one: (one not in rungs_of, -one.workers))
        rungs = [leader.id, *(one.id for one in near[: LADDER - 1])]
        rounds = [set(heat.times.get(one, ())) for one in rungs]
        if len(rungs) < LADDER or len(set.intersection(*rounds)) >= LADDER_ROUNDS:
            return frozenset()
        return frozenset(rungs)


def opening(own: Sequence[Entrant]) -> list[Entrant]:
    """The fewest workers of a strategy that may be its best, by their bounds, and half of those."""
    rungs = ladder(own)
    least = min(one.seconds for one in rungs)
    place = next(at for at, one in enumerate(rungs) if one.seconds <= (1 + GAIN) * least)
    return rungs[max(0, place - 1) : place + 1]


def ladder(own: Sequence[Entrant]) -> list[Entrant]:
    """The numbers of workers of a strategy that doubling comes to, and the most there is."""
    most = max(one.workers for one in own)
    there = [one for one in own if one.workers == most or one.workers & (one.workers - 1) == 0]
    return sorted(there, key=_workers)


def rules(field: Iterable[Entrant], goal: Goal, margin: float = MARGIN) -> RaceRules:
    """Those of a goal: where not time is looked for, what is slower stays in the race."""
    slack = CHEAPER if goal in ("cpu", "memory") else 0.0
    return RaceRules(tuple(field), margin, slack, ladder=goal == "batch")


def _workers(one: Entrant) -> int:
    return one.workers
