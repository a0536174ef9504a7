"""Tasks that are not alike: samples that stand for the rest or do not, and limits that hold."""

from __future__ import annotations

from itertools import pairwise

import pytest

from concbench import reports
from concbench.lanes import Lanes, spread
from concbench.reports.analysis import cells, tables
from concbench.reports.render import exports, summary
from concbench.spec import Spec

from ..reports.made import Made, folder, sequential, texts

TWO = [{"round": n, "cpus": 2, "delivered": 1.95} for n in range(4)]


def timeline(durations):
    """A pass in which a task after the other takes so many seconds, by number."""
    at, tasks = 0.0, []
    for number, seconds in enumerate(durations):
        tasks.append([number, 0, at, at, at + seconds])
        at += seconds
    return {"tasks": len(tasks), "timeline": {"lanes": ["lane"], "tasks": tasks, "beats": []}}


def rows(path, made):
    found = cells.rows(reports.read(folder(path, made, canary=TWO)))
    return {row.strategy: row for row in found}


SLOW_ONE = [0.01] * 63 + [0.5]
"""1.13 s in turn."""


def threads(seconds, durations=SLOW_ONE, **more):
    return Made("threading", [seconds, seconds * 1.01, seconds], probe=timeline(durations), **more)


def title(stored):
    (table, *_) = summary.run_tables(tables.blocks(stored), tables.USUAL)
    return table.title


@pytest.mark.parametrize("count", [0, 1, 2, 7, 32, 63])
def test_a_sample_is_spread_over_all_tasks_and_the_same_in_every_run(count):
    numbers = spread(count, 64)
    assert numbers == sorted(set(numbers)) and len(numbers) == count
    edges = [part * 64 // max(1, count) for part in range(count + 1)]
    assert all(a <= n < b for a, b, n in zip(edges, edges[1:], numbers, strict=False))
    assert spread(count, 64) == numbers
    steps = {b - a for a, b in pairwise(numbers)}
    assert len(steps) > 1 or count < 4 or count == 63


def test_lanes_give_a_sample_or_all():
    lanes = Lanes(Spec("noop", "concbench.workloads.noop:Noop"))
    assert list(lanes.tasks(3)) == list(lanes.tasks(3, 3)) == [0, 1, 2]
    assert list(lanes.tasks(2, 64)) == spread(2, 64)


def test_no_limit_is_below_the_longest_task(tmp_path):
    made = [sequential([1.13] * 3, own_cpu=0.0), threads(0.52)]
    row = rows(tmp_path, made)["threading"]
    assert row.limit_seconds == pytest.approx(0.5)
    assert row.of_limit == pytest.approx(0.5 / 0.52, rel=0.02)


def test_the_spread_of_tasks_is_told_where_they_are_uneven(tmp_path):
    made = [sequential([1.13] * 3, own_cpu=0.0), threads(0.52)]
    stored = reports.read(folder(tmp_path, made, canary=TWO))
    assert "64 tasks x 17.7 ms (10.0 ms to 500 ms)" in title(stored)


def test_tasks_that_are_alike_have_no_spread_and_a_limit_of_whole_turns(tmp_path):
    made = [sequential([0.64] * 3, own_cpu=0.0), threads(0.05, [0.0101] * 63 + [0.0108])]
    stored = reports.read(folder(tmp_path, made, canary=TWO))
    assert "64 tasks x 10.0 ms, 16" in title(stored)
    assert rows(tmp_path, made)["threading"].limit_seconds == pytest.approx(0.04)


def test_a_task_takes_what_it_takes_where_it_takes_least(tmp_path):
    crowded = Made("asyncio", [0.06, 0.06, 0.061], probe=timeline([0.5] * 64))
    made = [sequential([0.64] * 3, own_cpu=0.0), threads(0.05, [0.01] * 64), crowded]
    assert not rows(tmp_path, made)["asyncio"].spread.uneven


@pytest.mark.parametrize(("slow", "seconds"), [(0, 32.0), (63, 0.64)])
def test_a_sample_that_cannot_stand_for_the_rest_gives_no_speed_up(tmp_path, slow, seconds):
    """The first two of 64 tasks were measured, at 0.5 or at 0.01 s each."""
    durations = [0.5 if i == slow else 0.01 for i in range(64)]
    measured = 2 * seconds / 64
    reference = sequential([measured] * 3, own_cpu=0.0, measured_tasks=2)
    found = rows(tmp_path, [reference, threads(0.52, durations)])
    threading, sequentially = found["threading"], found["sequential"]
    assert threading.speedup is threading.limit_seconds is None
    assert sequentially.rank is None
    share = sum(durations[:2]) / 2 / (sum(durations) / 64)
    assert sequentially.batch_seconds == pytest.approx(seconds / share, rel=0.01)
    assert texts(sequentially) == ("estimated from 2 of 64 tasks unlike the rest",)
    stored = reports.read(tmp_path)
    (block,) = tables.blocks(stored)
    text = str(exports.rendered(stored, "md"))
    assert "ran a sample unlike the rest, so no speed-up" in text
    assert block.rows[0].strategy == "threading"


def test_a_sample_that_is_like_the_rest_stands_for_it(tmp_path):
    reference = sequential([0.02] * 3, own_cpu=0.0, measured_tasks=2)
    found = rows(tmp_path, [reference, threads(0.05, [0.01] * 64)])
    assert found["threading"].speedup == pytest.approx(0.64 / 0.05, rel=0.02)
    assert texts(found["sequential"]) == ("estimated from 2 of 64 tasks",)


def test_a_longest_task_among_few_that_were_seen_bounds_the_limit_too(tmp_path):
    reference = sequential([1.13] * 3, own_cpu=0.0, probe=timeline([0.5, 0.01, 0.01, 0.01]))
    found = rows(tmp_path, [reference, Made("threading", [0.52, 0.52, 0.53])])
    assert found["threading"].limit_seconds == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("parts", "known"), [((0.16, 0.16, 1.15, 0.16), False), ((0.16, 0.17, 0.16, 0.16), True)]
)
def test_parts_that_differ_by_more_than_a_limit_show_that_it_is_not_known(tmp_path, parts, known):
    """One task of a second in one of them may bound every batch; no probe saw it."""
    reference = sequential([1.63] * 3, own_cpu=0.0, parts=parts)
    row = rows(tmp_path, [reference, Made("threading", [1.01, 1.02, 1.01])])["threading"]
    assert (row.of_limit is not None) is known
    assert ("no probe saw all" in row.limit_doubt) is not known


def test_what_nobody_probed_is_scaled_as_it_is(tmp_path):
    reference = sequential([0.02] * 3, own_cpu=0.0, measured_tasks=2)
    found = rows(tmp_path, [reference, Made("threading", [0.05, 0.05, 0.051])])
    assert found["threading"].speedup == pytest.approx(0.64 / 0.05, rel=0.02)


def test_a_table_has_one_limit_that_of_its_best_cell(tmp_path):
    made = [
        sequential([0.64] * 3, own_cpu=0.0),
        Made("few", [0.17, 0.171, 0.17], workers=4, own_cpu=0.0),
        Made("many", [0.045, 0.045, 0.046], workers=16, own_cpu=0.0),
    ]
    found = rows(tmp_path, made)
    assert [row.limit_seconds for row in found.values()] == pytest.approx([0.04] * 3)
    assert found["few"].of_limit == pytest.approx(0.04 / 0.17, rel=0.02)
    assert found["few"].own_limit_seconds == pytest.approx(0.16)
