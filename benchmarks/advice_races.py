"""How often the race of an advice is right, and what it takes, on made-up work and made-up noise.

Each race is of work that waits and computes, by chance; its strategies take what was predicted of
them at the least, and more by chance, and each round is disturbed as a whole, too.  Beside it
stands a run of everything, 4 rounds of all strategies with 1, 2, 4 ... 64 workers, at the same
costs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from statistics import median

from figures import share

from concbench.reports.advice import prediction, race
from concbench.reports.advice.prediction import Premises
from concbench.reports.advice.workers import advised
from concbench.reports.run.advice import IN_PROCESSES, SIMPLEST_FIRST, Look, StrategyCost

TASKS, CPUS, MOST = 64, 2, 64
BUDGET = 55.0
MARGIN = 0.05
RUNGS, ROUNDS = (1, 2, 4, 8, 16, 32, 64), 4
ROUND_NOISE = 0.1
"""Deviation of what the cells of a round share."""
LEVELS = (0.005, 0.01, 0.02, 0.03, 0.05)
"""Deviations of a value: waiting work had 0.1 to 2 % on a quiet machine, computing 2 to 4 %."""
CANARY, PROCESS, CHILD = 0.14, 0.2, 0.015
"""Seconds of a round besides its visits, of a worker besides its batches, and of each child."""
TURNS = 1 + 3
"""Batches of a visit: the first warms up."""
PART = 0.15
"""Seconds of a batch in turn, of which a visit runs a part; as the driver does."""
COSTS = {
    "threading": StrategyCost(30e-6),
    "asyncio": StrategyCost(20e-6),
    "asyncio+to_thread": StrategyCost(90e-6),
    "multiprocessing": StrategyCost(120e-6),
    "multiprocessing+asyncio": StrategyCost(50e-6),
    "asyncio+processpool": StrategyCost(180e-6),
}
Noise = Callable[[Random, float], float]


def normal(chance: Random, level: float) -> float:
    return chance.gauss(0, level)


def uneven(chance: Random, level: float) -> float:
    """Rounds differ in how noisy they are."""
    return chance.gauss(0, level * chance.choice((0.5, 1.5)))


def disturbed(chance: Random, level: float) -> float:
    """One process in 16 is slower by up to two fifths."""
    return chance.gauss(0, level) + (chance.random() < 1 / 16) * chance.uniform(0.05, 0.4)


@dataclass(frozen=True)
class Work:
    """What can be raced of a piece of work, and what a batch of each truly takes, by place."""

    known: Premises
    entrants: tuple[race.Entrant, ...]
    seconds: tuple[float, ...]
    noise: tuple[float, ...]
    """Of each, times the level: processes differ more from each other than threads."""

    def visit(self, place: int) -> float:
        """What a visit of a cell costs."""
        return visit(self.entrants[place], self.seconds[place])

    @property
    def everything(self) -> float:
        """Seconds of a run of all, of strategies that are raced by nobody, too."""
        most = max(self.seconds)
        took = CANARY + visit(self.entrants[0], self.seconds[0])
        for one in ("threading", "asyncio+to_thread", "multiprocessing", *self._awaiting):
            for workers in RUNGS:
                seconds = prediction.seconds(self.known, one, workers)
                took += visit(race.Entrant(0, one, workers, 0.0), min(most, seconds))
        return ROUNDS * took

    @property
    def _awaiting(self) -> tuple[str, ...]:
        return ("asyncio", "multiprocessing+asyncio") if self.known.look.awaitable else ()


def visit(one: race.Entrant, seconds: float) -> float:
    parts = max(1.0, min(8.0, seconds / PART)) if one.workers == 1 else 1.0
    children = one.workers if one.strategy == "multiprocessing" else 2
    start = PROCESS + (CHILD * children if one.strategy in IN_PROCESSES else 0.0)
    return start + TURNS * seconds / parts


def work(chance: Random) -> Work:
    """Work by chance: it waits, or computes, or both; some lets only 4 tasks of a process wait."""
    waits = chance.choice((0.0, 0.002, 0.005, 0.02)) * chance.uniform(0.5, 1.5)
    computes = chance.choice((0.00005, 0.0005, 0.002, 0.01)) * chance.uniform(0.5, 1.5)
    task, awaitable = waits + computes, chance.random() < 0.5
    look = Look(64, task, task, task, computes, awaitable=awaitable)
    look = replace(look, released=chance.choice((0.0, 0.0, 1.0)))
    known = Premises(look, TASKS, CPUS, costs=COSTS)
    limit = 4 if waits and chance.random() < 0.1 else MOST
    found, _ = prediction.candidates(known, [*SIMPLEST_FIRST[:5], *SIMPLEST_FIRST[6:]], MOST)
    entrants, seconds, noise = [], [], []
    slower = {one: chance.choice((0.0, 0.01, 0.03, 0.06, 0.12)) for one in SIMPLEST_FIRST}
    each = {one: chance.choice((0.0, 0.0003, 0.001)) for one in SIMPLEST_FIRST}
    for place, one in enumerate(found):
        raced, workers = not one.reason, one.workers
        about = one.strategy, workers, one.seconds, raced, one.usual
        entrants.append(race.Entrant(place, *about))
        held = min(workers, limit) if one.strategy != "multiprocessing" else workers
        least = max(one.seconds, prediction.seconds(known, one.strategy, held))
        seconds.append(least * (1 + slower[one.strategy]) * (1 + each[one.strategy] * workers))
        noise.append(2.0 if one.strategy in IN_PROCESSES else 1.0)
    return Work(known, tuple(entrants), tuple(seconds), tuple(noise))


@dataclass(frozen=True)
class Race:
    """How one ended: its excess over the true best, visits, seconds, and of those of everything."""

    is_decided: bool
    excess: float
    visits: int
    seconds: float
    share: float


def run(one: Work, chance: Random, level: float, noise: Noise) -> Race:
    """Rounds until nothing is wanted, or the budget is spent."""
    rules = race.rules(one.entrants, "batch")
    times: dict[int, dict[int, float]] = {}
    visits, spent, number = 0, 0.0, 0
    while (cells := rules.wanted(times)) and spent < BUDGET:
        common = chance.gauss(0, ROUND_NOISE)
        for place in sorted(cells):
            log = common + noise(chance, level * one.noise[place])
            times.setdefault(place, {})[number] = one.seconds[place] * math.exp(log)
            spent += one.visit(place)
        visits, spent, number = visits + len(cells), spent + CANARY, number + 1
    heat, untried = rules.heat(times), rules.untried(times)
    kinds = {own.id: (own.strategy, own.workers) for own in rules.field if own.id in times}
    use = heat.best if untried else advised(heat, heat.best, kinds)
    excess = one.seconds[use] / min(one.seconds) - 1
    decided = not (heat.threats(use, kinds) or untried)
    return Race(decided, excess, visits, spent, spent / one.everything)


def rows(races: int) -> Iterator[str]:
    """A line for each noise and its level."""
    yield f"{'noise':20} wrong, %       of decided   open, %   visits  seconds  of everything, %"
    for noise in (normal, uneven, disturbed):
        for level in LEVELS:
            chance = Random(f"{noise.__name__} {level}")
            found = [run(work(chance), chance, level, noise) for _ in range(races)]
            decided = [one for one in found if one.is_decided]
            wrong, low, high = share(one.excess > MARGIN for one in found)
            among, *_ = share(one.excess > MARGIN for one in decided or found)
            part = 100 * sum(one.share for one in found) / len(found)
            yield (
                f"{noise.__name__:10} {100 * level:7.1f} %"
                f"{wrong:7.1f} [{low:.1f}, {high:.1f}] {among:11.1f}"
                f"{100 - 100 * len(decided) / len(found):10.1f}"
                f"{median(one.visits for one in found):9.0f}"
                f"{median(one.seconds for one in found):9.1f} {part:12.0f}"
            )


def main(races: int = 400) -> None:
    for row in rows(races):
        print(row, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
