"""Descendants as /proc tells them, in a /proc of our own."""

from __future__ import annotations

import os
import sys

import pytest

from concbench.machine.usage import Switches, System, UnknownDescendants, living

OURS = os.getpid()


class Proc:
    """A made-up /proc with pid 1 and this process in it."""

    def __init__(self, folder):
        self.folder = folder
        self.cpu = {}
        self.add(1, 0)
        self.add(OURS, 1)
        (folder / "self").symlink_to(str(OURS))

    def add(self, pid, parent, cpu=0, faults=0, reaped=(0, 0), start=7, threads=()):
        """`threads` have nanoseconds, voluntary and involuntary switches."""
        self.cpu[pid] = cpu
        folder = self.folder / str(pid)
        folder.mkdir(exist_ok=True)
        fields = [0] * 30
        fields[0], fields[7], fields[18] = parent, faults, start
        fields[12:14] = reaped
        name = ") S 1 (odd name"
        (folder / "stat").write_text(f"{pid} ({name}) S {' '.join(map(str, fields))}\n")
        for number, (ran, voluntary, involuntary) in enumerate(threads):
            thread = folder / "task" / str(pid + number)
            thread.mkdir(parents=True, exist_ok=True)
            (thread / "schedstat").write_text(f"{ran} 5 6\n")
            counts = f"voluntary_ctxt_switches:\t{voluntary}\nnonvoluntary_ctxt_switches:\t"
            (thread / "status").write_text(f"Name:\tx\n{counts}{involuntary}\n")

    def clock(self, pid):
        return self.cpu[pid]

    def living(self):
        return living(System(str(self.folder), self.clock))


@pytest.fixture
def proc(tmp_path):
    return Proc(tmp_path)


def test_descendants_are_found_by_their_parents_however_deep(proc):
    ours = {OURS + 10: OURS, OURS + 11: OURS + 10, OURS + 12: OURS + 11}
    for pid, parent in ours.items():
        proc.add(pid, parent, cpu=pid * 10**9)
    proc.add(OURS + 13, 1, cpu=5)
    assert {pid: one.cpu for (pid, _), one in proc.living().items()} == {pid: pid for pid in ours}


def test_children_are_those_the_kernel_lists_where_it_does(proc):
    for pid in (OURS, OURS + 10, OURS + 11):
        proc.add(pid, 99, threads=[(0, 0, 0)])
        (proc.folder / str(pid) / "task" / str(pid) / "children").write_text("")
    (proc.folder / str(OURS) / "task" / str(OURS) / "children").write_text(f"{OURS + 10} ")
    second = proc.folder / str(OURS + 10) / "task" / "5"
    second.mkdir()
    (second / "children").write_text(f"{OURS + 11} ")
    assert {pid for pid, _ in proc.living()} == {OURS + 10, OURS + 11}


def test_switches_are_those_of_all_threads(proc):
    proc.add(OURS + 10, OURS, cpu=100, threads=[(30, 1, 10), (50, 2, 20)])
    assert proc.living()[OURS + 10, 7].switches == Switches(3, 30, dead=20)


def test_without_schedstat_there_is_cpu_but_no_switches(proc):
    proc.add(OURS + 10, OURS, cpu=10**9, threads=[(30, 1, 10)])
    (proc.folder / f"{OURS + 10}/task/{OURS + 10}/schedstat").unlink()
    found = proc.living()[OURS + 10, 7]
    assert (found.cpu, found.switches) == (1, None)


def test_what_a_descendant_reaped_is_in_ticks(proc):
    proc.add(OURS + 10, OURS, faults=3, reaped=(20, 40))
    found = proc.living()[OURS + 10, 7]
    assert found.reaped == pytest.approx(60 / os.sysconf("SC_CLK_TCK"))
    assert found.faults == 3


def test_strangers_that_end_while_listed_do_not_matter(proc):
    proc.add(OURS + 10, 1)
    (proc.folder / str(OURS + 10) / "stat").unlink()
    assert proc.living() == {}


def test_one_of_ours_that_ends_while_it_is_read_is_an_error(proc):
    proc.add(OURS + 10, OURS)

    def gone(pid):
        raise OSError(22, "Invalid argument")

    with pytest.raises(OSError, match="Invalid"):
        living(System(str(proc.folder), gone))


def test_one_of_ours_that_waits_for_another_meanwhile_is_an_error(proc):
    proc.add(OURS + 10, OURS)
    proc.clock = lambda pid: proc.add(OURS + 10, OURS, faults=1) or 0
    with pytest.raises(OSError, match="meanwhile"):
        proc.living()


def test_hidden_processes_make_all_unreadable(proc):
    (proc.folder / "1" / "stat").unlink()
    (proc.folder / "1").rmdir()
    with pytest.raises(UnknownDescendants):
        proc.living()


def test_the_processes_of_another_namespace_are_not_taken_for_ours(proc):
    (proc.folder / "self").unlink()
    (proc.folder / "self").symlink_to("2")
    with pytest.raises(UnknownDescendants):
        proc.living()


def test_other_systems_are_unreadable(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UnknownDescendants):
        living()
