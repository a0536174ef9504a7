"""Workers whose opening takes long and only waits: they open at the same time, and nothing else."""

from __future__ import annotations

import json
import os
from collections import namedtuple
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from concbench import driver, reports
from concbench.driver import groups, run
from concbench.driver.probing import Ahead
from concbench.driver.rounds import Limits
from concbench.driver.turns import take_turns
from concbench.errors import Interrupted
from concbench.plan.settings import resolve
from concbench.store.journal import entries
from concbench.store.state import History

from .test_rounds import PLAN, MadeUpLab, course, everything

WAITS, COMPUTES = (12.0, 0.5), (12.0, 11.0)


def test_workers_whose_opening_waits_open_at_the_same_time():
    lab = MadeUpLab(seconds=lambda visit: 0.1, startup=WAITS)
    course(PLAN, lab, rounds=2, budget=1e9).run(everything())
    assert {visit.beside for visit in lab.visits} == {2}
    assert [sorted(together) for together in lab.together] == [[0, 1, 2]] * 2


def test_workers_whose_opening_computes_or_is_what_is_looked_at_open_one_by_one():
    for startup, alone in ((COMPUTES, False), (WAITS, True), ((1.0, 0.1), False)):
        lab = MadeUpLab(seconds=lambda visit: 0.1, startup=startup)
        one = course(PLAN, lab, rounds=2, budget=1e9)
        one.history.starts_alone = alone
        one.run(everything())
        assert {visit.beside for visit in lab.visits} == {0}


def test_workers_that_open_together_have_time_to_be_served_one_by_one():
    lab = MadeUpLab(seconds=lambda visit: 0.1, startup=WAITS)
    course(PLAN, lab, rounds=1).run(everything())
    assert min(visit.timeout for visit in lab.visits) > 1.5 * len(PLAN) * 12


def test_a_round_costs_one_opening_and_has_more_turns_for_it():
    one = course(PLAN, MadeUpLab(startup=WAITS), rounds=1)
    one.run(everything())
    run = {"seconds": 0.1, "startup": 12.0, "one_shot": 12.2}
    for cell in one.history.measured:
        one.history.measured[cell] = [run]
    process, turn = groups.costs([0, 1, 2], one.history)
    assert process == pytest.approx(12 + 3 * (0.2 + groups.PROCESS_SECONDS))
    assert groups.turns([(process, turn)], 40.0, 1) == [7]  # one turn would make no more rounds fit


def test_slow_opening_leaves_time_for_three_rounds(monkeypatch):
    past = History(PLAN)
    ahead = Ahead(past, ("latency",), Limits(60), 1.5)
    known = [(1, 10.0), (2, 10.0), (3, 10.0), (1, 80.0), (2, 80.0), (3, 80.0)]
    found = []
    for rounds, expected in known:
        passes = [namedtuple("Pass", "expected")(expected)]
        monkeypatch.setattr("concbench.driver.probing.owed", lambda *_, passes=passes: passes)
        past.orders, ahead._expected = [[0, 1, 2]] * rounds, {}
        found.append(ahead())
    assert found == [1.5, 11.5, 11.5, 1.5, 1.5, 16.5]


class FakeWorker:
    def ready(self):
        return True

    def go(self):
        pass

    def result(self):
        return "{}"

    def kill(self):
        pass


def test_no_more_open_at_the_same_time_than_memory_has_room_for(monkeypatch):
    memory = namedtuple("Memory", "available total")(90.0, 100.0)
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    lab = MadeUpLab(seconds=lambda visit: 0.1, startup=WAITS)
    course(PLAN, lab, rounds=1).run(everything())
    visits = [replace(visit, opening_bytes=30) for visit in lab.visits]
    seats = take_turns(
        visits, lambda visit: nullcontext(FakeWorker()), lambda: 0.0, Random(1), lambda visit: None
    )
    assert len(seats) == 2  # a third would leave less than a fifth


# Real workers.

