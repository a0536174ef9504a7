"""How many batches make a value: found by the worker, in the turn of its first value."""

from __future__ import annotations

import pytest

from concbench.answers import FirstAnswer
from concbench.engine import LONG_ENOUGH
from concbench.parts import Portion
from concbench.worker.batches import TimedBatches
from concbench.worker.scouting import _tried


@pytest.fixture
def clock(monkeypatch):
    """A clock that only batches advance, each by what `seconds` says, or its last item."""

    def made(*seconds):
        now, left, waits = [0.0], list(seconds), []
        monkeypatch.setattr("time.perf_counter", lambda: now[0])

        def batch(tasks):
            now[0] += left.pop(0) if len(left) > 1 else left[0]
            return [*tasks]

        portion, answer = Portion(range(2)), FirstAnswer([0, 1], 2)
        return TimedBatches(batch, portion, answer, wait=lambda: waits.append(now[0])), waits

    return made


def test_a_short_batch_is_repeated_until_a_value_is_long_enough(clock):
    timed, waits = clock(LONG_ENOUGH / 7)
    assert timed.calibrated() == 8
    assert timed(8) == pytest.approx(8 / 7 * LONG_ENOUGH)
    assert timed.batches == 1 + 2 + 4 + 8 + 8
    assert waits == [0.0]  # all of it in one turn
    timed(8)
    assert len(waits) == 2


def test_a_long_batch_is_never_repeated_in_a_value(clock):
    timed, waits = clock(3 * LONG_ENOUGH, 1.0)
    assert timed.calibrated() == 1
    assert timed(1) == pytest.approx(3 * LONG_ENOUGH)  # and was run once
    assert timed(1) == 1.0
    assert len(waits) == 2


def test_a_batch_that_may_only_have_been_held_up_is_run_again(clock):
    timed, waits = clock(1.5 * LONG_ENOUGH, LONG_ENOUGH)
    assert timed.calibrated() == 1
    assert timed(1) == pytest.approx(LONG_ENOUGH)
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("slow", "expected"),
    [
        ((), 0.01),
        ((5,), 0.01 + 1 / 126),  # one that was drawn among the first few
    ],
)
def test_one_slow_task_among_the_first_that_are_tried_is_not_taken_for_all(
    monkeypatch, slow, expected
):
    """Tasks by the order in which they are tried."""
    now, ran = [0.0], [0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def batch(tasks):
        for _ in tasks:
            ran[0] += 1
            now[0] += 1.01 if ran[0] in slow else 0.01

    found = _tried(range, batch, {"tasks": 64})
    assert found["seconds_per_task"] == pytest.approx(expected, rel=0.05)


def test_a_task_that_takes_long_is_tried_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def batch(tasks):
        now[0] += 3.0 * len(tasks)

    assert _tried(range, batch, {"tasks": 64})["seconds_per_task"] == 3.0
    assert now == [3.0]
