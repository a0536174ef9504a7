from __future__ import annotations

import math
import random
from dataclasses import asdict
from pathlib import Path

import pytest

from concbench import reports
from concbench.reports.analysis import cells
from concbench.reports.analysis.cells import Row
from concbench.reports.stats import intervals

from ..made import Made, folder, sequential, texts


def noisy(middle: float, rounds: int = 6) -> list[float | None]:
    chance = random.Random(middle)
    return [middle * chance.lognormvariate(0, 0.01) for _ in range(rounds)]


def rows(path: Path, made: list[Made], **facts: object) -> dict[int, Row]:
    return {row.id: row for row in cells.rows(reports.read(folder(path, made, **facts)))}


def test_a_speed_up_is_the_ratio_of_the_batch_times(tmp_path: Path) -> None:
    found = rows(tmp_path, [sequential(noisy(0.64)), Made("threading", noisy(0.04))])
    reference, row = found[0], found[1]
    assert reference.batch_seconds and row.batch_seconds
    assert row.speedup == pytest.approx(reference.batch_seconds / row.batch_seconds)
    assert row.speedup_low and row.speedup and row.speedup_high
    assert row.speedup_low < row.speedup < row.speedup_high
    assert (reference.speedup, reference.speedup_low, reference.speedup_high) == (1, 1, 1)


def test_rows_stand_in_the_order_of_the_table(tmp_path: Path) -> None:
    made = [
        Made("broken", status="failed", reason="crashed"),
        sequential(noisy(0.64)),
        Made("threading", noisy(0.05)),
        Made("asyncio", noisy(0.04)),
        Made("late", [0.01]),
    ]
    assert list(rows(tmp_path, made)) == [3, 2, 1, 4, 0]


def test_a_failed_cell_keeps_its_reason_and_no_number(tmp_path: Path) -> None:
    made = [sequential(noisy(0.64)), Made("fast", noisy(0.001), status="failed", reason="wrong")]
    row = rows(tmp_path, made)[1]
    assert (row.status, row.reason, row.rounds) == ("failed", "wrong", 6)
    numbers = {key: value for key, value in asdict(row).items() if key.startswith(("batch", "sp"))}
    assert {*numbers.values(), row.rank, row.of_limit, row.one_shot_seconds} == {None}


def test_without_a_reference_speed_ups_are_absent(tmp_path: Path) -> None:
    row = rows(tmp_path, [Made("threading", noisy(0.05)), Made("asyncio", noisy(0.04))])[0]
    assert (row.speedup, row.limit_seconds, row.rank) == (None, None, 2)


def test_one_round_has_no_interval_and_no_rank(tmp_path: Path) -> None:
    row = rows(tmp_path, [sequential([0.64] * 2), Made("threading", [0.04])])[1]
    assert (row.batch_seconds, row.speedup) == pytest.approx((0.04, 16))
    assert (row.batch_low, row.speedup_low, row.rank) == (None, None, None)
    assert texts(row) == ("one round",)
    alone = rows(tmp_path, [sequential([0.64]), Made("threading", [0.04])])[1]
    assert (alone.rank, texts(alone)) == (None, ())


def test_blocks_are_ranked_apart(tmp_path: Path) -> None:
    made = [Made("threading", noisy(0.05)), Made("threading", noisy(9), workload="b", block=1)]
    assert [row.rank for row in rows(tmp_path, made).values()] == [1, 1]


def test_more_rounds_than_a_look_are_shown_at_a_stricter_level(tmp_path: Path) -> None:
    """8 rounds: 97.5 %, t(7) = 2.841; 7 rounds: 95 %, t(6) = 2.447."""
    for rounds, level in ((7, 0.95), (8, 0.975)):
        times = noisy(1, rounds)
        row = rows(tmp_path / str(rounds), [Made("threading", times)])[0]
        assert row.batch_low == intervals.mean([t for t in times if t], level).low


def test_rounds_fixed_beforehand_are_shown_at_the_plain_level(tmp_path: Path) -> None:

    times = noisy(1, 8)
    row = rows(tmp_path, [Made("threading", times)], rounds_limit=8)[0]
    assert row.batch_low == intervals.mean([t for t in times if t], 0.95).low


def test_ranks_spend_the_same_budget_as_intervals(tmp_path: Path) -> None:
    """Differences 0.0098 +- 0.01 over 8 rounds: t(7) = 2.6, p = 0.035, where 0.025 is allowed."""
    times: list[float | None] = [math.exp(0.00983 + bend) for bend in (0.01, -0.01) * 4]
    found = rows(tmp_path, [Made("threading", [1.0] * 8), Made("asyncio", times)])
    assert [row.rank for row in found.values()] == [1, 1]


def test_a_sample_is_said(tmp_path: Path) -> None:
    row = rows(tmp_path, [sequential(noisy(0.64), tasks=10_000, measured_tasks=64)])[0]
    assert row.batch_seconds == pytest.approx(100, rel=0.02)
    assert texts(row) == ("estimated from 64 of 10,000 tasks",)


def test_beyond_the_limit_by_the_whole_interval_is_an_error_of_measuring(tmp_path: Path) -> None:
    """The limit is 40 ms."""
    for middle, beyond in ((0.035, True), (0.0398, False)):
        made = [sequential(noisy(0.64), own_cpu=0.0), Made("x", noisy(middle), own_cpu=0.0)]
        row = rows(tmp_path / str(middle), made)[1]
        assert ("beyond the limit" in texts(row)) == beyond


def test_another_client_than_the_references_is_said(tmp_path: Path) -> None:
    made = [
        sequential(noisy(0.64), client="requests 2"),
        Made("a", noisy(0.05), client="aiohttp 3"),
    ]
    found = rows(tmp_path, made)
    assert texts(found[1]) == ("a different client (aiohttp 3, not requests 2)",)
    assert texts(found[0]) == ()


def test_a_cell_that_once_failed_is_ranked_and_says_so(tmp_path: Path) -> None:
    times = [*noisy(0.04, 5), None]
    failures = [{"round": 5, "cell": 1, "kind": "crash", "message": "exit code 9"}]
    row = rows(tmp_path, [sequential(noisy(0.64)), Made("x", times)], failures=failures)[1]
    assert (row.rank, row.rounds, texts(row)) == (1, 5, ("failed 1 time",))
