"""What is in flight, against a slow count at every moment."""

from __future__ import annotations

import random
from array import array
from base64 import b64encode

import pytest

from concbench.driver.probe_results import Flight, Lane, Pass, probed, read


def made(spans, tasks=None, submitted=1) -> Pass:
    """A pass of (start, end) spans."""
    flights = sorted(Flight(s, e, submitted, task, 0) for task, (s, e) in enumerate(spans))
    count = len(spans) if tasks is None else tasks
    return Pass(1, count, 0, 10**9, [Lane("MainThread", 1)], flights, [])


def read_metrics(spans) -> tuple[float, int]:
    """Mean and most by looking at every nanosecond."""
    first, last = min(s for s, _ in spans), max(s for s, _ in spans)
    until = max(last, min(e for _, e in spans))
    at = [sum(s <= now < e for s, e in spans) for now in range(first, until)]
    most = max(sum(s <= now < e for s, e in spans) for now, _ in spans)
    return sum(at) / len(at), most


@pytest.mark.parametrize("seed", range(20))
def test_mean_and_most_in_flight_are_those_of_a_count_at_every_moment(seed):
    chance = random.Random(seed)
    spans = []
    for _ in range(chance.randrange(2, 40)):
        start = chance.randrange(10, 300)
        spans.append((start, start + chance.randrange(1, 60)))
    mean, most = made(spans).in_flight
    slow_mean, slow_most = read_metrics(spans)
    assert (mean, most) == (pytest.approx(slow_mean), slow_most)


def test_the_tail_with_nothing_left_to_start_does_not_count():
    tail = made([(0, 10), (0, 10), (10, 20), (10, 1000)]).in_flight
    assert tail == (2.0, 2)


def test_no_more_tasks_than_workers_are_all_in_flight_once_they_have_started():
    spans = [(start, 1000 + start) for start in range(10)]
    mean, most = made(spans).in_flight
    assert most == 10
    assert mean > 9.9


def test_one_task_is_one_in_flight():
    assert made([(5, 9)]).in_flight == (1.0, 1)
    assert made([(5, 5)]).in_flight == (1.0, 1)


@pytest.mark.parametrize(
    ("flights", "why"),
    [
        (made([(5, 4)]), "clocks"),
        (made([(5, 9)], submitted=6), "clocks"),
        (made([(5, 9)], tasks=2), "1 of 2 tasks were seen"),
        (made([(5, 5)], submitted=5), ""),
    ],
)
def test_times_that_cannot_be_are_no_figures(flights, why):
    assert why in flights.disorder
    assert bool(why) == bool(flights.disorder)


def text(*numbers: int) -> str:
    return b64encode(array("q", numbers)).decode()


def test_only_the_recorded_batch_counts():
    told = {
        "pid": 7,
        "tasks": 2,
        "began": 100,
        "ended": 200,
        "submitted": text(110, 120),
        "lanes": [
            {"name": "lane_0", "pid": 7, "times": text(0, 20, 30, 0, 130, 140)},
            {"name": "lane_1", "pid": 7, "times": text(1, 50, 60, 1, 125, 150)},
        ],
        "beats": [text(90, 95, 105, 110, 190, 210)],
    }
    recorded = read(told)
    assert recorded.flights == [Flight(125, 150, 120, 1, 1), Flight(130, 140, 110, 0, 0)]
    assert recorded.beats == [[(105, 110)]]


def test_a_lane_without_a_task_does_not_count():
    told = {"pid": 7, "tasks": 1, "began": 100, "ended": 200, "submitted": text(110), "at_once": 3}
    lanes = [
        {"name": "lane_0", "pid": 7, "times": text(0, 120, 150)},
        {"name": "lane_1", "pid": 7, "times": text(0, 20, 50)},
    ]
    found = probed({**told, "lanes": lanes, "beats": []}, ["latency"])["concurrency"]
    assert found == {"mean": 1.0, "most": 1, "lanes": 1, "declared": 3}
