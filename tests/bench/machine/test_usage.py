"""What a worker's process tree uses: counted whole, or not known."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from concbench.answers import FirstAnswer
from concbench.machine import usage
from concbench.machine.usage import (
    Counts,
    Descendant,
    Reading,
    Switches,
    TreeUsage,
    UnknownDescendants,
    spent,
    tick,
)
from concbench.parts import Portion
from concbench.worker.batches import TimedBatches

from ..processes.processes import until

NONE = Counts(0.0, 0, 0)
STARTS = multiprocessing.get_all_start_methods()
BURN = """
import time
while time.process_time() < 0.2: pass
print(time.process_time(), flush=True)
"""


def burn(seconds):
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return time.process_time() - began


def doze(times):
    for _ in range(times):
        time.sleep(0.001)


def between(work):
    """What it gives, and what the tree spends on it."""
    old = usage.before()
    given = work()
    return given, spent(old, usage.after())


@pytest.mark.parametrize("start", STARTS)
def test_the_cpu_of_children_counts_although_they_are_alive(start):
    with ProcessPoolExecutor(2, multiprocessing.get_context(start)) as pool:
        list(pool.map(doze, [20] * 4))  # all of them are there

        def work():
            own = time.process_time()
            burnt = sum(pool.map(burn, [0.05] * 6))
            return burnt + time.process_time() - own

        known, found = between(work)
    assert known > 0.3
    assert 0.99 <= found.cpu / known <= 1.1


@pytest.mark.parametrize("start", STARTS)
def test_the_switches_of_children_count_although_they_are_alive(start):
    with ProcessPoolExecutor(2, multiprocessing.get_context(start)) as pool:
        list(pool.map(doze, [20] * 4))
        _, found = between(lambda: list(pool.map(doze, [100] * 4)))
    assert found.voluntary is None or found.voluntary >= 400
    assert (found.voluntary is None) == (found.involuntary is None)


def test_the_cpu_of_children_counts_when_they_have_been_waited_for():
    def work():
        done = subprocess.run([sys.executable, "-c", BURN], capture_output=True, check=True)
        return float(done.stdout)

    known, found = between(work)
    assert 0.99 <= found.cpu / known <= 1.5  # an interpreter's end is in it too
    assert found.voluntary is not None


def test_the_cpu_of_a_child_that_nobody_has_waited_for_yet_counts():
    old = usage.before()
    with subprocess.Popen(
        [sys.executable, "-c", f"{BURN}\nraise SystemExit(3)"], stdout=subprocess.PIPE
    ) as child:
        known = float(child.stdout.read())
        assert until(lambda: os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))
        found = spent(old, usage.after())
        assert child.wait() == 3  # it is still there to be waited for
    assert 0.99 <= found.cpu / known <= 1.5


def test_a_process_without_children_needs_no_proc(monkeypatch):
    monkeypatch.setattr(usage, "childless", lambda: True)
    monkeypatch.setattr(usage, "living", lambda: pytest.fail("looked"))
    known, found = between(lambda: burn(0.05))
    assert 0.99 <= found.cpu / known <= 1.2


@pytest.mark.parametrize("missing", ["resource", "waitid", "proc"])
def test_where_the_tree_cannot_be_read_nothing_is_known(monkeypatch, missing):
    if missing == "resource":
        monkeypatch.setattr(usage, "resource", None)
    elif missing == "waitid":
        monkeypatch.delattr(os, "waitid")
    else:
        monkeypatch.setattr(usage, "childless", lambda: False)
        monkeypatch.setattr(sys, "platform", "darwin")
    assert between(lambda: None)[1] == TreeUsage(None, None, None)


def test_where_children_are_waited_for_by_nobody_nothing_is_known():
    kept = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert between(lambda: None)[1] == TreeUsage(None, None, None)
    finally:
        signal.signal(signal.SIGCHLD, kept)


def raising(*errors):
    """A reader of trees that raises these, one after the other, and then finds nobody."""
    left = list(errors)

    def read():
        if left:
            raise left.pop(0)
        return {}

    return read


@pytest.mark.parametrize(
    ("errors", "known"),
    [
        ([ProcessLookupError()] * (usage.ATTEMPTS - 1), True),
        ([ProcessLookupError()] * usage.ATTEMPTS, False),
        ([PermissionError()] * usage.ATTEMPTS, False),
        ([ValueError("not as we know it")] * usage.ATTEMPTS, False),
        ([UnknownDescendants()], False),
    ],
)
def test_a_tree_that_moves_is_read_again_and_not_for_ever(monkeypatch, errors, known):
    monkeypatch.setattr(usage, "childless", lambda: False)
    monkeypatch.setattr(usage, "living", raising(*errors))
    assert (usage.before() is not None) == known


def test_a_child_that_is_reaped_while_the_tree_is_read_makes_it_read_again(monkeypatch):
    readings = []

    def read():
        readings.append(1)
        if len(readings) == 1:
            subprocess.run([sys.executable, "-S", "-c", ""], check=True)
        return {}

    monkeypatch.setattr(usage, "childless", lambda: False)
    monkeypatch.setattr(usage, "living", read)
    assert usage.before() is not None
    assert len(readings) == 2


def alive(cpu, reaped=0.0, faults=0, switches=(0, 0, 0)):
    return Descendant(cpu, reaped, faults, switches and Switches(*switches))


def test_a_child_that_ended_and_was_waited_for_counts_once():
    old = Reading(NONE, NONE, {(5, 1): alive(2.0)})
    new = Reading(Counts(1.0, 0, 0), Counts(2.5, 0, 0), {})
    assert spent(old, new).cpu == 1.5


def test_a_child_that_was_born_counts_from_its_start_even_with_the_pid_of_another():
    old = Reading(NONE, NONE, {(5, 1): alive(2.0)})
    new = Reading(NONE, Counts(2.0, 0, 0), {(5, 2): alive(0.75, switches=(3, 4, 0))})
    assert spent(old, new).cpu == 0.75


def test_a_child_that_took_its_cpu_along_leaves_it_unknown():
    old = Reading(NONE, NONE, {(5, 1): alive(2.0)})
    assert spent(old, Reading(Counts(1.0, 0, 0), Counts(1.0, 0, 0), {})).cpu is None


@pytest.mark.parametrize(("ticks", "known"), [(100, False), (201, True)])
def test_what_a_descendant_reaps_counts_when_ticks_are_fine_enough(ticks, known):
    """Two ticks may be missing: 1 % of 200."""
    old = Reading(NONE, NONE, {(5, 1): alive(1.0)})
    new = Reading(NONE, NONE, {(5, 1): alive(1.0, reaped=ticks * tick(), faults=9)})
    found = spent(old, new)
    assert found.cpu == (pytest.approx(ticks * tick()) if known else None)
    assert found.voluntary is None


def test_a_clock_that_goes_back_leaves_it_unknown():
    old = Reading(NONE, NONE, {(5, 1): alive(2.0)})
    assert spent(old, Reading(NONE, NONE, {(5, 1): alive(1.9)})).cpu is None


def test_switches_are_those_of_the_whole_tree():
    old = Reading(Counts(0.0, 1, 2), NONE, {(5, 1): alive(1.0, switches=(10, 20, 3))})
    tree = {(5, 1): alive(1.5, switches=(15, 27, 3)), (6, 1): alive(0.0, switches=(100, 200, 0))}
    new = Reading(Counts(0.0, 2, 4), Counts(0.0, 1000, 2000), tree)
    assert spent(old, new) == TreeUsage(0.5, 1106, 2209)


@pytest.mark.parametrize(
    "tree",
    [
        {(5, 1): alive(1.5, switches=(15, 27, 4))},  # a thread ended, and its counts with it
        {(5, 1): alive(1.5, switches=None)},
        {(5, 1): alive(1.5, switches=(15, 27, 3)), (6, 1): alive(0.5, switches=(1, 1, 9))},
    ],
)
def test_without_the_switches_of_one_thread_there_are_none(tree):
    found = spent(
        Reading(NONE, NONE, {(5, 1): alive(1.0, switches=(10, 20, 3))}), Reading(NONE, NONE, tree)
    )
    assert (found.voluntary, found.involuntary) == (None, None)
    assert found.cpu is not None


def test_a_child_that_is_gone_leaves_the_switches_unknown():
    """Nobody says whether all of them are in what was reaped."""
    old = Reading(NONE, NONE, {(5, 1): alive(1.0, switches=(10, 20, 0))})
    found = spent(old, Reading(NONE, Counts(1.0, 30, 40), {}))
    assert found == TreeUsage(0.0, None, None)


def watched(monkeypatch, *found):
    """Two values of two batches each, whose usage is this."""
    left = list(found)
    monkeypatch.setattr(usage, "spent", lambda old, new: left.pop(0))
    one = TimedBatches(list, Portion(range(3)), FirstAnswer([0, 1, 2], 3))
    one(2)
    one(2)
    return one.used()


def test_what_is_used_is_told_per_batch(monkeypatch):
    found = watched(monkeypatch, TreeUsage(1.0, 2, 4), TreeUsage(3.0, 0, 4))
    assert found == {"cb_cpu_s": 1.0, "cb_voluntary_switches": 0.5, "cb_involuntary_switches": 2.0}


def test_what_is_not_known_of_one_value_is_not_told(monkeypatch):
    found = watched(monkeypatch, TreeUsage(1.0, 2, None), TreeUsage(None, 0, 4))
    assert found == {
        "cb_cpu_s": None,
        "cb_voluntary_switches": 0.5,
        "cb_involuntary_switches": None,
    }
