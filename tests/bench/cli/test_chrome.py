"""Trace files, checked against the published Trace Event Format.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

import json
import random
from itertools import pairwise

import pytest

from concbench.cli.trace import document
from concbench.driver.probe_results import Flight, Lane, Pass, read

from ..probes.passes import job, strategy, worked, workload

REQUIRED = {"ph", "name", "pid", "tid", "ts", "args"}
OWN = {"X": {"dur", "cat"}, "M": set(), "C": set(), "i": {"s", "cat"}}
"""What each phase has beside what all have."""
NAMING = {"process_name", "thread_name"}


def check(trace) -> None:
    """Raise AssertionError unless it is what the format asks for."""
    assert set(trace) <= {"traceEvents", "displayTimeUnit", "otherData"}
    assert trace["displayTimeUnit"] in ("ms", "ns")
    for event in trace["traceEvents"]:
        assert event.keys() == REQUIRED | OWN[event["ph"]]
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert isinstance(event["ts"], (int, float))
        match event["ph"]:
            case "X":
                assert event["dur"] >= 0
            case "M":
                assert event["name"] in NAMING
                assert isinstance(event["args"]["name"], str)
            case "C":
                assert all(isinstance(value, (int, float)) for value in event["args"].values())
            case "i":
                assert event["s"] in ("g", "p", "t")
    check_tracks(trace["traceEvents"])


def check_tracks(events) -> None:
    """Every track has one name, and no two tasks at the same time."""
    named = [(e["name"], e["pid"], e["tid"]) for e in events if e["ph"] == "M"]
    assert len(set(named)) == len(named)
    for track, tasks in slices(events).items():
        assert ("thread_name", *track) in named
        assert ("process_name", track[0], 0) in named
        for before, after in pairwise(sorted(tasks)):
            assert before[1] <= after[0] + 1e-6


def slices(events) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """Begin and end of the tasks on each track."""
    found = {}
    for event in events:
        if event["ph"] == "X":
            span = (event["ts"], event["ts"] + event["dur"])
            found.setdefault((event["pid"], event["tid"]), []).append(span)
    return found


@pytest.mark.parametrize(
    ("how", "tracks"),
    [
        (strategy("sequential"), 1),
        (strategy("threading", workers=3), 3),
        (strategy("multiprocessing", workers=2, start="fork"), 2),
        (strategy("asyncio", workers=4), 4),
        (strategy("asyncio+to_thread", workers=3), 3),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_a_trace_is_in_the_published_format(how, tracks):
    result, _ = worked(job(workload("io_sleep", seconds=0.005), how, 24, ["trace"]))
    trace = json.loads(json.dumps(document(read(result), {"cell": "x"})))
    check(trace)
    events = trace["traceEvents"]
    assert sorted(e["args"]["task"] for e in events if e["ph"] == "X") == list(range(24))
    assert len(slices(events)) == tracks
    beats = [event for event in events if event["name"] == "heartbeat"]
    assert bool(beats) == ("asyncio" in how.name)


@pytest.mark.parametrize("seed", range(10))
def test_tasks_that_overlap_have_tracks_of_their_own_and_no_more_than_needed(seed):
    chance = random.Random(seed)
    flights = []
    for task in range(60):
        start = chance.randrange(0, 500)
        flights.append(Flight(start, start + chance.randrange(0, 90), 0, task, task % 2))
    recorded = Pass(7, 60, 0, 1000, [Lane("a", 7), Lane("b", 8)], sorted(flights), [])
    trace = document(recorded, {})
    check(trace)
    for lane, pid in enumerate((7, 8)):
        spans = [(one.started, one.ended) for one in flights if one.lane == lane]
        most = max(sum(s <= now < e for s, e in spans) for now, _ in spans)
        assert sum(process == pid for process, _ in slices(trace["traceEvents"])) == most


def test_counters_follow_what_waits_and_what_runs():
    flights = [Flight(10, 30, 5, 0, 0), Flight(10, 20, 10, 1, 1), Flight(30, 40, 6, 2, 0)]
    lanes = [Lane("a", 7), Lane("b", 7)]
    events = document(Pass(7, 3, 0, 50, lanes, flights, []), {})["traceEvents"]
    counts = [(e["ts"] * 1000, e["args"]) for e in events if e["ph"] == "C"]
    assert all(min(args.values()) >= 0 for _, args in counts)
    last = {round(at): (args["waiting"], args["running"]) for at, args in counts}
    assert last == {5: (1, 0), 6: (2, 0), 10: (1, 2), 20: (1, 1), 30: (0, 1), 40: (0, 0)}
