"""Which cells are raced next, and when the best is known: successive elimination.

Workers double until that stops paying, then the middle between two is tried.  What is surely slower
than another is raced no more, and the race ends when the best is probably good: when the chances
of all others to be faster by more than the margin add up to 5 % at most.  That is the probability
of good selection, by Bonferroni, which Branke, Chick and Schmidt (2007), "Selecting a Selection
Procedure", Management Science 53, found to end far sooner than rules for the worst case, and to be
right as often as it says; `benchmarks/advice_races.py` measures that of this race.

Chances are those of a pair of cells, paired by round, by Student's t.  Three rounds tell little of
a pair's own noise, so what all that come near the best show of it counts as PRIOR more: Smyth
(2004), "Linear models and empirical Bayes methods for assessing differential expression in
microarray experiments", Statistical Applications in Genetics and Molecular Biology 3.  What is
tried next rests on estimates alone, and claims nothing.

All follows from what was measured, so an interrupted race goes on as if nothing had happened.  The
driver runs this: no pandas, no numpy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from statistics import fmean

from ..run.advice import Goal
from ..run.keys import MARGIN
from ..stats import intervals, ranks, robust

MISSES = 0.05
"""Of made-up races with noise of 0.5 to 5 % a value, 1 % were wrong with it and 4 to 14 % open in
the end; where all others are 6 % slower than the best, up to 4 %."""
FEWEST = 3
"""Rounds that two cells share before anything is said of them."""
PRIOR = 4
"""Degrees of freedom for which the noise of what comes near counts beside that of a pair."""
MOST_RUNGS = 6
"""Numbers of workers that the race tries of one strategy."""
TINY = 1e-12
"""Seconds: less than anything takes."""
GAIN = 0.02
"""Less is no reason for twice the workers."""
CHEAPER = math.log(2)
"""Where the least CPU or memory is looked for: who takes up to twice the least time may win."""
SHARED_ROUNDS = 4
"""Rounds that the best shares with the plain loop, for the interval of its speed-up."""
FAR = 1.5
"""Times as slow by its bound as the best is: a look on a busy machine is wrong by less."""
NEAR = math.log(1.3)
"""A strategy that looks slower by more will hardly win: meanwhile the ladder of the best is run."""
LADDER, LADDER_ROUNDS = 5, 3
"""Numbers of workers of the best, and rounds that all share, which tell where it stops."""

Times = Mapping[int, Mapping[int, float]]
"""Seconds by cell and round."""


@dataclass(frozen=True)
class Entrant:
    """A cell that could be raced: its strategy, workers, and the least seconds by prediction.

    One that is not `raced` was left out by prediction; one that is not `usual` has more workers
    than a race begins with.
    """

    id: int
    strategy: str
    workers: int
    seconds: float
    raced: bool = True
    usual: bool = True


@dataclass(frozen=True)
class Heat:
    """What the rounds so far show of the cells that ran.

    `slack` is by how much the logarithm of the time may be larger and the cell stay in the race;
    `bounds` are the least seconds of cells by prediction.
    """

    times: Times
    margin: float
    slack: float = 0.0
    bounds: Mapping[int, float] = field(default_factory=dict)

    @cached_property
    def estimates(self) -> dict[int, float]:
        """The logarithm of each cell's seconds, as if all had run in the same rounds."""
        return added(self.times)[0]

    @cached_property
    def noise(self) -> tuple[float, int]:
        """The variance of a logarithm in a round and its degrees of freedom, of all that come near.

        What a round and a cell add is taken out; 0 where too little ran to tell.
        """
        most = min(self.estimates.values(), default=0.0) + NEAR
        times = {one: own for one, own in self.times.items() if self.estimates[one] <= most}
        of_cell, of_round = added(times)
        residuals = [
            math.log(seconds) - of_cell[one] - of_round[number]
            for one, own in times.items()
            for number, seconds in own.items()
        ]
        freedom = len(residuals) - len(of_cell) - len(of_round) + 1
        if freedom < 1:
            return 0.0, 0
        return math.fsum(one * one for one in residuals) / freedom, freedom

    @cached_property
    def cautious(self) -> dict[int, float]:
        """The estimates, each with its standard error added: one lucky round makes no best."""
        variance, _ = self.noise
        known = self.estimates
        return {one: known[one] + math.sqrt(variance / len(self.times[one])) for one in known}

    @cached_property
    def beaten(self) -> frozenset[int]:
        """The cells that are surely slower than another, by more than the slack."""
        return frozenset(
            one
            for one in self.times
            if any(
                self.chance(other, one, -self.slack) <= self.misses
                for other in self.times
                if other != one
            )
        )

    @cached_property
    def best(self) -> int:
        """The fastest as it looks."""
        there = [one for one in self.estimates if one not in self.beaten] or [*self.estimates]
        return min(there, key=self.cautious.__getitem__)

    @cached_property
    def hopeless(self) -> frozenset[int]:
        """The cells whose bound alone is FAR times what the best takes: one round is enough.

        None where the best is faster than its own bound, for then bounds are not to be trusted.
        """
        took = math.exp(self.estimates[self.best]) if self.times else 0.0
        if self.bounds.get(self.best, 0.0) > took:
            return frozenset()
        most = FAR * took * math.exp(self.slack)
        return frozenset(one for one in self.times if self.bounds.get(one, 0.0) > most)

    @cached_property
    def rivals(self) -> list[int]:
        """The cells that could still be faster than the best by the margin, the nearest first."""
        return self.threats(self.best, self.times)

    def threats(self, best: int, others: Iterable[int]) -> list[int]:
        """Those of others that could be faster by the margin than this one, the nearest first.

        The chances of those that are left out add up to MISSES at most.
        """
        most = math.log1p(self.margin)
        left = {*others} - {best} - self.hopeless
        chances = {one: self.chance(best, one, most) for one in left}
        ranked = sorted(chances, key=chances.__getitem__)
        sums = accumulate(chances[one] for one in ranked)
        open_ones = [one for one, whole in zip(ranked, sums, strict=True) if whole > MISSES]
        return sorted(open_ones, key=self.estimates.__getitem__)

    @property
    def misses(self) -> float:
        """How often a claim about a single pair may be wrong, as all of them may be in MISSES."""
        return MISSES / max(1, len(self.times) - 1)

    def within(self, one: int, other: int) -> bool:
        """Whether `one` surely takes no more than the margin longer than the other."""
        return self.chance(one, other, math.log1p(self.margin)) <= self.misses

    def equal(self, one: int, other: int) -> bool:
        """Whether they surely differ by less than the margin."""
        return self.within(one, other) and self.within(other, one)

    def more_rounds(self, one: int, other: int) -> int | None:
        """How many more would probably tell which is faster, or that it makes no difference.

        None where both share too few rounds to say.
        """
        ratio = ranks.log_ratio(self.times[one], self.times[other])
        return None if ratio is None else ratio.more_rounds(self.margin, 2 * self.misses)

    def chance(self, one: int, other: int, more: float) -> float:
        """How likely the logarithm of the ratio of both is larger.

        Below FEWEST common rounds it is 1, but for what looks slower by NEAR more, which is told by
        the noise of the others.
        """
        logarithms = intervals.log_ratios(self.times[one], self.times[other])
        rounds, (variance, known) = len(logarithms), self.noise
        prior = max(0, min(PRIOR, known - (rounds - 1)))  # of what is not the pair's own
        above = fmean(logarithms) - more if rounds else 0.0
        if rounds < FEWEST and (prior < PRIOR or above > -NEAR):
            return 1.0
        freedom = rounds - 1 + prior
        own = rounds * (rounds - 1) * intervals.standard_error(logarithms) ** 2 if rounds > 1 else 0
        error = math.sqrt((own + prior * 2 * variance) / freedom / rounds)
        return robust.above(freedom, -above / error) if error else float(above > 0)


