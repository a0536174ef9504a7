"""Tasks that take long: what runs them one at a time runs a sample."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from concbench import reports
from concbench.driver import run, schedule
from concbench.driver.rounds import Limits
from concbench.driver.schedule import Scouting, Scouts
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.store.state import History

THIRD = Path(__file__).parent.parent / "third_party.py"


def cells(workload, *strategies):
    return plan(resolve({"workload": (workload,), "strategy": strategies}))


@pytest.mark.parametrize(
    ("workload", "strategy", "alone"),
    [
        (f"{THIRD}:square", "sequential", True),
        (f"{THIRD}:square", "asyncio", True),
        (f"{THIRD}:square", "asyncio[dispatch=gather]", True),
        (f"{THIRD}:square", "asyncio+threadsafe", True),
        (f"{THIRD}:square", "asyncio+blocking", True),
        (f"{THIRD}:square", "threading[workers=1]", True),
        (f"{THIRD}:square", "threading", False),
        (f"{THIRD}:square", "multiprocessing", False),
        (f"{THIRD}:square", "multiprocessing+asyncio", False),
        (f"{THIRD}:asquare", "asyncio", False),
        (f"{THIRD}:Both", "asyncio", False),
        (f"{THIRD}:Both", "asyncio+blocking", True),
    ],
)
def test_a_plan_knows_what_runs_one_task_at_a_time(workload, strategy, alone):
    (cell,) = cells(workload, strategy)
    assert cell.in_turn is alone


def test_what_runs_one_task_at_a_time_is_sampled_like_the_reference():
    planned = cells(f"{THIRD}:square", "sequential", "asyncio", "threading")
    past = History(planned, [{"event": "sampled", "block": 0, "tasks": 4}])
    assert [past.measured_tasks(one) for one in planned] == [4, 4, 64]


class MadeUpLab:
    """Whose tasks take so long, waiting or computing, and whose lanes open in so many seconds."""

    def __init__(self, seconds, cpu=0.0, opening=0.2, opening_cpu=0.0):
        self.scouting = Scouting(seconds, opening, 0.1 + opening_cpu, cpu, 0.1)

    def scout(self, planned, timeout):
        return self.scouting

    def elapsed(self):
        return self.scouting.seconds_per_task + self.scouting.startup


DEFAULTS = ("sequential", "threading", "multiprocessing", "asyncio", "asyncio+to_thread")
DEFAULTS += ("asyncio+processpool",)


def fitted(lab, *, budget=60.0, fewer=True, work=f"{THIRD}:square"):
    past = History(cells(work, *DEFAULTS))
    Scouts(past, lab, lambda entry: None, Limits(budget), 1.5, 15.0, fewer).run()
    return past


@pytest.mark.parametrize(
    ("seconds", "cpu", "rounds"),
    [
        *[(2e-5, 2e-5, 3), (0.001, 0.0, 3), (0.1, 0.0, 3), (0.1, 0.1, 3)],
        *[(1.0, 0.0, 3), (1.0, 1.0, 3), (3.0, 0.0, 2), (3.0, 3.0, 2)],
    ],
)
def test_slow_tasks_are_fewer_for_all_so_that_rounds_fit(seconds, cpu, rounds):
    lab = MadeUpLab(seconds, cpu)
    past = fitted(lab)
    (tasks,) = {one.cell.tasks for one in past.plan}
    assert 2 <= tasks <= 64 and (tasks == 64 or seconds >= 0.1)
    probes = 15.0 if rounds > 2 else 0.0
    assert lab.elapsed() + rounds * schedule.first_round(past) + 1.5 + probes <= 1.08 * 60
    assert any(f"so batches have {tasks}" in line for line in past.warnings) is (tasks < 64)


def test_tasks_that_wait_are_as_many_as_there_are_workers():
    assert {one.cell.tasks for one in fitted(MadeUpLab(1.0)).plan} == {16}


def test_where_fewer_tasks_are_not_enough_the_first_batch_counts():
    assert fitted(MadeUpLab(1.0)).first_counts == set()
    assert fitted(MadeUpLab(3.0)).first_counts == {0}


def test_tasks_that_somebody_asked_for_stay_as_many():
    assert {one.cell.tasks for one in fitted(MadeUpLab(3.0), fewer=False).plan} == {64}


def test_that_one_round_is_longer_than_the_budget_is_said():
    past = fitted(MadeUpLab(0.01, opening=12.0, opening_cpu=11.0))
    assert {one.cell.tasks for one in past.plan} == {64}
    assert any("more than a budget of 60 s has" in line for line in past.warnings)


def test_opening_that_waits_takes_no_longer_for_all_than_for_one():
    past = fitted(MadeUpLab(0.01, opening=12.0))
    assert 12 < schedule.first_round(past) < 18
    assert not past.warnings


def test_a_run_that_goes_on_has_the_tasks_that_it_began_with():
    past = fitted(MadeUpLab(1.0))
    again = History(cells(f"{THIRD}:square", *DEFAULTS), past.entries)
    assert [one.name for one in again.plan] == [one.name for one in past.plan]


@pytest.mark.once
def test_a_sample_is_another_in_every_round_and_all_cells_agree_on_it(tmp_path, monkeypatch):
    """Two cells run a sample, of which the third has all."""
    (tmp_path / "mine.py").write_text("def f(i):\n    return i\n")
    monkeypatch.setattr("concbench.driver.schedule.sample", lambda seconds, tasks, budget: 3)
    settings = {
        "workload": (f"{tmp_path / 'mine.py'}:f",),
        "strategy": ("sequential", "asyncio", "threading"),
    }
    more = {"rounds": 3, "timeout": 20.0, "seed": 1, "probe": "none", "results": str(tmp_path)}
    stored = reports.read(run(resolve({**settings, **more}), [], lambda event: None))
    assert [cell.reason for cell in stored.run.cells] == ["", "", ""]
    sequential, asyncio, threading = ([one.sample for one in stored.of(n)] for n in range(3))
    assert sequential == asyncio and len({*sequential}) == 3
    assert threading == [(), (), ()]


@pytest.mark.once
@pytest.mark.parametrize("how", ["fresh", "warm"])
def test_fresh_measures_one_batch_a_process(tmp_path, how):
    (tmp_path / "mine.py").write_text(
        "import time\nseen = set()\n\n\ndef f(i):\n    if i not in seen:\n"
        "        time.sleep(0.01)\n    seen.add(i)\n    return i\n"
    )
    settings = {
        "workload": (f"{tmp_path / 'mine.py'}:f",),
        "strategy": ("sequential",),
    }
    more = {"rounds": 1, "tasks": 4, "timeout": 20.0, "probe": "none", "results": str(tmp_path)}
    folder = run(resolve({**settings, **more, how: True}), [], lambda event: None)
    (process,) = reports.read(folder).processes
    assert (process.seconds > 0.02) is (how == "fresh")
    assert (process.seconds == process.first_batch_seconds) is (how == "fresh")
    assert json.loads((folder / "run.json").read_text())["settings"][how] is True
