"""Cached work: what later batches take is said, and not taken for the work."""

from __future__ import annotations

import pytest

from concbench import reports
from concbench.reports.analysis import cells, tables

from ..reports.made import Made, folder, sequential, texts

TWO = [{"round": n, "cpus": 2, "delivered": 1.95} for n in range(4)]


def block(path, first, later, **facts):
    made = [
        sequential([later] * 3, first=first, own_cpu=0.0, startup=0.03),
        Made("threading", [2 * later] * 3, first=first / 4, own_cpu=0.0, startup=0.03),
    ]
    stored = reports.read(folder(path, made, canary=TWO, **facts))
    (one,) = tables.blocks(stored)
    return one


def test_work_that_later_batches_find_done_is_not_ranked_by_them(tmp_path):
    one = block(tmp_path, 0.726, 9e-6)
    assert {(row.rank, row.speedup, row.of_limit) for row in one.rows} == {(None, None, None)}
    said = one.conclusion.sentence if hasattr(one, "conclusion") else sentence(one)
    assert "no ranking: first batch 726 ms, later 9.00 us: cached" in said
    assert "one-shot, which a script pays, is 212 ms to 756 ms" in said
    assert "is fastest" not in said
    assert {row.limit_doubt for row in one.rows} == {"work that is cached, or done once"}
    assert {texts(row) for row in one.rows} == {("first batch 726 ms, later 9.00 us",)}


def sentence(one):
    from concbench.reports.analysis import verdict

    return verdict.sentence(one.name, one.rows, one.names)


def test_a_run_that_asked_for_warm_batches_ranks_them_and_says_it(tmp_path):
    one = block(tmp_path, 0.726, 9e-6, warm=True)
    assert {row.strategy: row.rank for row in one.rows} == {"sequential": 1, "threading": 2}
    assert "cached" not in sentence(one)
    assert all("first batch 726 ms, later 9.00 us" in texts(row) for row in one.rows)


def test_work_that_becomes_slower_is_told_too(tmp_path):
    one = block(tmp_path, 0.1, 0.5)
    assert "first batch 100 ms, later 500 ms" in sentence(one)


@pytest.mark.parametrize(
    ("first", "later"), [(0.1, 0.09), (0.25, 0.1), (0.0005, 0.00002), (0.1, 0.29)]
)
def test_what_only_warms_up_is_ranked_as_ever(tmp_path, first, later):
    one = block(tmp_path, first, later)
    assert {row.strategy: row.rank for row in one.rows} == {"sequential": 1, "threading": 2}
    assert {texts(row) for row in one.rows} <= {(), ("tasks of 312 ns",)}


def test_only_the_reference_tells(tmp_path):
    """A client that connects in its first batch takes long there, and not for the work."""
    made = [sequential([0.6] * 3, first=0.61), Made("asyncio", [0.05] * 3, first=0.5)]
    found = cells.rows(reports.read(folder(tmp_path, made, canary=TWO)))
    assert all(row.rank is not None for row in found)
