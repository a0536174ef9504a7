from __future__ import annotations

import random
from itertools import pairwise

import pytest

from concbench.reports.charts import gantt


def some(seed: int, lanes: int = 3, count: int = 60) -> list[gantt.Task]:
    """Tasks at random times, many of them at the same time in the same lane."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        submitted = chance.uniform(0, 10)
        started = submitted + chance.choice([0.0, chance.uniform(0, 2)])
        ended = started + chance.uniform(0, 1)
        found.append((number, chance.randrange(lanes), submitted, started, ended))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_no_bar_lies_over_another_and_none_is_lost(seed: int) -> None:
    tasks = some(seed)
    found = gantt.tracks(tasks)
    for track in found:
        assert all(one[1] <= other[0] for one, other in pairwise(track.bars))
    drawn = sorted((track.lane, *bar) for track in found for bar in track.bars)
    assert drawn == sorted((lane, start, end) for _, lane, _, start, end in tasks)
    assert [track.lane for track in found] == sorted(track.lane for track in found)


@pytest.mark.parametrize("seed", range(20))
def test_a_lane_has_as_many_rows_as_it_ran_tasks_at_once(seed: int) -> None:
    tasks = some(seed)
    for lane in range(3):
        inside = [task for task in tasks if task[1] == lane]
        most = max(sum(one[3] <= start < one[4] for one in inside) for *_, start, _ in inside)
        rows = [track for track in gantt.tracks(tasks) if track.lane == lane]
        assert len(rows) == most


@pytest.mark.parametrize("seed", range(20))
def test_spans_united_cover_what_they_covered(seed: int) -> None:
    spans = [(start, end) for *_, start, end in some(seed)] + [(1.0, 1.0)]
    found = gantt.unite(spans)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for step in range(1200):
        moment = step / 100 + 0.005
        inside = any(low <= moment < high for low, high in spans)
        assert inside == any(low <= moment < high for low, high in found)


def test_a_pause_in_a_band_still_shows() -> None:
    bars = [(0.0, 1.0), (1.01, 2.0), (2.5, 3.0)]
    assert gantt.unite(bars, 0.1) == [(0.0, 2.0), (2.5, 3.0)]


def test_the_shortest_bar_is_seen_and_neighbours_are_told_apart() -> None:
    (first, second, point) = gantt.apart([(0.0, 1.0), (1.0, 2.0), (3.0, 3.0)], 0.1)
    assert first[1] < second[0]
    assert point == (3.0, 3.1)


def test_what_is_cut_off_ends_at_the_cut() -> None:
    assert gantt.until([(0.0, 1.0), (1.0, 3.0), (4.0, 5.0)], 2.0) == [(0.0, 1.0), (1.0, 2.0)]
