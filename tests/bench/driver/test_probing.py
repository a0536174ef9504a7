"""The probe passes of a run, with a lab that reports times instead of taking them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from concbench.driver.probing import NO_TIME, Ahead, Owed, Probing, owed
from concbench.driver.rounds import Limits
from concbench.plan.cells import PlannedCell
from concbench.spec import Cell, Spec
from concbench.store.passes import ProbePasses
from concbench.store.state import History

PROBES = ("memory", "latency", "lag")
SLEEP = "concbench.workloads.io_sleep:IoSleep"


def planned(number: int, strategy: str, **changed: Any) -> PlannedCell:
    workers = 1 if strategy == "sequential" else 4
    cell = Cell(Spec("io_sleep", SLEEP), Spec(strategy, "-"), changed.pop("tasks", 64))
    return replace(PlannedCell(number, cell, workers, 0, workers == 1, ""), **changed)


PLAN = (planned(0, "sequential"), planned(1, "threading"), planned(2, "asyncio"))


def measured(plan=PLAN, seconds=(1.0, 0.1, 0.05), rounds=2, elapsed=40.0) -> History:
    """A run after its rounds."""
    past = History(plan)
    for number in range(rounds):
        past.add({"event": "round", "round": number, "order": [p.id for p in plan]})
        for one, batch in zip(plan, seconds, strict=True):
            past.add(run(one, number, batch))
    past.add({"event": "loops", "cell": plan[0].id, "loops": 1, "elapsed": elapsed})
    return past


def run(one: PlannedCell, number: int, batch: float) -> dict[str, Any]:
    place = {"cell": one.id, "round": number, "position": one.id, "tasks": one.cell.tasks}
    answers = {"answer": "same", "head": "same", "benchmark": "{}"}
    return {"event": "measured", **place, "seconds": batch, "elapsed": 0.0, **answers}


@dataclass
class MadeUpLab:
    """Takes as long as `seconds` says, or as long as it may, by reporting it."""

    seconds: Callable[[Owed], float] = lambda one: 0.3
    found: Callable[[Owed], dict[str, Any]] = lambda one: {
        "memory": {"peak_pss_bytes": 1000 if one.planned else 600, "samples": 6},
        "absent": {},
    }
    now: float = 40.0
    seen: list[Owed] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def probe(self, one: Owed, timeout: float) -> tuple[dict[str, Any], str]:
        self.seen.append(one)
        self.timeouts.append(timeout)
        self.now += min(timeout, self.seconds(one))
        return self.found(one), "text"

    def elapsed(self) -> float:
        return self.now


def probing(past, lab, *, plan=PLAN, probes=PROBES, told=None, timeout=None, raw=None) -> Probing:
    record = (lambda _: None) if told is None else told.append
    limits = Limits(60.0, None, timeout)
    return Probing(plan, past, lab, probes, record, lambda *_: None, limits, raw)


def probed_cells(lab) -> list[int]:
    return [one.planned.id for one in lab.seen if one.planned]


def test_every_measured_cell_has_one_pass_the_shortest_first():
    lab = MadeUpLab()
    assert probing(measured(), lab).run(60.0) == []
    assert probed_cells(lab) == [2, 1, 0]


def test_every_workload_has_its_turn():
    slower = (planned(3, "threading", block=1), planned(4, "asyncio", block=1))
    plan = (*PLAN, *slower)
    lab = MadeUpLab()
    probing(measured(plan, (1.0, 0.1, 0.05, 0.4, 0.3)), lab, plan=plan).run(60.0)
    assert probed_cells(lab) == [2, 4, 1, 3, 0]


def test_passes_with_nothing_to_do_come_last_and_are_shared_by_cells_alike():
    more = (*PLAN, planned(3, "threading", tasks=32))
    past = measured(more, (1.0, 0.1, 0.05, 0.1))
    lab = MadeUpLab()
    probing(past, lab, plan=more).run(60.0)
    empties = [one for one in lab.seen if not one.planned]
    assert lab.seen[-3:] == empties
    assert sorted(one.cell.strategy.name for one in empties) == [
        "asyncio", "sequential", "threading",
    ]  # fmt: skip
    assert {one.probes for one in empties} == {("memory",)}
    assert {one.cell.workload.target for one in empties} == {"concbench.probes.empty:EmptyWorkload"}


def test_memory_is_told_over_that_of_nothing_to_do_and_by_worker():
    past = measured()
    probing(past, MadeUpLab()).run(60.0)
    cells = {one["cell"]: one for one in past.probed.document(PLAN)["cells"]}
    assert cells[1]["memory"] == {
        "peak_pss_bytes": 1000,
        "empty_pss_bytes": 600,
        "over_empty_bytes": 400,
        "per_worker_bytes": 100.0,
        "samples": 6,
    }


def test_without_the_pass_to_compare_with_the_difference_is_unknown_for_a_reason():
    def found(one):
        memory = {"memory": {"peak_pss_bytes": 1000, "samples": 6}, "absent": {}}
        return memory if one.planned else {"absent": {"memory": "no PSS here"}}

    past = measured()
    probing(past, MadeUpLab(found=found)).run(60.0)
    first = past.probed.document(PLAN)["cells"][0]
    assert first["memory"]["over_empty_bytes"] is None
    assert first["memory"]["per_worker_bytes"] is None
    assert first["absent"] == {"over_empty": "no PSS here"}


def test_a_cell_that_failed_or_was_not_measured_is_not_probed():
    plan = (*PLAN, planned(3, "trio", reason="trio is not installed"))
    past = measured()
    whole = History(plan, past.entries)
    bad = {"event": "failed", "cell": 1, "round": 1, "position": 1, "message": "crashed"}
    for _ in range(2):
        whole.add(bad)
    lab = MadeUpLab()
    probing(whole, lab, plan=plan).run(60.0)
    assert probed_cells(lab) == [2, 0]


def test_all_passes_together_take_a_quarter_of_the_budget_at_most():
    for seconds in (0.1, 1.0, 4.0, 100.0):
        lab = MadeUpLab(seconds=lambda one, seconds=seconds: seconds)
        probing(measured(), lab).run(20.0)
        assert lab.now - 40.0 <= 5.0


def test_rounds_leave_probes_what_they_should_take():
    past = measured()
    passes = sum(one.expected for one in owed(PLAN, past, PROBES))
    assert Ahead(past, PROBES, Limits(60.0), 1.5)() == pytest.approx(1.5 + passes)
    assert Ahead(past, (), Limits(60.0), 1.5)() == 1.5
    assert Ahead(History(PLAN), PROBES, Limits(60.0), 1.5).most == 15.0


def test_probes_wait_until_there_are_two_rounds():
    assert Ahead(measured(rounds=1), PROBES, Limits(60.0), 1.5)() == 1.5


def test_rounds_never_leave_probes_more_than_they_may_take():
    slow = measured(seconds=(50.0, 50.0, 50.0), rounds=3)
    assert Ahead(slow, PROBES, Limits(60.0), 1.5)() == 1.5 + 15.0


def test_probes_end_with_the_budget_where_rounds_took_longer():
    past, lab = measured(elapsed=62.0), MadeUpLab(seconds=lambda one: 100.0, now=62.0)
    probing(past, lab).run(60.0)
    assert 62.0 < lab.now <= 1.08 * 60


def test_probes_leave_time_for_what_shows_the_run():
    past, lab = measured(elapsed=62.0), MadeUpLab(seconds=lambda one: 100.0, now=62.0)
    replace(probing(past, lab), ending=1.5).run(60.0)
    assert lab.now <= 1.08 * 60 - 1.5


def test_where_memory_does_not_fit_the_rest_of_a_pass_may():
    past = measured(seconds=(12.0, 3.0, 3.0))
    lab = MadeUpLab(seconds=lambda one: one.expected)
    probing(past, lab).run(40.0)
    light = [one for one in lab.seen if one.planned and one.probes == ("latency", "lag")]
    whole = {one.planned.id: one for one in owed(PLAN, past, PROBES) if one.planned}
    assert light[0].expected < whole[light[0].planned.id].expected
    known = {one["cell"]: one for one in past.probed.document(PLAN)["cells"]}
    assert known[light[0].planned.id]["absent"]["memory"] == NO_TIME


def test_without_a_budget_they_take_as_long_as_the_rounds_at_most():
    for elapsed, least, most in ((40.0, 30.0, 40.0), (1.0, 2.0, 5.0)):  # and five seconds at least
        past, lab = measured(elapsed=elapsed), MadeUpLab(seconds=lambda one: 100.0, now=elapsed)
        replace(probing(past, lab), limits=Limits(math.inf)).run(None)
        assert least < lab.now - elapsed <= most + 0.001


def test_without_a_budget_more_rounds_give_probes_more_time():
    past, lab = measured(seconds=(30.0, 9.0, 9.0), elapsed=4.0), MadeUpLab(now=4.0)
    (line,) = replace(probing(past, lab), limits=Limits(math.inf)).run(None)
    assert line == "no time left to probe 2 cells: raise --rounds [no-time-for-probes]"


def test_what_does_not_fit_is_absent_with_the_reason_and_said_in_one_line():
    past, lab = measured(), MadeUpLab(seconds=lambda one: one.expected)
    lines = probing(past, lab).run(3.0)
    assert probed_cells(lab) == [2]
    assert lines == ["no time left to probe 2 cells: raise --budget [no-time-for-probes]"]
    known = {one["cell"]: one for one in past.probed.document(PLAN)["cells"]}
    assert known[2]["absent"].keys() == {"over_empty"}
    for cell in (0, 1):
        assert known[cell]["absent"] == dict.fromkeys(
            ("memory", "latency", "concurrency", "timeline", "left", "lag"), NO_TIME
        )


def test_one_that_hangs_leaves_the_others_half_of_the_time():
    lab = MadeUpLab(seconds=lambda one: 1e9 if one.planned and one.planned.id == 2 else 0.2)
    assert probing(measured(), lab).run(60.0) == []
    assert lab.timeouts[0] == pytest.approx(7.5)
    assert probed_cells(lab) == [2, 1, 0]


def test_no_pass_may_take_longer_than_a_worker_may():
    lab = MadeUpLab()
    probing(measured(), lab, timeout=1.5).run(60.0)
    assert max(lab.timeouts) == 1.5


def test_without_probes_nothing_is_probed_and_nothing_told():
    past, lab, told = measured(), MadeUpLab(), []
    assert probing(past, lab, probes=(), told=told).run(60.0) == []
    assert (lab.seen, told, past.probed.document(PLAN)) == ([], [], None)


def test_going_on_probes_only_what_was_not_probed():
    class Stop(Exception):
        pass

    def stop(one):
        if one.planned and one.planned.id == 1:
            raise Stop
        return 0.3

    told: list[Any] = []
    past = measured()
    with pytest.raises(Stop):
        probing(past, MadeUpLab(seconds=stop), told=told).run(60.0)
    again, lab = History(PLAN, [*past.entries]), MadeUpLab()
    assert [entry["event"] for entry in told] == ["probed"]
    probing(again, lab).run(60.0)
    assert probed_cells(lab) == [1, 0]
    assert [one["cell"] for one in again.probed.document(PLAN)["cells"]] == [0, 1, 2]


def test_going_on_has_only_the_time_that_is_left():
    past, first = measured(), MadeUpLab(seconds=lambda one: 2.0)
    probing(past, first).run(10.0)
    again = MadeUpLab(seconds=lambda one: 2.0)
    probing(History(PLAN, past.entries), again).run(10.0)
    assert first.now - 40.0 + again.now - 40.0 <= 2.5


def test_a_probe_that_is_asked_for_later_is_made_later():
    past = measured()
    probing(past, MadeUpLab(), probes=("lag",)).run(60.0)
    lab = MadeUpLab()
    probing(past, lab, probes=("lag",)).run(60.0)
    assert lab.seen == []
    probing(past, lab, probes=("memory", "lag")).run(60.0)
    assert probed_cells(lab) == [2, 1, 0]


def test_tasks_in_turn_are_fewer_where_they_take_long():
    tasks = {one.planned.id: one.tasks for one in owed(PLAN, measured(), PROBES) if one.planned}
    assert tasks == {0: 9, 1: 64, 2: 64}
    slow = measured(seconds=(640.0, 0.1, 0.05))
    assert owed(PLAN, slow, PROBES)[2].tasks == 4


def test_raw_times_are_kept_of_cells_alone():
    kept = []
    probing(measured(), MadeUpLab(), raw=lambda *given: kept.append(given)).run(60.0)
    assert kept == [(2, "text"), (1, "text"), (0, "text")]


def test_nothing_is_stored_where_nothing_was_probed():
    assert ProbePasses().document(PLAN) is None
