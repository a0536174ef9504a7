"""The course of a run, with a lab that reports times instead of taking them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from concbench.driver.groups import longest_start, starting
from concbench.driver.rounds import Course, Limits, Measurement, Visit
from concbench.driver.schedule import Scouting, Scouts, last_round, sample
from concbench.plan.cells import PlannedCell
from concbench.processes.outputs import Failed
from concbench.spec import Cell, Spec
from concbench.store.state import History, Startup


def planned(number: int, strategy: str, *, block: int = 0, tasks: int = 64, reason: str = ""):
    cell = Cell(Spec(f"work{block}", "-"), Spec(strategy, "-"), tasks)
    return PlannedCell(number, cell, 1, block, strategy == "sequential", reason)


def canary(cpus: float | None, alone: float = 1.0, late: float | None = 0.0001) -> dict[str, Any]:
    """What a canary says that found so many of two CPUs, each of which does so much alone."""
    together = None if cpus is None else cpus * alone
    return {"cpus": 2, "alone": alone, "together": together, "jitter_seconds": late, "reason": ""}


@dataclass
class MadeUpLab:
    """Takes as long as `seconds` says, by reporting it."""

    seconds: Callable[[Visit], float] = lambda visit: 1.0
    outcome: Callable[[Visit], Any] = lambda visit: None
    per_task: float | Failed = 0.001
    cpus: Callable[[int], float | None] = lambda number: 2.0
    """What a canary finds, by its number."""
    glances: Callable[[], float | None] = lambda: 2.0
    """The same of a glance in the middle of a round."""
    now: float = 0.0
    visits: list[Visit] = field(default_factory=list)
    together: list[list[int]] = field(default_factory=list)
    heard: int = 0
    loops: int = 1
    """What a worker finds out that does not know how many make a value long enough."""

    def canary(self) -> dict[str, Any]:
        self.heard += 1
        return canary(self.cpus(self.heard - 1))

    def glance(self) -> float | None:
        return self.glances()

    startup: tuple[float, float] = (0.0, 0.0)

    def scout(self, planned: PlannedCell, timeout: float) -> Scouting | Failed:
        known = self.per_task
        return known if isinstance(known, Failed) else Scouting(known, *self.startup)

    def measure(self, visit: Visit) -> Measurement | Failed:
        self.visits.append(visit)
        seconds = self.seconds(visit)
        self.now += 2 * seconds
        made = Measurement(seconds, "same", "head", "{}", took=2 * seconds)
        return self.outcome(visit) or replace(made, loops=visit.loops or self.loops)

    def measure_in_turns(self, visits, random, watch) -> list[Measurement | Failed]:
        self.together.append([visit.planned.id for visit in visits])
        outcomes: list[Measurement | Failed] = []
        for visit in visits:
            watch(visit)
            outcomes.append(self.measure(visit))
            if isinstance(outcomes[-1], Failed) and outcomes[-1].kind == "timeout":
                break
        return outcomes

    def elapsed(self) -> float:
        return self.now


def course(plan, lab, *, budget=60.0, rounds=None, past=None, seed=1, after=0.0) -> Course:
    history = past or History(plan)
    limits = Limits(budget, rounds)
    Scouts(history, lab, lambda _: None, limits).run()
    nothing = (lambda _: None, lambda: None, lambda _: None)
    return Course(plan, history, lab, *nothing, limits, seed, after=lambda: after)


PLAN = [planned(0, "sequential"), planned(1, "threading"), planned(2, "asyncio")]


def everything(plan=PLAN):
    return lambda history: [p.id for p in plan]


def test_every_round_visits_every_cell_once_in_an_order_of_its_own():
    lab = MadeUpLab()
    course(PLAN, lab, rounds=20, budget=1e9).run(everything())
    orders = [[v.planned.id for v in lab.visits if v.round == n] for n in range(20)]
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len({tuple(order) for order in orders}) > 3


def test_the_seed_alone_decides_the_order():
    def orders(seed):
        one = course(PLAN, MadeUpLab(), rounds=10, budget=1e9, seed=seed)
        one.run(everything())
        return one.history.orders

    assert orders(1) == orders(1) != orders(2)


@pytest.mark.parametrize("after", [0.0, 12.0])
def test_a_round_that_would_end_too_late_is_not_begun(after):
    """Each takes 6 s."""
    lab = MadeUpLab()
    course(PLAN, lab, budget=60, after=after).run(everything())
    assert 60 - 6 < lab.now + after <= 1.08 * 60


TWO_BLOCKS = [
    *(planned(0, "sequential"), planned(1, "threading")),
    *(planned(2, "sequential", block=1), planned(3, "threading", block=1)),
]
"""Of which the first takes 4 s of a round, and the second 20 s."""


def long_and_short(budget=60.0, after=0.0, plan=TWO_BLOCKS, **more):
    lab = MadeUpLab(seconds=lambda visit: 5.0 if visit.planned.block else 1.0)
    one = replace(course(plan, lab, budget=budget, after=after), **more)
    one.run(everything(plan))
    return lab, one.history


def test_where_no_whole_round_fits_a_block_that_does_has_one_more():
    lab, history = long_and_short()
    assert [sorted(order) for order in history.orders] == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1]]
    assert history.partial == {2}
    assert lab.now == 2 * 24 + 4
    assert history.round_seconds == 24


def test_blocks_of_the_last_round_leave_time_for_what_comes_after_it():
    for after in (12.0, 14.0):
        _, history = long_and_short(after=after)
        assert len(history.orders) == (3 if after == 12 else 2)


@pytest.mark.parametrize("unknown", [(2, 3), (0, 1, 2, 3)])
def test_a_block_fits_only_where_it_is_known_what_all_of_a_round_took(unknown):
    """Journals of before do not say it of each worker."""
    lab = MadeUpLab(seconds=lambda visit: 5.0 if visit.planned.block else 1.0)
    one = course(TWO_BLOCKS, lab)
    lab.outcome = lambda visit: (
        Measurement(5.0, "same", "head", "{}") if visit.planned.id in unknown else None
    )
    one.run(everything(TWO_BLOCKS))
    assert [len(order) for order in one.history.orders] == [4, 4]


def test_the_pairs_of_a_check_have_whole_rounds_alone():
    """What they still need is for the rule to say."""
    _, history = long_and_short(values=lambda seconds: 3)
    assert [len(order) for order in history.orders] == [4, 4]


def test_a_run_that_goes_on_has_whole_rounds_again():
    _, past = long_and_short()
    again = MadeUpLab(seconds=lambda visit: 5.0 if visit.planned.block else 1.0, now=52.0)
    course(TWO_BLOCKS, again, budget=120, past=past).run(everything(TWO_BLOCKS))
    assert [len(order) for order in past.orders] == [4, 4, 2, 4, 4, 4, 2]
    rebuilt = History(TWO_BLOCKS, past.entries)
    assert rebuilt.partial == {2, 6} and rebuilt.round_seconds == 24


def test_a_rule_that_wants_no_more_of_a_block_gives_its_time_to_the_others():
    plan = [planned(0, "sequential"), planned(1, "sequential", block=1)]
    lab = MadeUpLab()
    course(plan, lab, budget=40).run(lambda rounds: [0, 1] if len(rounds) < 5 else [1])
    assert [v.round for v in lab.visits if v.planned.id == 0] == [0, 1, 2, 3, 4]
    assert len([v for v in lab.visits if v.planned.id == 1]) == 16


def test_a_short_batch_is_calibrated_once_and_its_loops_are_kept():
    lab = MadeUpLab(seconds=lambda visit: 0.001, loops=8)
    one = course(PLAN, lab, rounds=3)
    one.run(everything())
    assert one.history.loops == {0: 8, 1: 8, 2: 8}
    assert [{v.loops for v in lab.visits if v.round == n} for n in range(3)] == [{0}, {8}, {8}]
    assert len(lab.visits) == 9


def test_a_failing_cell_costs_only_itself_and_has_two_chances():
    def outcome(visit):
        return Failed("crash", "crashed: exit code 7") if visit.planned.id == 1 else None

    lab = MadeUpLab(outcome=outcome)
    one = course(PLAN, lab, rounds=6, budget=1e9)
    one.run(everything())
    assert len([v for v in lab.visits if v.planned.id == 1]) == 2
    assert one.history.reason(1) == "crashed: exit code 7"
    assert len(one.history.measured[0]) == len(one.history.measured[2]) == 6
    assert all(set(entry) == {0, 2} for entry in one.history.seconds())


def test_one_failure_among_successes_does_not_condemn():
    def outcome(visit):
        bad = visit.planned.id == 1 and visit.round == 2
        return Failed("timeout", "timed out") if bad else None

    one = course(PLAN, MadeUpLab(outcome=outcome), rounds=5, budget=1e9)
    one.run(everything())
    assert one.history.reason(1) == ""
    assert len(one.history.measured[1]) == 4


def test_a_cell_that_cannot_run_is_never_visited():
    plan = [planned(0, "sequential"), planned(1, "threading", reason="needs Python 3.14")]
    lab = MadeUpLab()
    course(plan, lab, rounds=2).run(everything(plan))
    assert {v.planned.id for v in lab.visits} == {0}


def test_an_answer_that_is_not_sequentials_fails_the_cell_whatever_ran_first():
    def outcome(visit):
        return Measurement(1.0, "lie", "head", "{}") if visit.planned.id == 2 else None

    for seed in range(6):
        one = course(PLAN, MadeUpLab(outcome=outcome), rounds=1, seed=seed)
        one.run(everything())
        assert [one.history.reason(n)[:12] for n in range(3)] == ["", "", "wrong answer"]


def test_without_a_reference_the_first_that_ran_is_the_model():
    plan = [planned(0, "threading"), planned(1, "asyncio")]

    def outcome(visit):
        return Measurement(1.0, f"answer {visit.planned.id}", "", "{}")

    one = course(plan, MadeUpLab(outcome=outcome), rounds=1)
    one.run(everything(plan))
    first, second = one.history.orders[0]
    assert one.history.reason(first) == ""
    assert one.history.reason(second).startswith("wrong answer: not ")


def test_a_reference_with_another_answer_each_time_is_wrong_itself():
    def outcome(visit):
        return Measurement(1.0, f"answer {visit.round}", "", "{}")

    one = course(PLAN, MadeUpLab(outcome=outcome), rounds=2)
    one.run(everything())
    assert one.history.reason(0) == "wrong answer: another one in every process"


def test_a_reference_too_slow_for_the_budget_runs_a_sample_that_the_others_must_match():
    plan = [planned(0, "sequential", tasks=10_000), planned(1, "asyncio", tasks=10_000)]

    def outcome(visit):
        return Measurement(1.0, "whole" if visit.tasks == 10_000 else "part", "part", "{}")

    lab = MadeUpLab(outcome=outcome, per_task=0.01)
    one = course(plan, lab, rounds=1)
    one.run(everything(plan))
    assert {v.planned.id: (v.tasks, v.head) for v in lab.visits} == {0: (64, 64), 1: (10_000, 64)}
    assert [one.history.reason(n) for n in (0, 1)] == ["", ""]
    lab.outcome = lambda visit: Measurement(
        1.0, "whole" if visit.planned.id else "part", "bad", "{}"
    )
    two = course(plan, lab, rounds=1)
    two.run(everything(plan))
    assert two.history.reason(1).startswith("wrong answer")


@pytest.mark.parametrize(
    ("per_task", "tasks", "budget", "expected"),
    [(0.01, 64, 20, 64), (0.01, 10_000, 20, 64), (5.0, 64, 20, 1), (1e-6, 10**6, 20, 10**6)],
)
def test_a_sample_is_a_power_of_two_that_takes_a_second(per_task, tasks, budget, expected):
    assert sample(per_task, tasks, budget) == expected


def test_an_interrupted_round_is_finished_before_the_next():
    class Stop(Exception):
        pass

    def stop(visit):
        if visit.round == 1 and visit.position == 1:
            raise Stop

    lab = MadeUpLab(outcome=stop)
    entries: list[Any] = []
    one = course(PLAN, lab, rounds=3)
    object.__setattr__(one, "record", entries.append)
    with pytest.raises(Stop):
        one.run(everything())
    again = course(PLAN, MadeUpLab(), rounds=3, past=History(PLAN, entries))
    again.run(everything())
    assert [len(runs) for runs in again.history.measured.values()] == [3, 3, 3]
    assert again.history.orders[1] == one.history.orders[1]


def test_a_cell_that_failed_once_has_its_second_chance_in_an_interrupted_round():
    order = [{"event": "round", "round": n, "order": [0, 1, 2]} for n in (0, 1)]
    failed = {"event": "failed", "cell": 1, "round": 0, "position": 1, "message": "crashed"}
    assert History(PLAN, [order[0], failed, order[1]]).unvisited() == [0, 1, 2]
    assert History(PLAN, [order[0], failed, failed, order[1]]).unvisited() == [0, 2]


def test_patience_grows_with_the_work_and_stays_below_a_minute():
    limits = Limits(60)
    assert limits.patience(0.5) == pytest.approx(14)
    assert limits.patience(1000) == 60
    assert Limits(60, timeout=3).patience(1000) == 3


def test_a_round_takes_what_lies_between_its_beginning_and_its_last_canary():
    """Two rounds of 9 s each; what was scouted before them and is not yet ended do not count."""

    def at(elapsed, event, **more):
        return {"event": event, "elapsed": elapsed, **more}

    canary = {"cpus": 2, "delivered": 2.0, "jitter": 0.0}
    order = [planned.id for planned in PLAN]
    rounds = [at(4.0, "round", round=0, order=order), at(13.0, "canary", **canary)]
    rounds += [at(13.0, "round", round=1, order=order), at(22.0, "canary", **canary)]
    past = History(PLAN, [at(4.0, "canary", **canary), *rounds])
    assert past.round_seconds == 9.0
    assert (
        History(PLAN, [*past.entries, at(22.0, "round", round=2, order=order)]).round_seconds == 9
    )
    assert History(PLAN).round_seconds is None
    assert History(PLAN, past.entries[:2]).round_seconds is None


def test_what_was_lost_to_cells_that_are_given_up_no_later_round_has():
    order = [planned.id for planned in PLAN]
    place = {"cell": 1, "round": 0, "position": 1, "traceback": ""}
    forked = {"event": "failed", **place, "kind": "fork", "message": "forked children hang"}
    answers = {"answer": "same", "head": "same", "benchmark": "{}", "tasks": 64, "seconds": 1.0}
    runs = [
        {"event": "measured", "cell": cell, "round": 0, "position": 0, **answers, "took": 3.0}
        for cell in (0, 2)
    ]
    begun = {"event": "round", "round": 0, "order": order, "elapsed": 5.0}
    ended = {"event": "canary", "cpus": 2, "alone": 1.0, "together": 2.0, "elapsed": 85.0}
    ended["jitter_seconds"] = 0.0
    past = History(PLAN, [begun, runs[0], forked, runs[1], ended])
    assert past.round_seconds == last_round(past) == 6.0
    again = {**forked, "kind": "timeout"}  # once, so it has another chance
    assert History(PLAN, [begun, runs[0], again, runs[1], ended]).round_seconds == 80.0


def test_what_a_lane_takes_to_open_counts_into_the_patience_for_each_of_its_workers():
    few, many = planned(1, "threading"), replace(planned(2, "multiprocessing"), workers=16)
    limits, slow = Limits(60), Startup(12.0, 0.1)
    assert longest_start(few, slow) == pytest.approx(12 + 0.2)
    assert longest_start(many, slow) == pytest.approx(12 + 16 * 0.2)
    for cell in (few, many):
        assert limits.opening(0.1, cell, slow) > limits.patience(0.1) + 12
        # Of a lane that nobody scouted, too: it takes an interpreter each.
        assert limits.opening(None, cell, None) > limits.patience(None)
    assert limits.patience(0.1, 1e6) <= limits.patience(0.1) + 60
    assert limits.patience(0.1, 1e6, 100) == limits.patience(0.1) + 150
    assert Limits(60, timeout=3).patience(0.1, 12) == 3


@pytest.mark.parametrize(
    ("params", "one_loop", "seconds"),
    [
        ({}, False, 12 + 15 * 9),  # one thread after the other
        ({}, True, 12),
        ({"start": "fork"}, False, 12 - 9 + 9 * 16 / 2),
        ({"start": "forkserver"}, False, 12 - 9 + 9 * 16 / 2 + 1),  # which imports it once more
        ({"start": "spawn"}, False, 12 - 9 + 10 * 16 / 2),
    ],
)
def test_what_computes_to_open_takes_turns_in_threads_and_shares_cpus_in_children(
    params, one_loop, seconds, monkeypatch
):
    monkeypatch.setattr("concbench.driver.groups.cpus", lambda: 2)
    cell = Cell(Spec("work", "-"), Spec("some", "-", params), 64)
    many = PlannedCell(1, cell, 16, 0, False, "", one_loop=one_loop)
    assert starting(many, Startup(12.0, 10.0, 1.0)) == pytest.approx(seconds)


def test_the_scout_says_how_long_each_worker_may_take_to_start():
    made = MadeUpLab()
    made.startup = (12.0, 0.5)
    one = course(PLAN, made, rounds=1)
    one.history.starts_alone = True
    one.run(everything())
    (patience,) = {visit.timeout for visit in made.visits}
    assert patience == pytest.approx(10 + 8 * 0.064 + 2 * 13)
    assert History(PLAN, one.history.entries).startups == {0: Startup(12.0, 0.5)}


def forking(number: int, strategy: str, start: str, **more: Any) -> PlannedCell:
    one, params = planned(number, strategy), {"start": start, **more}
    return replace(one, cell=replace(one.cell, strategy=Spec(strategy, "-", params)))


FORKS = [
    planned(0, "sequential"),
    forking(1, "multiprocessing", "fork"),
    forking(2, "asyncio+processpool", "fork"),
    forking(3, "multiprocessing", "spawn"),
]


def test_one_time_out_of_forked_children_is_enough_where_spawned_ones_do_not_hang():
    def outcome(visit):
        start = visit.planned.cell.strategy.params.get("start")
        said = "timed out after 12 s (longer with --timeout)"
        return Failed("timeout", said, "Thread") if start == "fork" else None

    lab = MadeUpLab(outcome=outcome)
    one = course(FORKS, lab, rounds=3, budget=1e9)
    one.run(everything(FORKS))
    forked = [v for v in lab.visits if v.planned.cell.strategy.params.get("start") == "fork"]
    assert len(forked) == 1
    said = "forked children hang, spawned ones do not: use --start spawn (timed out after 12 s)"
    assert one.history.reason(1) == one.history.reason(2) == said
    assert [one.history.reason(cell) for cell in (0, 3)] == ["", ""]
    assert len(one.history.measured[0]) == len(one.history.measured[3]) == 3
    assert [(entry["kind"], entry["traceback"]) for entry in one.history.failures] == [
        ("fork", "Thread")
    ]


def test_children_of_a_fork_server_that_imports_nothing_are_asked_for_themselves():
    plan = [
        forking(0, "multiprocessing", "forkserver"),
        forking(1, "asyncio+processpool", "forkserver"),
        forking(2, "multiprocessing", "forkserver", preload=False),
    ]

    def outcome(visit):
        loaded = params(visit)["start"] != "spawn" and params(visit).get("preload", True)
        return Failed("timeout", "timed out") if loaded else None

    one = course(plan, MadeUpLab(outcome=outcome), rounds=2, budget=1e9)
    one.run(everything(plan))
    assert [bool(one.history.reason(cell)) for cell in (0, 1, 2)] == [True, True, False]
    assert len(one.history.measured[2]) == 2


def test_nothing_is_said_of_forks_where_spawned_children_hang_too_or_a_worker_failed_otherwise():
    for kind in ("timeout", "error"):
        made = Failed(kind, "went wrong")
        lab = MadeUpLab(outcome=lambda v, made=made: made if "start" in params(v) else None)
        one = course(FORKS, lab, rounds=3, budget=1e9)
        one.run(everything(FORKS))
        assert {one.history.reason(cell) for cell in (1, 2, 3)} == {"went wrong"}
        assert {entry["kind"] for entry in one.history.failures} == {kind}
        assert len([v for v in lab.visits if v.planned.id == 3]) == 2


def params(visit: Visit) -> dict[str, Any]:
    return visit.planned.cell.strategy.params
