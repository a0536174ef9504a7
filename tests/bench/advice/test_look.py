"""What a look sees of work, as jobs that write what they saw."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from concbench.advice import look, observation
from concbench.plan.plugins import find
from concbench.processes.outputs import Failed
from concbench.spec import Spec

WORKS = Path(__file__).with_name("works.py")


def seen(tmp_path, name: str, strategy: str = "sequential", how=look.alone, **job):
    spec = find("strategies", strategy)
    workers = {"workers": job["workers"]} if "workers" in job else {}
    specs = {"workload": Spec(name, f"{WORKS}:{name}"), "strategy": replace(spec, params=workers)}
    plugins = {key: asdict(one) for key, one in specs.items()}
    how({"tasks": 20, "seconds": 0.05, "count": 8, **job, **plugins}, str(tmp_path))
    return json.loads((tmp_path / "result.json").read_text())


def test_it_tells_waiting_from_computing(tmp_path):
    waits = seen(tmp_path, "wait")
    assert waits["seconds"] >= 0.004
    assert waits["computes"] < waits["seconds"] / 2
    assert seen(tmp_path, "computes")["computes"] > 2 * waits["computes"]


def test_it_sees_forms_sizes_and_what_stands_behind_the_work(tmp_path):
    one = seen(tmp_path, "wait")
    assert (one["blocking"], one["awaitable"], one["function"]) == (True, False, True)
    assert one["argument_bytes"] > 0 and one["result_bytes"] > 0
    assert one["unpicklable"] == one["random"] == ""
    opened = seen(tmp_path, "Opened")
    assert (opened["blocking"], opened["awaitable"], opened["function"]) == (True, True, False)
    assert not opened["counts"]
    assert seen(tmp_path, "Counted")["counts"]


def test_results_that_do_not_pickle_are_named(tmp_path):
    assert seen(tmp_path, "locks")["unpicklable"] == (
        "its results do not pickle: TypeError: a thing that holds a lock"
    )


def test_random_answers_are_seen_where_they_part(tmp_path):
    assert seen(tmp_path, "dice")["random"].startswith("task 0: the result is ")


def test_a_function_that_needs_inputs_is_told_how_it_gets_them(tmp_path):
    with pytest.raises(AttributeError) as failed:
        seen(tmp_path, "takes")
    assert any("--inputs FILE gives it other things" in one for one in failed.value.__notes__)


def test_a_batch_at_once_says_what_a_task_takes_then(tmp_path):
    both = seen(tmp_path, "wait", "threading", look.together, workers=4)
    assert both["seconds"] > 0
    assert len(both["digests"]) == look.FEWEST


def test_of_two_times_of_a_task_the_shorter_counts_unless_nothing_was_done_again():
    first = look.TaskTimes([0.5, 0.2, 0.2, 0.4, 0.3], [0.1] * 5)
    twice = first.calmer(look.TaskTimes([0.2, 0.2, 0.3], [0.2, 0.05, 0.1]))
    assert twice.wall == [0.2, 0.2, 0.2, 0.4, 0.3]
    assert twice.cpu == [0.1, 0.05, 0.1, 0.1, 0.1]
    assert first.calmer(look.TaskTimes([1e-5] * 3, [1e-5] * 3)) is first
    assert twice.means()["seconds"] == pytest.approx((0.2 + 0.2 + 0.4 + 0.3) / 4)


def test_a_heavy_tail_does_not_look_like_a_cache():
    """Only some tasks are run again, and of these hardly any is the long one."""
    first = look.TaskTimes([0.01] * 9 + [1.0], [0.0] * 10)
    again = first.again(look.TaskTimes([0.01] * 3, [0.0] * 3))
    assert again == pytest.approx(first.means()["seconds"])
    assert first.again(look.TaskTimes([0.001] * 3, [0.0] * 3)) == pytest.approx(0.1 * again)


@pytest.mark.parametrize(("late", "wall"), [(0.005, 0.005), (0.02, 0.002)])
def test_what_other_programs_take_of_a_task_is_no_part_of_it(monkeypatch, late, wall):
    """Of 10 ms on the clock 2 are of CPU: others have 8 at most, though its own threads wait."""
    with monkeypatch.context() as patched:
        for place, name, step in (
            (look.time, "perf_counter", 0.01),
            (look, "_cpu", 0.002),
            (look, "_delay", late),
        ):
            ticks = count(0, step)
            patched.setattr(place, name, partial(next, ticks))
        found = look._timed(lambda tasks: [*tasks], range(3), 1.0)
    assert found.wall == pytest.approx([wall] * 3)
    assert found.delayed == pytest.approx([0.01 - wall] * 3)


@pytest.mark.parametrize(
    ("seconds", "share"), [(0.002, 1.0), (0.004, 0.0), (0.003, 0.5), (0.001, 1.0), (0.006, 0.0)]
)
def test_the_part_that_releases_the_gil_follows_from_two_cpus(seconds, share):
    """Of 4 ms on two CPUs: 2 ms where all is released, 4 where nothing is."""
    made = observation.Look(tasks=5, seconds=0.004, least=0.004, most=0.004, computes=0.004)
    assert observation.released(made, seconds, 2) == pytest.approx(share)


class MadeUpLab:
    """Answers jobs from a table by strategy."""

    def __init__(self, delivered: float = 2.0, **answers) -> None:
        self.answers, self.delivered = answers, delivered
        self.asked: list[str] = []

    def canary(self):
        return {"alone": 1.0, "together": self.delivered}

    def ask(self, planned, job, timeout, number=0):
        self.asked.append(planned.cell.strategy.name)
        said = self.answers.get(planned.cell.strategy.name, Failed("crash", "crashed"))
        return said if isinstance(said, Failed) else json.dumps(said)


ALONE = {
    "tasks": 20, "seconds": 0.01, "least": 0.01, "most": 0.01, "computes": 0.0, "cpus": 0.0,
    "digests": ["a", "b"], "random": "", "blocking": True, "awaitable": False,
}  # fmt: skip


def observed(**answers):
    from concbench.plan.cells import PlannedCell
    from concbench.spec import Cell

    cell = Cell(Spec("work", "work:Work"), Spec("sequential", "s:S"), 20)
    lab = MadeUpLab(**answers)
    return observation.observe(lab, PlannedCell(0, cell, 1, 0, True, ""), 2, 5.0), lab


def test_a_loop_is_blocked_where_waits_come_one_after_the_other():
    alone = {**ALONE, "awaitable": True, "blocking": False}
    found, _ = observed(
        sequential=alone, asyncio={"seconds": 0.0101, "computes": 0, "digests": ["a"]}
    )
    assert found.blocks_loop
    assert found.in_loop_computes == 0
    found, _ = observed(
        sequential=alone, asyncio={"seconds": 0.0013, "computes": 0, "digests": ["a"]}
    )
    assert not found.blocks_loop


def test_only_what_computes_is_tried_in_threads():
    _, lab = observed(sequential=ALONE)
    assert lab.asked == ["sequential"]
    found, lab = observed(
        sequential={**ALONE, "computes": 0.01, "cpus": 1.0},
        threading={"seconds": 0.005, "computes": 0.01, "digests": ["a"]},
    )
    assert lab.asked == ["sequential", "threading"]
    assert found.released == pytest.approx(1.0)


def test_on_a_busy_machine_nobody_can_tell_what_the_gil_does():
    alone = {**ALONE, "computes": 0.01, "cpus": 1.0}
    both = {"seconds": 0.01, "computes": 0.01, "digests": ["a"]}
    assert observed(sequential=alone, threading=both, delivered=1.1)[0].released is None
    assert observed(sequential=alone, threading=both)[0].released == 0.0


def test_another_answer_in_another_process_is_random():
    found, _ = observed(
        sequential={**ALONE, "computes": 0.01, "cpus": 1.0},
        threading={"seconds": 0.005, "computes": 0.01, "digests": ["z"]},
    )
    assert found.random == "another answer in another process"


def test_a_way_that_fails_leaves_its_question_open():
    found, _ = observed(sequential={**ALONE, "computes": 0.01, "cpus": 1.0})
    assert found.released is None
    found, _ = observed()
    assert isinstance(found, Failed)


def test_a_task_of_many_seconds_is_looked_at_alone():
    slow = {**ALONE, "seconds": 10.0, "computes": 10.0, "cpus": 1.0}
    _, lab = observed(sequential=slow)
    assert lab.asked == ["sequential"]
