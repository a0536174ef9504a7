"""Workers that are alive together: who they are, in what order they go, and what bad luck costs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from random import Random

import psutil
import pytest
from scipy import stats

from concbench.driver import groups, run, turns
from concbench.driver.rounds import Measurement
from concbench.errors import Interrupted
from concbench.plan.settings import resolve
from concbench.processes.outputs import Failed
from concbench.store.journal import entries

from ..processes.processes import gone, until
from .test_rounds import PLAN, MadeUpLab, course, everything, planned


def test_cells_of_a_block_live_together_as_many_as_fit():
    plan = [planned(n, "threading", block=n // 10) for n in range(20)]
    found = groups.groups([*range(20)], plan)
    assert [len(one) for one in found] == [8, 2, 8, 2]
    assert [cell for one in found for cell in one] == [*range(20)]


def test_each_order_is_followed_by_its_reverse_and_all_go_equally_often():
    found = groups.orders(4, 6, Random(1))
    assert all(found[n + 1] == found[n][::-1] for n in (0, 2, 4))
    assert Counter(cell for order in found for cell in order) == dict.fromkeys(range(4), 6)
    assert len({tuple(order) for order in found}) > 2


def test_turns_pay_where_a_process_is_dear_beside_them():
    assert groups.turns([(0.5, 8.0), (2.0, 0.8)], 1e9, 0) == [3, 3]
    assert groups.turns([(6.5, 1.0), (90.0, 0.1)], 1e9, 0) == [5, 7]


def test_rounds_come_before_turns_where_time_is_short():
    """Of five rounds of two turns, or four of three, intervals are narrower than the other way."""
    cost = (5.9, 1.75)
    assert groups.turns([cost], 8 * 11.2, 0) == [3]
    assert groups.turns([cost], 50.0, 1) == [2]
    assert groups.turns([cost], 35.0, 1) == [3]
    assert groups.turns([cost], 25.0, 0) == [1]
    assert groups.turns([cost], 1.0, 0) == [1]


def test_the_width_of_few_rounds_is_by_student_s_t():
    expected = stats.t.ppf(0.975, range(1, len(groups.STUDENT) + 1))
    assert pytest.approx(expected, abs=0.006) == groups.STUDENT


@pytest.mark.parametrize("slow", [0, 1])
def test_a_disturbed_first_batch_does_not_say_how_many_values_a_pair_gives(slow):
    pair = [replace(planned(n, "threading"), pair=0) for n in range(2)]
    lab = MadeUpLab(
        seconds=lambda visit: 3.0 if visit.round == 0 and visit.planned.id == slow else 0.1
    )
    one = course(pair, lab, rounds=3, budget=1e9)
    one = replace(one, values=lambda seconds: 3 if seconds < 1 else 1)
    one.run(everything(pair))
    assert [visit.values for visit in lab.visits] == [1, 1, 3, 3, 3, 3]


def test_a_part_is_long_enough_and_all_are_alike_in_number():
    assert groups.parts(0.01, 64) == 4
    assert groups.parts(0.1, 64) == 8
    assert groups.parts(0.01, 63) == groups.parts(0.001, 64) == groups.parts(None, 64) == 1


def test_the_cells_of_a_block_take_turns():
    lab = MadeUpLab(seconds=lambda visit: 0.1)
    one = course(PLAN, lab, rounds=3, budget=1e9)
    one.run(everything())
    assert [sorted(together) for together in lab.together] == [[0, 1, 2]] * 3
    assert {visit.values for visit in lab.visits} == {3}
    assert len({tuple(together) for together in lab.together}) > 1


@pytest.mark.parametrize(("budget", "values"), [(7.0, 1), (60.0, 3)])
def test_the_first_round_of_few_has_one_turn(budget, values):
    """Three processes start, and run 64 tasks of 1 ms twice, in about a second."""
    lab = MadeUpLab(seconds=lambda visit: 0.1)
    course(PLAN, lab, budget=budget).run(lambda seen: [] if seen else [0, 1, 2])
    assert [visit.values for visit in lab.visits] == [values] * 3
    assert [sorted(together) for together in lab.together] == [[0, 1, 2]]


def test_workers_that_have_one_turn_live_together_too():
    """They start at the same time; where the first batch counts there is no turn to take."""
    for first_counts, groups_of in ((False, [[0, 1, 2]]), (True, [])):
        lab = MadeUpLab(seconds=lambda visit: 2.0)
        one = course(PLAN, lab, rounds=1, budget=1e9)
        if first_counts:
            one.history.add({"event": "first-counts", "block": 0})
        one.run(everything())
        assert [sorted(together) for together in lab.together] == groups_of
        assert {visit.values for visit in lab.visits} == {1 if first_counts else 3}


def test_a_cell_that_fails_in_its_turn_costs_itself():
    def outcome(visit):
        return Failed("crash", "crashed") if visit.round and visit.planned.id == 1 else None

    lab = MadeUpLab(seconds=lambda visit: 0.1, outcome=outcome)
    one = course(PLAN, lab, rounds=5, budget=1e9)
    one.run(everything())
    assert len(one.history.measured[0]) == len(one.history.measured[2]) == 5
    assert one.history.reason(1) == "crashed"


def in_parts(unlike: float = 1.0, of_block: int = 0):
    """A lab whose references say what their parts took, and their answers; one has one unlike."""

    def outcome(visit):
        alone = visit.planned.reference
        if not alone:
            return None
        if visit.part is None:
            other = unlike if visit.planned.block == of_block else 1.0
            seconds = [0.16] * (visit.parts - 1) + [0.16 * other]
            known = [f"part {n}" for n in range(visit.parts)]
            return Measurement(0.64, "same", "", "{}", part_answers=known, part_seconds=seconds)
        return Measurement(0.64, f"part {visit.part}", "", "{}", took=0.3)

    return MadeUpLab(seconds=lambda visit: 0.1, outcome=outcome, per_task=0.01)


def test_a_reference_runs_another_part_in_each_round():
    lab = in_parts()
    one = course(PLAN, lab, rounds=6, budget=1e9)
    one.run(everything())
    assert [visit.part for visit in lab.visits if visit.planned.id == 0] == [None, 1, 2, 3, 0, 1]
    assert not any(map(one.history.reason, range(3)))
    assert {visit.part for visit in lab.visits if visit.planned.id == 1} == {None}


@pytest.mark.parametrize(("unlike", "parts"), [(1.0, [None, 1, 2, 3, 0]), (1.5, [None] * 5)])
@pytest.mark.parametrize("of_block", [0, 1])
def test_the_two_of_a_pair_run_the_same_part(unlike, parts, of_block):
    """Where the tasks of either side are unlike, both run all of them."""
    pair = [replace(planned(n, "sequential", block=n), pair=0) for n in range(2)]
    lab = in_parts(unlike, of_block)
    one = replace(course(pair, lab, rounds=5, budget=1e9), values=lambda seconds: round(seconds, 2))
    one.run(everything(pair))
    for cell in range(2):
        visits = [visit for visit in lab.visits if visit.planned.id == cell]
        assert [visit.part for visit in visits] == parts
        assert visits[-1].values == (0.64 if unlike > 1 else 0.16)  # from the seconds of a value


def test_of_tasks_that_are_unlike_all_run_in_every_round():
    lab = in_parts(unlike=1.5)
    course(PLAN, lab, rounds=4, budget=1e9).run(everything())
    assert {visit.part for visit in lab.visits} == {None}


def test_a_part_with_another_answer_fails_the_cell():
    lab = in_parts()
    right = lab.outcome

    def outcome(visit):
        one = right(visit)
        return Measurement(0.64, "other", "", "{}") if visit.part == 2 else one

    lab.outcome = outcome
    one = course(PLAN, lab, rounds=6, budget=1e9)
    one.run(everything())
    assert one.history.reason(0).startswith("wrong answer")


class ToldWorker:
    """Writes down what it is told, and that it was waited for."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self.told = name, told

    def go(self) -> None:
        self.told.append(f"{self.name} goes")

    def ready(self) -> bool:
        self.told.append(f"{self.name} waits")
        return True

    def result(self) -> str:
        self.told.append(f"{self.name} ends")
        return "{}"


