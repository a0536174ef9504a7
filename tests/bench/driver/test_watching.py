"""What is told of a run while it goes on."""

from __future__ import annotations

import pytest

from concbench.driver.probing import owed
from concbench.driver.rounds import Limits, Visit
from concbench.driver.watch import Watcher

from .test_probing import PLAN, PROBES, measured


def told(past, limits, *, probes=PROBES, elapsed=30.0):
    events = []
    watched = Watcher(events.append, lambda: elapsed, PLAN, past, limits, probes)
    watched.visit(Visit(PLAN[0], past.rounds - 1, 0, 1, 64, 0, 10.0))
    return events[0]


def test_what_remains_covers_the_probes():
    past, limits = measured(), Limits(60.0)
    passes = sum(one.expected for one in owed(PLAN, past, PROBES))
    assert told(past, limits).remaining == pytest.approx(30.0 + passes)
    assert told(past, limits, probes=()).remaining == pytest.approx(30.0)


def test_in_the_first_round_the_probes_are_told_to_take_all_they_may():
    assert told(measured(rounds=1), Limits(60.0)).remaining == pytest.approx(30.0 + 15.0)


def test_probes_are_never_told_to_take_more_than_they_may():
    slow = measured(seconds=(50.0, 50.0, 50.0))
    assert told(slow, Limits(60.0)).remaining == pytest.approx(30.0 + 15.0)


def test_a_pass_is_told_as_probing_and_a_visit_as_its_round():
    events = []
    watched = Watcher(events.append, lambda: 31.0, PLAN, measured(), Limits(60.0), PROBES)
    watched.probe(2, 6, "io_sleep x 64 / asyncio", 4.0)
    (event,) = events
    assert (event.where, event.position, event.cells) == ("probing", 2, 6)
    assert (event.elapsed, event.remaining) == (31.0, 4.0)
    assert told(measured(), Limits(60.0)).where == "round 2"
