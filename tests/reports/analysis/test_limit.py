from __future__ import annotations

from pathlib import Path

import pytest

from concbench import reports
from concbench.reports.analysis import cells as rows
from concbench.reports.analysis import tables
from concbench.reports.render import exports

from ..made import Made, folder, sequential
from ..made_probes import in_flight

ONE = [{"round": 0, "cpus": 2, "delivered": 2.0}]


def limits(path: Path, cells: list[Made], **facts: object) -> dict[int, float]:
    stored = reports.read(folder(path, cells, **facts))
    return rows.limits(stored, stored.run.cells)


def slow(tasks: int, in_flight: int, wait: float, cpu: float, cpus: int) -> float:
    """Play the batch: every slot takes the next task when it is free, every CPU likewise."""
    slots, busy = [0.0] * in_flight, [0.0] * cpus
    for _ in range(tasks):
        slot, core = slots.index(min(slots)), busy.index(min(busy))
        slots[slot] += wait + cpu
        busy[core] += cpu
    return max(*slots, *busy)


@pytest.mark.parametrize("in_flight", [1, 2, 7, 16])
@pytest.mark.parametrize(("wait", "cpu"), [(0.01, 0.0), (0.0, 0.01), (0.01, 0.004)])
def test_the_formula_is_what_a_played_batch_takes(in_flight: int, wait: float, cpu: float) -> None:
    """16 tasks on 1 and 2 CPUs, which share them evenly."""
    for cpus in (1, 2):
        found = rows.limit(16, in_flight, wait, cpu, cpus)
        assert found == pytest.approx(slow(16, in_flight, wait, cpu, cpus))


def test_waiting_is_seen_in_sequential_and_computing_in_the_thriftiest(tmp_path: Path) -> None:
    """Wait (0.64 - 0.064) / 64 = 9 ms; the least CPU is threading's, 0.5 ms; 4 turns of 16."""
    cells = [sequential([0.64] * 2, own_cpu=0.064), Made("threading", [0.05] * 2, own_cpu=0.032)]
    assert limits(tmp_path, cells, canary=ONE)[1] == pytest.approx(4 * 0.0095)


def test_what_a_busy_machine_makes_a_task_wait_is_no_part_of_the_limit(tmp_path: Path) -> None:
    cells = [sequential([0.9, 0.64, 0.8], own_cpu=0.064), Made("threading", [0.05] * 3)]
    own = [sequential([0.64] * 3, own_cpu=0.064), Made("threading", [0.05] * 3)]
    assert limits(tmp_path / "busy", cells) == limits(tmp_path / "idle", own)


def test_sequential_could_have_had_what_the_others_had(tmp_path: Path) -> None:
    cells = [sequential([0.64] * 2, own_cpu=0.064), Made("threading", [0.05] * 2, own_cpu=0.064)]
    found = limits(tmp_path, cells, canary=ONE)
    assert found[0] == found[1] == pytest.approx(0.04)


def test_each_client_has_its_own_cost(tmp_path: Path) -> None:
    cells = [
        sequential([0.64] * 2, own_cpu=0.064, client="requests"),
        Made("asyncio", [0.05] * 2, own_cpu=0.0064, form="async", client="aiohttp"),
        Made("multiprocessing", [0.05] * 2, own_cpu=0.0, in_process=False, client="requests"),
    ]
    found = limits(tmp_path, cells, canary=ONE)
    assert found[1] == pytest.approx(4 * 0.0091)
    assert found[2] == pytest.approx(4 * 0.01)


def test_a_client_never_seen_in_process_has_no_limit(tmp_path: Path) -> None:
    cells = [sequential([0.64]), Made("pool", [0.05], in_process=False, client="other")]
    assert set(limits(tmp_path, cells)) == {0}


def test_a_failed_cell_says_nothing_of_the_cost(tmp_path: Path) -> None:
    lazy = Made("threading", [0.05] * 2, own_cpu=0.0001, status="failed")
    cells = [sequential([0.64] * 2, own_cpu=0.064), lazy, Made("asyncio", [0.05], own_cpu=0.064)]
    assert limits(tmp_path, cells, canary=ONE)[2] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("delivered", "seconds"),
    [([1.5, 1.0, 1.6], 16 * 0.01 / 1.6), ([2.5, 2.5], 0.08), ([], 0.08)],
)
def test_computing_shares_the_cpus_of_the_best_round_at_most_those_there_are(
    tmp_path: Path, delivered: list[float], seconds: float
) -> None:
    canary = [{"round": n, "cpus": 2, "delivered": one} for n, one in enumerate(delivered)]
    cells = [
        sequential([0.16] * 2, own_cpu=0.16, tasks=16),
        Made("multiprocessing", [0.09] * 2, in_process=False, tasks=16, workers=8),
    ]
    assert limits(tmp_path, cells, canary=canary)[1] == pytest.approx(seconds)


@pytest.mark.parametrize(
    "reference",
    [
        sequential([0.64], status="failed"),
        sequential([0.64], in_process=False),
        Made("threading", [0.04], reference=True),
        Made("sequential", [0.64], workers=1),
    ],
)
def test_without_one_task_at_a_time_as_reference_there_is_no_limit(
    tmp_path: Path, reference: Made
) -> None:
    assert limits(tmp_path, [reference, Made("asyncio", [0.04])]) == {}


