"""What is told of a run while it goes on."""

from __future__ import annotations

import pytest

from concbench.driver.rounds import Limits, Visit
from concbench.driver.watch import Watcher
from concbench.store.state import History

from .test_probing import PLAN, measured


def watcher(events, past, limits, clock=lambda: 30.0, after=lambda: 5.0):
    return Watcher(events.append, clock, past, limits, after)


def visit(watched, number, position=0):
    watched.visit(Visit(PLAN[position], number, position, 1, 64, 0, 10.0))


def told(past, limits, **more):
    events = []
    visit(watcher(events, past, limits, **more), past.rounds - 1)
    return events[0]


def timed(*seconds):
    """Rounds that took so long, and one that begins."""
    past, now = History(PLAN), 4.0
    canary = {"cpus": 2, "alone": 1.0, "together": 2.0, "jitter_seconds": 0.0, "reason": ""}
    for number, took in enumerate((*seconds, None)):
        order = [one.id for one in PLAN]
        past.add({"event": "round", "round": number, "order": order, "elapsed": now})
        if took is not None:
            now += took
            past.add({"event": "canary", **canary, "elapsed": now})
    return past


def test_what_remains_of_a_budget_covers_the_probes():
    assert told(measured(), Limits(60.0)).remaining == pytest.approx(30.0)


def test_a_round_that_ends_later_than_the_budget_is_told_from_its_beginning():
    past = timed(20.0)
    assert told(past, Limits(40.0), clock=lambda: 24.0).remaining == pytest.approx(20.0 + 5.0)


def test_before_the_first_round_ends_what_was_scouted_tells_how_long_it_takes():
    past = timed()
    scouted = {"event": "scouted", "block": 0, "seconds_per_task": 2.0, "startup": 0.5}
    past.add({**scouted, "startup_cpu": 0.0, "elapsed": 4.0})
    # Two batches each: 64 tasks in turn; 16 turns of four; the same.
    assert told(past, Limits(40.0), clock=lambda: 4.0).remaining == pytest.approx(
        2 * 2.0 * (64 + 16 + 16) + 3 * 0.5
    )


def test_so_many_rounds_take_as_long_as_the_last_one_each():
    past = timed(10.0, 8.0)
    limits = Limits(1e9, rounds=5)
    assert told(past, limits, clock=lambda: 22.0).remaining == pytest.approx(8.0 + 5.0 + 2 * 8.0)


def test_what_is_left_never_rises():
    events, now, after = [], [24.0], [1.0]
    watched = watcher(events, timed(20.0), Limits(40.0), lambda: now[0], lambda: after[0])
    visit(watched, 1)
    now[0], after[0] = 25.0, 30.0
    visit(watched, 1)
    watched.probe(0, 6, "io_sleep x 64 / asyncio", 50.0)
    left = [event.remaining for event in events]
    assert left == sorted(left, reverse=True)


def test_a_pass_is_told_as_probing_and_a_visit_as_its_round():
    events = []
    watched = watcher(events, measured(), Limits(60.0), lambda: 31.0)
    watched.probe(2, 6, "io_sleep x 64 / asyncio", 4.0)
    (event,) = events
    assert (event.where, event.position, event.cells) == ("probing", 2, 6)
    assert (event.elapsed, event.remaining) == (31.0, 4.0)
    assert told(measured(), Limits(60.0)).where == "round 2"