def test_workers_start_and_import_together_and_open_one_after_the_other():
    told: list[str] = []
    lab = MadeUpLab(seconds=lambda visit: 0.1)
    course(PLAN, lab, rounds=1, budget=1e9).run(everything())
    names = {visit.planned.id: name for visit, name in zip(lab.visits, "ABC", strict=True)}

    def start(visit):
        told.append(f"{names[visit.planned.id]} starts")
        return nullcontext(ToldWorker(names[visit.planned.id], told))

    turns.take_turns(lab.visits, start, lambda: 0.0, Random(1), lambda visit: None)
    started, imported = ["A starts", "B starts", "C starts"], ["A goes", "B goes", "C goes"]
    waiting = ["A waits", "B waits", "C waits"]
    each = [one for pair in zip(imported, waiting, strict=True) for one in pair]
    assert told[:18] == [*started, *waiting, *each, *imported, *waiting]
    ends = ["A goes", "A ends", "B goes", "B ends", "C goes", "C ends"]
    assert told[-6:] == ends
    assert len(told[18:-6]) == 2 * 3 * 3  # turns


# Real workers.

SMALL = {"tasks": 4, "strategy": ("sequential", "threading", "asyncio"), "probe": ("none",)}
SETTINGS = {**SMALL, "rounds": 3, "budget": 60.0, "timeout": 20.0, "seed": 1}