def test_a_task_that_computes_on_both_cpus_may_end_as_soon_as_it_does_alone(tmp_path: Path) -> None:
    """0.2 s of CPU in 0.1 s: that is no negative waiting for others, and nobody's error."""
    alone = limits(tmp_path / "alone", [sequential([0.1], own_cpu=0.2)], canary=ONE)
    assert alone[0] == pytest.approx(0.1)
    thrifty = [sequential([0.1], own_cpu=0.2), Made("x", [0.1], own_cpu=0.05)]
    assert limits(tmp_path / "thrifty", thrifty, canary=ONE)[1] == pytest.approx(0.05 / 2)


def test_a_strategy_that_starts_more_at_once_than_its_workers_has_that_in_flight(
    tmp_path: Path,
) -> None:
    """64 tasks of 10 ms: 32 at once take two turns, and could have for sequential, too."""
    probe = {"tasks": 64, "concurrency": in_flight(31.0, 32)}
    less = {"tasks": 64, "concurrency": in_flight(5.0, 6)}
    cells = [
        sequential([0.64] * 2, own_cpu=0.0, probe={"concurrency": in_flight(1.0, 40)}),
        Made("all at once", [0.05] * 2, own_cpu=0.0, probe=probe),
        Made("fewer than workers", [0.05] * 2, own_cpu=0.0, probe=less),
    ]
    found = limits(tmp_path, cells, canary=ONE)
    assert found == pytest.approx({0: 0.02, 1: 0.02, 2: 0.04})


def test_the_cpu_of_children_counts_where_it_was_measured(tmp_path: Path) -> None:
    """The pool needs 8 ms a task and not 10: 16 tasks on two CPUs take 64 ms."""
    pool = Made("pool", [0.09] * 2, in_process=False, tasks=16, workers=8, own_cpu=0.001, cpu=0.128)
    cells = [sequential([0.16] * 2, own_cpu=0.16, cpu=0.16, tasks=16), pool]
    found = limits(tmp_path, cells, canary=ONE)
    assert found == pytest.approx({0: 0.064, 1: 0.064})


def test_a_client_seen_in_children_alone_has_a_limit_once_their_cpu_is_counted(
    tmp_path: Path,
) -> None:
    pool = Made("pool", [0.05] * 2, in_process=False, client="other", own_cpu=0.0, cpu=0.064)
    found = limits(tmp_path, [sequential([0.64] * 2, own_cpu=0.0), pool], canary=ONE)
    assert found[1] == pytest.approx(4 * 0.011)


def test_what_sequentials_children_compute_is_no_waiting(tmp_path: Path) -> None:
    """Tasks that start a process of 10 ms: 64 of them on two CPUs are 320 ms and not 40."""
    cells = [
        sequential([0.64] * 2, own_cpu=0.001, cpu=0.64),
        Made("threading", [0.35] * 2, own_cpu=0.001, cpu=0.65),
    ]
    assert limits(tmp_path, cells, canary=ONE)[1] == pytest.approx(0.32)


def test_the_cpus_of_a_round_that_was_measured_again_do_not_count(tmp_path: Path) -> None:
    low = {"round": 0, "cpus": 2, "delivered": 0.5, "low": True, "replaced": True}
    more = [{"round": n, "cpus": 2, "delivered": d} for n, d in ((1, 1.6), (2, 2.0))]
    stored = reports.read(folder(tmp_path, [sequential([0.64] * 3)], canary=[low, *more]))
    assert stored.run.delivered == [1.6, 2.0]


FAST = Made("fast", [0.03, 0.031] * 3, own_cpu=0.0)
"""Beyond its limit of 40 ms by its whole interval."""
WAITING = sequential([0.64, 0.641] * 3, own_cpu=0.0)


def busy(*delivered: float) -> list[dict[str, object]]:
    return [{"round": n, "cpus": 2, "delivered": cpus} for n, cpus in enumerate(delivered)]


def test_on_a_busy_machine_what_is_beyond_its_limit_makes_it_unknown(tmp_path: Path) -> None:
    """No share of 137 % of a limit: it is of a machine that the other cells did not have."""
    path = folder(tmp_path, [WAITING, FAST], canary=busy(1.9, 0.9, 1.8))
    (block,) = tables.blocks(reports.read(path))
    assert all(row.of_limit is None and row.limit_seconds is None for row in block.rows)
    assert block.conclusion.outcome == "fastest"
    text = str(exports.rendered(reports.read(path), "md"))
    assert "limit unknown (other programs took CPUs)" in text.replace("\\", "")
    assert "of the limit" not in text


def test_rounds_too_far_apart_to_tell_make_a_limit_unknown(tmp_path: Path) -> None:
    wide = Made("fast", [0.02, 0.06, 0.03, 0.05], own_cpu=0.0)
    stored = reports.read(folder(tmp_path, [WAITING, wide], canary=busy(2.0)))
    (block,) = tables.blocks(stored)
    assert {row.limit_doubt for row in block.rows} == {"its rounds differ too much"}


def test_on_a_calm_machine_what_is_beyond_its_limit_is_an_error(tmp_path: Path) -> None:
    stored = reports.read(folder(tmp_path, [WAITING, FAST], canary=busy(1.9, 1.8)))
    (block,) = tables.blocks(stored)
    assert block.conclusion.outcome == "impossible"


def test_a_busy_machine_keeps_a_limit_that_nothing_contradicts(tmp_path: Path) -> None:
    usual = Made("usual", [0.05, 0.051] * 3, own_cpu=0.0)
    stored = reports.read(folder(tmp_path, [WAITING, usual], canary=busy(1.9, 0.9)))
    (block,) = tables.blocks(stored)
    assert [row.limit_doubt for row in block.rows] == ["", ""]
    assert block.rows[0].of_limit == pytest.approx(0.04 / 0.0505, rel=0.01)
