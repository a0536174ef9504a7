"""What is worth a race, and why the rest is not: bounds against closed forms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from concbench.reports.advice import prediction
from concbench.reports.advice.prediction import Premises, candidates, crossover, rungs, seconds
from concbench.reports.run.advice import SIMPLEST_FIRST, Candidate, Look, StrategyCost

WAITS = Look(tasks=50, seconds=0.01, least=0.01, most=0.011, computes=0.0001)
HOLDS = Look(tasks=50, seconds=0.004, least=0.004, most=0.004, computes=0.004, released=0.0)
COSTS = {
    "threading": StrategyCost(30e-6, 0.001),
    "asyncio": StrategyCost(20e-6, 0.002),
    "asyncio+to_thread": StrategyCost(90e-6, 0.003),
    "multiprocessing": StrategyCost(120e-6, 0.03, 0.005),
    "multiprocessing+asyncio": StrategyCost(50e-6, 0.04, 0.005),
    "asyncio+processpool": StrategyCost(200e-6, 0.04, 0.005),
}


def premises(look: Look, **more):
    return Premises(look, **{"tasks": 64, "cpus": 2, "costs": COSTS, **more})


def raced(look: Look, **more):
    there = [one for one in SIMPLEST_FIRST if one in (*COSTS, "sequential")]
    every, left_out = candidates(premises(look, **more), there, 64)
    return {one.strategy for one in every if not one.reason}, left_out


def test_waiting_is_overlapped_by_as_many_as_are_in_flight():
    known = premises(WAITS, costs={})
    assert seconds(known, "sequential", 1) == pytest.approx(64 * 0.01)
    assert seconds(known, "threading", 16) == pytest.approx(4 * 0.01)
    assert seconds(known, "threading", 24) == pytest.approx(3 * 0.01)
    assert seconds(known, "threading", 64) == pytest.approx(0.011)  # the longest task


def test_what_holds_the_gil_runs_one_at_a_time_in_threads_and_on_all_cpus_in_processes():
    known = premises(HOLDS, costs={})
    assert seconds(known, "threading", 8) == pytest.approx(64 * 0.004)
    assert seconds(known, "multiprocessing", 8) == pytest.approx(32 * 0.004)
    assert seconds(replace(known, gil=False), "threading", 8) == pytest.approx(32 * 0.004)


def test_threads_are_left_out_where_the_gil_holds_them_up_and_the_reason_says_so():
    there, left_out = raced(HOLDS)
    assert there == {"sequential", "multiprocessing"}
    assert left_out["threading"].startswith("100 % of its computing holds the GIL: 258 ms a batch")


def test_threads_stay_where_nobody_could_tell_what_the_gil_does():
    there, _ = raced(replace(HOLDS, released=None))
    assert "threading" in there


def test_processes_are_left_out_where_the_payload_costs_more_than_the_task():
    look = replace(HOLDS, released=1.0, result_bytes=8_000_000, result_seconds=0.014)
    there, left_out = raced(look)
    assert there == {"sequential", "threading"}
    said = "the 8.0 MB that cross take 14 ms to pickle, the task 4.0 ms"
    assert left_out["multiprocessing"].startswith(said)


def test_what_cannot_run_is_no_candidate_and_says_why():
    _, left_out = raced(replace(WAITS, unpicklable="its results do not pickle: TypeError: a lock"))
    assert left_out["multiprocessing"] == "its results do not pickle: TypeError: a lock"
    assert "awaits nothing" in left_out["asyncio"]
    _, left_out = raced(replace(WAITS, blocking=False, awaitable=True))
    assert "an event loop of its own" in left_out["threading"]


def test_a_coroutine_that_blocks_is_raced_in_threads_and_the_loop_is_left_out():
    look = replace(WAITS, blocking=False, awaitable=True, blocks_loop=True)
    there, left_out = raced(look)
    assert "threading" in there
    assert left_out["asyncio"].startswith("its tasks block the event loop")


def test_a_loop_computes_as_its_own_client_does():
    look = replace(WAITS, computes=0.001, awaitable=True, in_loop_computes=0.0002)
    assert seconds(premises(look, costs={}), "asyncio", 64) == pytest.approx(64 * 0.0002)
    unknown = replace(look, in_loop_computes=None)
    assert seconds(premises(unknown, costs={}), "asyncio", 64) <= look.most


def test_the_same_pool_behind_a_loop_is_left_out_for_what_it_costs_more():
    _, left_out = raced(WAITS)
    assert left_out["asyncio+to_thread"].startswith(
        "threading with an event loop around it (60 us more a task)"
    )


def test_a_plain_loop_always_runs():
    there, _ = raced(WAITS)
    assert "sequential" in there


def test_a_script_pays_for_the_start_of_its_workers():
    known = premises(WAITS, one_shot=True)
    more = seconds(known, "multiprocessing", 8) - seconds(
        replace(known, one_shot=False), "multiprocessing", 8
    )
    assert more == pytest.approx(0.03 + 6 * 0.005)


def test_workers_double_and_the_middle_is_between():
    assert rungs(16) == [1, 2, 3, 4, 6, 8, 12, 16]
    assert rungs(10) == [1, 2, 3, 4, 6, 8, 10]
    assert rungs(1) == [1]


def test_processes_win_from_the_computing_on_that_pays_for_them():
    """Threads take n c; of two processes the parent spends n d, which is less from c = d on."""
    known = premises(
        replace(HOLDS, computes=1e-5, seconds=1e-5), costs={"multiprocessing": StrategyCost(1e-3)}
    )
    first, other = Candidate("threading", 2, 0.0), Candidate("multiprocessing", 2, 0.0)
    assert crossover(known, first, other, "computes") == pytest.approx(1e-3, rel=1e-3)
    assert crossover(known, other, first, "computes") is None  # it already is
    assert crossover(known, first, Candidate("sequential", 1, 0.0), "computes") is None


def test_strategies_that_are_left_out_for_the_same_reason_share_a_line():
    lines = prediction.reasons({"threading": "no", "asyncio": "why", "multiprocessing": "no"})
    assert list(lines) == ["left out: threading and multiprocessing: no", "left out: asyncio: why"]


def test_the_sentences_of_a_look_say_what_it_could_not_tell():
    look = replace(HOLDS, released=None, most=0.1, again=1e-5, delayed=0.002)
    said = " | ".join(prediction.words(look, cpus=1))
    assert "with a heavy tail" in said
    assert "cannot tell on one CPU" in said
    assert "when it runs again: cached" in said
    assert "other programs held it up for 2.0 ms more" in said


def test_processes_are_as_many_as_keep_the_cpus_busy_where_that_pays():
    def usual(look: Look) -> set[int]:
        every, _ = candidates(premises(look), ["sequential", "threading", "multiprocessing"], 64)
        return {one.workers for one in every if one.strategy == "multiprocessing" and one.usual}

    both = replace(WAITS, seconds=0.012, computes=0.002, most=0.012, released=0.0)
    assert max(usual(both)) == 16  # 2 CPUs * 12 ms / 2 ms = 12, and threads hold the GIL
    assert max(usual(replace(both, computes=0.0005))) == 64
    assert max(usual(replace(both, released=1.0))) == 8
    assert max(usual(WAITS)) == max(usual(HOLDS)) == 8
    every, _ = candidates(premises(both), ["sequential", "threading", "multiprocessing"], 64)
    reasons = {one.workers: one.reason for one in every if one.strategy == "multiprocessing"}
    assert {count for count, why in reasons.items() if "more than" in why} == {24, 32, 48, 64}
    assert not reasons[16]