def added(times: Times) -> tuple[dict[int, float], dict[int, float]]:
    """What each cell and each round adds to a logarithm of seconds; rounds add 0 on average."""
    logs = {
        cell: {number: math.log(one) for number, one in own.items()} for cell, own in times.items()
    }
    of_round = dict.fromkeys({number for own in logs.values() for number in own}, 0.0)
    of_cell: dict[int, float] = {}
    for _ in range(30):  # each in turn from the other
        of_cell = {
            cell: fmean(one - of_round[number] for number, one in own.items())
            for cell, own in logs.items()
        }
        for number in of_round:
            there = [own[number] - of_cell[cell] for cell, own in logs.items() if number in own]
            of_round[number] = fmean(there)
        middle = fmean(of_round.values())
        of_round = {number: one - middle for number, one in of_round.items()}
    return of_cell, of_round


@dataclass(frozen=True)
class RaceRules:
    """The field and what ends the race; `ladder` is whether there is time to see where it stops."""

    field: tuple[Entrant, ...]
    margin: float = MARGIN
    slack: float = 0.0
    ladder: bool = True

    def heat(self, times: Times) -> Heat:
        """What times show."""
        own = {cell: one for cell, one in times.items() if one}
        bounds = {one.id: one.seconds for one in self.field}
        return Heat(own, self.margin, self.slack, bounds)

    def wanted(self, times: Times, failed: Collection[int] = ()) -> frozenset[int]:
        """The cells of the next round, by seconds by cell and round; none when all is known."""
        there = [one for one in self.field if one.id not in failed]
        heat = self.heat({cell: own for cell, own in times.items() if cell not in failed})
        if not heat.times:
            return frozenset(one.id for one in self._opening(there))
        new = self.untried(times, failed)
        more = self._shared(there, heat)
        if self.ladder and not new and self._alone(heat):
            more |= self._ladder(there, heat)
        if new or heat.rivals:
            # Where what is slower may be cheaper, all that may win is measured.
            left = heat.times.keys() - heat.beaten - heat.hopeless if self.slack else ()
            return frozenset({heat.best, *heat.rivals, *left, *new, *more})
        return more

    def untried(self, times: Times, failed: Collection[int] = ()) -> frozenset[int]:
        """The cells that ran in no round yet, and may be faster by what the others did."""
        there = [one for one in self.field if one.id not in failed]
        heat = self.heat({cell: own for cell, own in times.items() if cell not in failed})
        if not heat.times:
            return frozenset()
        new, leader = list(self._new(there, heat)), self._leader(heat)
        if all(one.workers < leader.workers for one in new):  # it will hardly get faster
            new += self._readmitted(there, heat)
        return frozenset(one.id for one in new)

    def _leader(self, heat: Heat) -> Entrant:
        return next(one for one in self.field if one.id == heat.best)

    def _opening(self, there: Sequence[Entrant]) -> list[Entrant]:
        """Of each strategy the fewest workers that may be its best."""
        strategies = dict.fromkeys(one.strategy for one in there if one.raced)
        return [opening([one for one in there if one.strategy == name]) for name in strategies]

    def _new(self, there: Sequence[Entrant], heat: Heat) -> Iterator[Entrant]:
        leader = self._leader(heat)
        for strategy in dict.fromkeys(one.strategy for one in there):
            own = [one for one in there if one.strategy == strategy]
            tried = [one for one in own if one.id in heat.times]
            if not tried:
                if (first := opening(own)).raced:  # its first visit failed, or is still owed
                    yield first
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
            len(known) == 1 or heat.cautious[high.id] < estimate[known[-2].id] - math.log1p(GAIN)
        ):
            yield above[0]
        if (
            below
            and (len(known) == 1 or estimate[low.id] < estimate[known[1].id] + math.log1p(GAIN))
            and below[-1].seconds <= math.exp(estimate[heat.best] + self.slack) * (1 + GAIN)
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
        """Whether its bound leaves room for it to be faster than the best by the margin.

        More processes than usual cost far more than their bound says.
        """
        room = math.log1p(self.margin) if one.usual else NEAR
        return bool(math.log(one.seconds or TINY) + room < heat.estimates[heat.best] + self.slack)

    def _alone(self, heat: Heat) -> bool:
        """Whether no other strategy comes near the best one, as it looks."""
        strategies = {one.id: one.strategy for one in self.field}
        most = heat.estimates[heat.best] + NEAR
        near = {strategies[one] for one in heat.rivals if heat.estimates[one] < most}
        return near <= {strategies[heat.best]}

    def _readmitted(self, there: Sequence[Entrant], heat: Heat) -> list[Entrant]:
        """Strategies left out by prediction that may be faster than the best turned out to be."""
        tried = {one.strategy for one in there if one.id in heat.times}
        found = []
        for strategy in dict.fromkeys(one.strategy for one in there if one.strategy not in tried):
            own = [one for one in there if one.strategy == strategy and self._may_win(one, heat)]
            if own:
                found.append(opening(own))
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
        leader = self._leader(heat)
        own = [one for one in there if one.strategy == leader.strategy]
        near = [one for one in own if one.workers <= 2 * leader.workers and one != leader]
        rungs_of = ladder(own)
        near.sort(key=lambda one: (one not in rungs_of, -one.workers))
        rungs = [leader.id, *(one.id for one in near[: LADDER - 1])]
        rounds = [set(heat.times.get(one, ())) for one in rungs]
        if len(rungs) < LADDER or len(set.intersection(*rounds)) >= LADDER_ROUNDS:
            return frozenset()
        return frozenset(rungs)


def opening(own: Sequence[Entrant]) -> Entrant:
    """The fewest workers of a strategy that may be its best, by their bounds; usual ones first."""
    rungs = [one for one in ladder(own) if one.usual] or ladder(own)
    least = min(one.seconds for one in rungs)
    return next(one for one in rungs if one.seconds <= (1 + GAIN) * least)


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