def stored(code: str, folder: Path, **given) -> Path:
    (folder / "work.py").write_text(code)
    settings = resolve({**SETTINGS, "workload": ("work.py:work",), **given})
    return run(settings, [], lambda event: None)


def history(folder: Path) -> tuple[list[dict], list[dict]]:
    """What was measured after the first round, and what failed."""
    known = entries(folder / "journal.jsonl")
    later = [one for one in known if one["event"] == "measured" and one["round"]]
    return later, [one for one in known if one["event"] == "failed"]


def test_workers_take_turns_and_none_works_while_another_does(folder):
    code = "import time\ndef work(i):\n    time.sleep(0.03)\n    return i\n"
    measured, failed = history(stored(code, folder))
    assert not failed
    for number in (1, 2):
        of_round = [one for one in measured if one["round"] == number]
        counts = {len(one["turns"]) for one in of_round}
        assert len(counts) == 1 and counts.pop() > 1
        turns = sorted((at, one["cell"]) for one in of_round for at in one["turns"])
        # In each turn everybody once, then the other way round.
        order = [cell for _, cell in turns]
        assert order[:6] == order[:3] + order[:3][::-1]


def dying(how: str) -> str:
    return f"""
import os, threading, time
count = 0
def work(i):
    global count
    count += 1
    time.sleep(0.03)
    if count > 6 and threading.current_thread() is not threading.main_thread():
        {how}
    return i
"""


@pytest.mark.parametrize(
    ("how", "kind"),
    [("os._exit(7)", "crash"), ("raise ValueError('in turn')", "error")],
    ids=["dies", "raises"],
)
def test_a_worker_that_dies_in_its_turn_costs_itself(folder, how, kind):
    measured, failed = history(stored(dying(how), folder, rounds=2))
    assert {one["kind"] for one in failed} == {kind}
    cells = Counter(one["cell"] for one in measured)
    assert cells[0] == cells[2] == 1


@pytest.mark.once
def test_a_worker_that_hangs_in_its_turn_is_given_up_and_the_others_go_on(folder):
    code = dying("threading.Event().wait()")
    measured, failed = history(stored(code, folder, rounds=2, timeout=3.0))
    assert {one["kind"] for one in failed} == {"timeout"}
    assert {one["cell"] for one in measured} == {0, 2}


def test_a_worker_that_is_killed_while_it_is_parked_costs_itself(folder):
    code = """
import os, signal, threading, time
from pathlib import Path
count = 0
def work(i):
    global count
    count += 1
    time.sleep(0.03)
    if threading.current_thread() is not threading.main_thread():
        Path("parked").write_text(str(os.getpid()))
    elif count > 4 and Path("parked").exists() and not Path("killed").exists():
        Path("killed").touch()
        os.kill(int(Path("parked").read_text()), signal.SIGKILL)
    return i
"""
    measured, failed = history(stored(code, folder, rounds=3))
    assert [one["message"] for one in failed] == ["crashed: killed by SIGKILL"]
    assert Counter(one["cell"] for one in measured) == {0: 2, 1: 2, 2: 2}