WORK = """
import os, signal, time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

def told(what):
    with open("said", "a") as stream:
        stream.write(f"{what} {os.getpid()}\\n")

def first_of_several():
    several = len(Path("said").read_text().splitlines()) > 2 if Path("said").exists() else False
    try:
        return several and os.close(os.open("there", os.O_CREAT | os.O_EXCL)) is None
    except FileExistsError:
        return False

@dataclass(frozen=True)
class Work:
    tasks = 4
    workers = 2

    @contextmanager
    def open(self):
        told("opening")
        HOW
        time.sleep(2.2)
        told("opened")
        yield self.call

    def call(self, i):
        told("begin")
        time.sleep(0.03)
        told("end")
        return i
"""
SETTINGS = {
    "strategy": ("sequential", "asyncio", "asyncio+blocking"),
    "probe": ("none",),
    "rounds": 2,
    "budget": 60.0,
    "timeout": 30.0,
    "seed": 1,
    "workload": ("work.py:Work",),
}


def stored(how: str = "pass", **given) -> Path:
    """A run of work of which one worker does `how`, while others open."""
    Path("work.py").write_text(WORK.replace("HOW", how))
    return run(resolve({**SETTINGS, **given}), [], lambda event: None)


def visited(folder: Path) -> tuple[list[dict], list[dict]]:
    """What was measured, and what failed."""
    known = entries(folder / "journal.jsonl")
    kinds = ([one for one in known if one["event"] == event] for event in ("measured", "failed"))
    measured, failed = kinds
    return measured, failed


def test_openings_overlap_and_no_batches_do(folder):
    kept = stored()
    opening: set[str] = set()
    most, busy = 0, ""
    for what, pid in map(str.split, Path("said").read_text().splitlines()):
        if what == "opening":
            opening.add(pid)
        elif what == "opened":
            opening.discard(pid)
        elif what == "begin":
            assert not busy and not opening
            busy = pid
        else:
            busy = ""
        most = max(most, len(opening))
    assert most == 3
    measured, failed = visited(kept)
    assert len(measured) == 6 and not failed
    assert all(one["startup"] > 2.2 for one in measured)
    notes = [one.notes for one in reports.read(kept).processes]
    assert len(notes) == 6 and all("opened-together" in str(each) for each in notes)


def test_a_worker_that_dies_while_others_open_costs_itself(folder):
    measured, failed = visited(stored("if first_of_several(): os._exit(7)"))
    assert [(one["kind"], one["round"]) for one in failed] == [("crash", 0)]
    assert len(measured) == 5


@pytest.mark.once
def test_a_worker_that_hangs_while_others_open_costs_itself_alone(folder):
    how = "if first_of_several(): time.sleep(60)"
    measured, failed = visited(stored(how, rounds=1, timeout=6.0))
    (message,) = [one["message"] for one in failed]
    assert message.startswith("timed out after 6 s, still opening")
    assert len(measured) == 2


def test_ctrl_c_while_workers_open_ends_them_all(folder):
    Path("driver").write_text(str(os.getpid()))
    signals = 'os.kill(int(Path("driver").read_text()), signal.SIGINT)'
    with pytest.raises(Interrupted) as interrupted:
        stored(f"if first_of_several(): {signals}; time.sleep(60)")
    about = json.loads((interrupted.value.folder / "run.json").read_text())
    assert about["state"] == "interrupted"


def test_one_lane_says_what_it_took(folder):
    known = entries(stored(rounds=1, strategy=("sequential",)) / "journal.jsonl")
    (scouted,) = [one for one in known if one["event"] == "scouted"]
    assert scouted["startup"] > 2.2
    assert 0 < scouted["shared_cpu"] <= scouted["startup_cpu"] < scouted["startup"]
    assert 0 <= scouted["lane_bytes"] < 10**9


def test_what_planning_took_is_of_the_budget(folder, monkeypatch):
    plan = driver.alone

    def slowly(shop, settings):
        agenda = plan(shop, settings)
        assert agenda.planning > 0
        return replace(agenda, planning=100.0)

    monkeypatch.setattr(driver, "alone", slowly)
    Path("work.py").write_text("def work(i):\n    return i\n")
    more = {"strategy": ("sequential",), "workload": ("work.py:work",)}
    kept = run(resolve({**SETTINGS, **more}), [], lambda event: None)
    assert sum(one["event"] == "round" for one in entries(kept / "journal.jsonl")) == 1  # not two
