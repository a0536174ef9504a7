"""The race on made-up times: it finds the best, wastes little, and says when it knows."""

from __future__ import annotations

import math
from random import Random
from statistics import mean, stdev

import pytest
from scipy.stats import t

from concbench.reports.advice.race import (
    LADDER,
    MISSES,
    Entrant,
    RaceRules,
    ladder,
    opening,
    rules,
)

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
    assert opening(own).workers == 8


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


def pair(count: int = 2) -> RaceRules:
    return RaceRules(tuple(Entrant(place, "threading", 1 << place, 0.0) for place in range(count)))


def rounds(noise: float, count: int, *centres: float, seed: int = 1):
    random = Random(seed)
    return {
        cell: {number: centre * math.exp(random.gauss(0, noise)) for number in range(count)}
        for cell, centre in enumerate(centres)
    }


def test_what_is_as_good_is_raced_no_more_and_ends_the_race():
    """The second is within the margin of the best for certain, the third is not yet."""
    times = rounds(0.005, 6, 1.0, 1.0, 1.03)
    times[2] = {number: times[2][number] for number in range(2)}
    known = RaceRules(pair(3).field, ladder=False)
    best = known.heat(times).best
    assert known.wanted(times) == {best, 2}
    assert known.wanted(rounds(0.005, 6, 1.0, 1.0, 1.03)) == frozenset()


def test_a_few_rounds_are_enough_where_the_whole_race_shows_little_noise():
    """Of three rounds by themselves nobody would believe it: Student's t has two degrees."""
    times = {0: {0: 1.0, 1: 1.0, 2: 1.0}, 1: {0: 0.99, 1: 1.0, 2: 1.02}}
    calm = {cell: dict.fromkeys(range(3), 1.1) for cell in range(2, 8)}
    alone, among = pair(8).heat(times), pair(8).heat(times | calm)
    assert among.chance(0, 1, 0.04) < 0.002 < 0.01 < alone.chance(0, 1, 0.04)


def test_the_noise_of_a_race_is_that_of_what_comes_near_without_rounds_and_cells():
    times = rounds(0.02, 40, *(1.0, 1.02, 1.05, 1.1, 1.2))
    times[5] = {number: 2.0 * 1.3 ** (number % 2) for number in range(40)}  # far, and noisy
    for own in times.values():
        for number in own:
            own[number] *= 1 + number  # what a round has in common
    variance, freedom = pair(6).heat(times).noise
    assert freedom == 4 * 39
    assert math.sqrt(variance) == pytest.approx(0.02, rel=0.15)
    assert pair().heat({0: {0: 1.0}, 1: {0: 2.0}}).noise == (0.0, 0)


def test_what_its_bound_makes_hopeless_is_no_rival_unless_bounds_do_not_hold():
    """A plain loop of 1 s beside threads of 0.1 s: one round is enough to leave it out."""
    both = Entrant(0, "sequential", 1, 0.9), Entrant(1, "threading", 16, 0.06)
    known = RaceRules((*both, Entrant(2, "threading", 8, 0.11)), ladder=False)
    assert known.heat({0: {0: 1.0}, 1: {0: 0.1}, 2: {0: 0.13}}).rivals == [2]
    cached = known.heat({0: {0: 0.01}, 1: {0: 0.001}, 2: {0: 0.002}})  # nothing was done again
    assert cached.rivals == [2, 0]


def test_one_lucky_round_makes_no_best():
    times = rounds(0.03, 12, 1.0, 1.1, 1.2)
    known = pair(4)
    times[3] = {11: 0.995 * times[0][11]}
    heat = known.heat(times)
    assert heat.estimates[3] < heat.estimates[0]
    assert heat.best == 0


def test_a_chance_is_that_of_student_s_t_where_the_race_adds_nothing():
    heat = pair().heat(rounds(0.02, 8, 1.0, 1.01))
    logs = [math.log(heat.times[0][number] / heat.times[1][number]) for number in range(8)]
    error = stdev(logs) / math.sqrt(8)
    expected = t.sf((0.03 - mean(logs)) / error, 7)
    assert heat.chance(0, 1, 0.03) == pytest.approx(expected)
    assert heat.chance(0, 1, -9.0) == pytest.approx(1.0)
    assert pair().heat(rounds(0.02, 2, 1.0, 9.0)).chance(0, 1, 0.03) == 1.0


def test_the_chances_of_those_that_are_left_out_add_up_to_what_is_allowed():
    heat = pair(6).heat(rounds(0.05, 5, 1.0, 1.01, 1.02, 1.03, 1.05, 1.1))
    chances = {one: heat.chance(heat.best, one, math.log(1.05)) for one in range(6)}
    left_out = [one for one in range(6) if one not in (heat.best, *heat.rivals)]
    assert heat.rivals
    assert left_out
    assert sum(chances[one] for one in left_out) <= MISSES
    assert sum(chances[one] for one in left_out) + min(chances[one] for one in heat.rivals) > MISSES


def test_more_processes_than_usual_are_tried_only_where_doubling_pays():
    def own(least: int):
        return [
            Entrant(place, "multiprocessing", workers, 4.0 / workers, usual=workers <= 8)
            for place, workers in enumerate((1, 2, 4, 8, 16, 32))
            if workers >= least
        ]

    assert opening(own(1)).workers == 8
    assert opening(own(16)).workers == 32  # --max-workers, or many CPUs
    known = RaceRules(tuple(own(1)), ladder=False)
    assert known.wanted(rounds(0.001, 3, *(9, 9, 1.0, 1.0)) | {0: {}, 1: {}}) == frozenset()
    assert 4 in known.wanted(rounds(0.001, 3, *(9, 9, 1.0, 0.5)) | {0: {}, 1: {}})


def test_the_ladder_of_the_best_is_run_meanwhile_where_no_other_strategy_comes_near():
    known = rules(field(bound=lambda name, workers: 0.9 * truth(name, workers)), "batch")
    ids = {(one.strategy, one.workers): one.id for one in known.field}
    ran = [("sequential", 1), *(("threading", workers) for workers in (4, 8, 12, 16))]
    times = {ids[one]: {0: truth(*one), 1: truth(*one)} for one in ran}
    times |= {ids["multiprocessing", workers]: {0: 0.5, 1: 0.5} for workers in (1, 2)}
    assert ids["threading", 2] in known.wanted(times)
    times[ids["multiprocessing", 2]] = {0: 0.13, 1: 0.13}
    assert ids["threading", 2] not in known.wanted(times)


def test_two_rounds_decide_nothing():
    known = RaceRules(tuple(Entrant(place, "threading", 1 << place, 0.0) for place in range(2)))
    heat = known.heat({0: {0: 1.0, 1: 1.0}, 1: {0: 2.0, 1: 2.0}})
    assert not heat.beaten
    assert heat.rivals == [1]


def test_one_round_of_what_looks_far_slower_reopens_no_decided_race():
    """Its noise is that of the others; what looks a little slower has to run again."""
    near = {
        cell: {n: seconds * (1 + (n + cell) % 3 / 500) for n in range(6)}
        for cell, seconds in enumerate((1.0, 1.01))
    }
    heats = (RaceRules(tuple(field())).heat({**near, 2: {5: last}}) for last in (2.0, 1.2))
    rivals = [heat.rivals for heat in heats]
    assert rivals == [[], [2]]


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
