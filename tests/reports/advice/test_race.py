"""The race on made-up times: it finds the best, wastes little, and says when it knows."""

from __future__ import annotations

import math
from random import Random

from concbench.reports.advice.race import LADDER, Entrant, RaceRules, ladder, opening, rules

RUNGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def field(raced=("threading", "multiprocessing"), bound=lambda name, workers: 0.0):
    names = ("threading", "multiprocessing", "asyncio")
    cells = [("sequential", 1), *((name, workers) for name in names for workers in RUNGS)]
    return [
        Entrant(number, name, workers, bound(name, workers), name in (*raced, "sequential"))
        for number, (name, workers) in enumerate(cells)
    ]


def truth(name: str, workers: int) -> float:
    """Threads stop at 8, processes at 2; asyncio is half as fast as threads."""
    if name == "sequential":
        return 1.0
    most = {"threading": 8, "multiprocessing": 2, "asyncio": 4}[name]
    return 1.02 / min(workers, most) * (1 + 0.01 * max(0, workers - most))


def run(known: RaceRules, noise: float, seed: int = 0, rounds: int = 200, failed=()):
    """Rounds until nothing is wanted; seconds by cell and round, and the visits made."""
    random, visits = Random(seed), 0
    times: dict[int, dict[int, float]] = {}
    for number in range(rounds):
        cells = known.wanted(times, failed)
        if not cells:
            return times, visits
        common = random.gauss(0, 0.1)  # what a round has in common pairs away
        for one in known.field:
            if one.id in cells and one.id not in failed:
                log = math.log(truth(one.strategy, one.workers)) + common + random.gauss(0, noise)
                times.setdefault(one.id, {})[number] = math.exp(log)
                visits += 1
    raise AssertionError(f"not decided in {rounds} rounds")


def best(known: RaceRules, times) -> Entrant:
    heat = known.heat(times)
    return next(one for one in known.field if one.id == heat.best)


def test_the_best_is_found_within_five_percent():
    known = rules(field(), "batch")
    right = 0
    for seed in range(25):
        times, _ = run(known, 0.02, seed)
        found = best(known, times)
        right += truth(found.strategy, found.workers) <= 1.05 * truth("threading", 8)
    assert right >= 24


def test_far_fewer_visits_are_made_than_there_are_cells_and_rounds():
    known = rules(field(), "batch")
    times, visits = run(known, 0.01)
    rounds = 1 + max(max(own) for own in times.values())
    assert visits < len(known.field) * rounds / 3


def test_doubling_goes_on_while_it_pays_and_then_stops():
    known = rules(field(bound=lambda name, workers: 0.0), "batch")
    times, _ = run(known, 0.005)
    tried = {one.workers for one in known.field if one.id in times and one.strategy == "threading"}
    assert {4, 8, 16} <= tried
    assert 32 not in tried


def test_the_most_workers_are_tried_though_doubling_passes_over_them():
    own = [Entrant(place, "threading", workers, 0.0) for place, workers in enumerate((1, 2, 4, 6))]
    assert [one.workers for one in ladder(own)] == [1, 2, 4, 6]


def test_a_race_begins_where_bounds_say_that_the_best_may_be():
    own = [
        Entrant(place, "threading", workers, 1.0 / min(workers, 8))
        for place, workers in enumerate(RUNGS)
    ]
    assert [one.workers for one in opening(own)] == [4, 8]


def test_what_was_left_out_is_raced_after_all_where_the_best_turns_out_slower():
    known = rules(field(("multiprocessing",), lambda name, workers: 0.01), "batch")
    times, _ = run(known, 0.01)
    assert best(known, times).strategy == "threading"


def test_what_cannot_be_faster_than_the_best_stays_left_out():
    known = rules(field(bound=lambda name, _: 0.9 if name == "asyncio" else 0.0), "batch")
    times, _ = run(known, 0.01)
    assert not any(one.strategy == "asyncio" for one in known.field if one.id in times)


def test_a_cell_that_failed_is_not_wanted_again():
    known = rules(field(), "batch")
    failed = {one.id for one in known.field if one.strategy == "threading" and one.workers > 4}
    times, _ = run(known, 0.01, failed=failed)
    assert not failed & times.keys()
    assert best(known, times).workers == 4


def test_enough_workers_of_the_best_are_measured_to_see_where_it_stops():
    known = rules(field(), "batch")
    times, _ = run(known, 0.01)
    counts = {
        one.workers
        for one in known.field
        if one.strategy == "threading" and len(times.get(one.id, ())) >= 3
    }
    assert len(counts) >= LADDER


def test_twins_are_equal_and_neither_beats_the_other():
    known = RaceRules(tuple(Entrant(place, "threading", 1 << place, 0.0) for place in range(2)))
    random = Random(1)
    times = {cell: {r: math.exp(random.gauss(0, 0.02)) for r in range(24)} for cell in (0, 1)}
    heat = known.heat(times)
    assert heat.equal(0, 1)
    assert not heat.beaten


def test_two_rounds_decide_nothing():
    known = RaceRules(tuple(Entrant(place, "threading", 1 << place, 0.0) for place in range(2)))
    heat = known.heat({0: {0: 1.0, 1: 1.0}, 1: {0: 2.0, 1: 2.0}})
    assert not heat.beaten
    assert heat.rivals == [1]


def test_for_the_least_cpu_what_is_slower_by_less_than_twice_stays():
    known = rules(field(), "cpu")
    times, _ = run(known, 0.005)
    heat = known.heat(times)
    four, two = (
        next(one.id for one in known.field if (one.strategy, one.workers) == ("threading", count))
        for count in (4, 2)
    )
    assert four not in heat.beaten
    assert two in heat.beaten or two not in times
