"""Cells of several sides in one course: back to back, with the same loops and the same tasks."""

from __future__ import annotations

from dataclasses import replace

from concbench.driver import _wanted
from concbench.driver.rounds import Measurement
from concbench.plan.settings import Settings

from ..driver.test_rounds import MadeUpLab, course, planned

PLAN = [
    replace(planned(place + 3 * side, name, block=side), pair=place)
    for side in (0, 1)
    for place, name in enumerate(["sequential", "threading", "asyncio"])
]


def everything(_):
    return [one.id for one in PLAN]


def test_a_pair_is_measured_back_to_back_in_either_order():
    one = course(PLAN, MadeUpLab(), rounds=40, budget=1e9)
    one.run(everything)
    first = set()
    for order in one.history.orders:
        assert sorted(order) == [0, 1, 2, 3, 4, 5]
        couples = [order[at : at + 2] for at in (0, 2, 4)]
        assert all({cell % 3 for cell in couple} == {couple[0] % 3} for couple in couples)
        first |= {couple[0] for couple in couples}
    assert first == {0, 1, 2, 3, 4, 5}
    assert len({tuple(cell % 3 for cell in order[::2]) for order in one.history.orders}) == 6


def test_a_pair_has_the_loops_that_were_found_first():
    found = iter([8, 16, 32, 64, 128, 256])
    lab = MadeUpLab(seconds=lambda visit: 0.001)
    lab.outcome = lambda visit: Measurement(
        0.001, "same", "head", "{}", loops=visit.loops or next(found)
    )
    one = course(PLAN, lab, rounds=2, budget=1e9)
    one.run(everything)
    loops = one.history.loops
    assert [loops[cell] for cell in (0, 1, 2)] == [loops[cell] for cell in (3, 4, 5)]
    known = {visit.planned.id: visit.loops for visit in lab.visits if visit.round}
    assert known == loops and len({*loops.values()}) == 3


def test_a_sample_is_the_same_on_both_sides():
    lab = MadeUpLab(per_task=1.0)
    one = course(PLAN, lab, rounds=1, budget=10.0)
    one.run(everything)
    tasks = {visit.planned.id: visit.tasks for visit in lab.visits}
    assert tasks[0] == tasks[3] < tasks[1]


def test_both_of_a_pair_give_as_many_values_by_what_the_first_of_them_took():
    lab = MadeUpLab(seconds=lambda visit: 0.05 if visit.planned.id < 3 else 0.1)
    one = replace(course(PLAN, lab, rounds=4, budget=1e9), values=lambda value: round(0.2 / value))
    one.run(everything)
    values = {
        number: {visit.planned.id: visit.values for visit in lab.visits if visit.round == number}
        for number in range(4)
    }
    assert set(values[0].values()) == {1}
    assert all(values[1][cell] == values[1][cell + 3] in (2, 4) for cell in range(3))
    assert values[1] == values[2] == values[3]


def test_sides_stop_together():
    """The first side's ratios swing, and the second's do not: it goes on for the first."""
    wanted = _wanted(Settings(), tuple(PLAN))
    swinging = [
        {cell: 1.0 + (0.2 * (number % 2) if cell == 1 else 0.0) for cell in range(6)}
        for number in range(8)
    ]
    assert set(wanted(swinging)) == set(range(6))
    assert not wanted([dict.fromkeys(range(6), 1.0)] * 8)