@pytest.mark.once
def test_a_driver_that_is_killed_in_a_turn_leaves_no_worker_and_its_run_goes_on(folder):
    code = """
import os, signal, threading, time
from pathlib import Path
Path("pids").mkdir(exist_ok=True)
Path("pids", str(os.getpid())).touch()
count = 0
def work(i):
    global count
    count += 1
    time.sleep(0.03)
    in_turn = count > 4 and threading.current_thread() is not threading.main_thread()
    if in_turn and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(30)
    return i
"""
    Path("work.py").write_text(code)
    command = [sys.executable, "-P", "-c", "from concbench.cli import main; main()", "run", "-q"]
    options = [*("-w", "work.py:work", "--tasks", "4", "--rounds", "3", "--probe", "none")]
    chosen = [f"-s{name}" for name in SMALL["strategy"]]
    done = subprocess.run([*command, *options, *chosen], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert until(lambda: all(gone(int(one.name)) for one in Path("pids").iterdir()))
    resumed = [*command, "--resume", "latest"]
    assert subprocess.run(resumed, timeout=60, check=False).returncode == 0
    measured, failed = history(Path(".concbench", "latest"))
    assert not failed
    assert Counter(one["cell"] for one in measured) == {0: 2, 1: 2, 2: 2}


def test_ctrl_c_in_a_turn_keeps_the_rounds_before_and_the_run_goes_on(folder):
    code = """
import os, signal, time
from pathlib import Path
started = Path("started")
started.write_text((started.read_text() if started.exists() else "") + "x")
count = 0
def work(i):
    global count
    count += 1
    time.sleep(0.03)
    if len(started.read_text()) > 6 and count > 6 and not Path("interrupted").exists():
        Path("interrupted").touch()
        os.kill(int(Path("driver").read_text()), signal.SIGINT)
        time.sleep(30)
    return i
"""
    Path("driver").write_text(str(os.getpid()))
    with pytest.raises(Interrupted) as interrupted:
        stored(code, folder)
    kept = interrupted.value.folder
    before = [one for one in entries(kept / "journal.jsonl") if one["event"] == "measured"]
    assert len(before) >= 3
    settings = resolve({**SETTINGS, "workload": ("work.py:work",)})
    run(settings, [], lambda event: None, resume=kept)
    after = entries(kept / "journal.jsonl")
    assert [one for one in after if one["event"] == "measured"][: len(before)] == before
    assert json.loads((kept / "run.json").read_text())["state"] == "finished"


def test_a_worker_whose_driver_is_gone_ends(folder):
    from concbench.driver.lab import laboratory
    from concbench.driver.rounds import Visit
    from concbench.plan.cells import plan

    (folder / "work.py").write_text("def work(i):\n    return i\n")
    settings = resolve({**SETTINGS, "workload": ("work.py:work",)})
    one = plan(settings)[0]
    with (
        laboratory([one]) as lab,
        lab.started(Visit(one, 0, 0, 1, 4, 0, 20.0), in_turns=True) as worker,
    ):
        assert worker.ready()
        assert worker.process.stdin is not None
        worker.process.stdin.close()
        assert worker.process.wait(20) == 1


def test_a_parked_worker_sleeps(folder):
    from concbench.driver.lab import laboratory
    from concbench.driver.rounds import Visit
    from concbench.plan.cells import plan

    (folder / "work.py").write_text("def work(i):\n    return i\n")
    settings = resolve({**SETTINGS, "workload": ("work.py:work",)})
    for one in plan(settings):
        with (
            laboratory([one]) as lab,
            lab.started(Visit(one, 0, 0, 1, 4, 0, 20.0), in_turns=True) as worker,
        ):
            assert worker.ready()
            for _ in range(2):  # it opens and runs its first batch, and imports pyperf
                worker.go()
                assert worker.ready()
            process = psutil.Process(worker.process.pid)
            time.sleep(0.2)  # it says that it is ready first
            before = process.num_ctx_switches().voluntary
            time.sleep(0.2)
            assert process.num_ctx_switches().voluntary == before  # nothing woke it
            worker.go(), worker.ready(), worker.go()
            assert not isinstance(worker.result(), Failed)
