"""CPUs delivered: a number, or a reason; never an error, a hang or an orphan."""

from __future__ import annotations

import os

import pytest

from concbench.machine import canary
from concbench.machine.canary import glance, measure
from concbench.processes.children import Children


@pytest.fixture
def children():
    with Children() as opened:
        yield opened


def delivered(found):
    """The CPUs delivered where this is all that was heard."""
    return found.together / found.alone


@pytest.fixture
def one_cpu():
    """What is promised is 1 whatever is asked for."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


def test_one_cpu_is_not_taken_for_four(children, one_cpu):
    # A busy machine can spoil one window, hardly three.
    found = sorted(delivered(measure(children, 4, 0.1)) for _ in range(3))
    assert 0 < found[1] < 2


STEADY = """
print(flush=True)
for told in open(0):
    what, one, other = told.split()
    if what == "spin":
        seconds = {share} * (float(other) - float(one))
        print(round(1e6 * seconds), seconds, flush=True)
    else:
        print(*[{late}] * int(one), flush=True)
"""


@pytest.mark.parametrize("cpus", [1, 3])
def test_spinners_that_do_not_hinder_each_other_have_a_cpu_each(children, monkeypatch, cpus):
    monkeypatch.setattr(canary, "SPINNER", STEADY.format(late=0.001, share=1))
    assert delivered(measure(children, cpus)) == pytest.approx(cpus, rel=0.001)


def test_cpus_that_others_take_half_of_are_half_delivered(children, monkeypatch):
    monkeypatch.setattr(canary, "SPINNER", STEADY.format(late=0.001, share=0.5))
    assert delivered(measure(children, 2)) == pytest.approx(1, rel=0.001)


def test_jitter_is_what_two_sleeps_of_twenty_exceed(children, monkeypatch):
    late = "*range(10, 0, -1), *range(11, 21)"
    monkeypatch.setattr(
        canary, "SPINNER", STEADY.format(late=late, share=1).replace(" * int(one)", "")
    )
    assert measure(children, 1).jitter_seconds == 18


def test_a_sleep_never_ends_early_on_this_machine(children):
    assert measure(children, 1, 0.01).jitter_seconds > 0


COUNTING = """
import os
print(flush=True)
for told in open(0):
    if told.startswith("spin"):
        with open({path!r}, "a") as windows:
            windows.write(f"{{os.getpid()}}\\n")
    print(1000, 0.1, flush=True)
"""


def test_all_spin_at_once_and_two_of_them_alone(children, monkeypatch, tmp_path):
    windows = tmp_path / "windows"
    monkeypatch.setattr(canary, "SPINNER", COUNTING.format(path=str(windows)))
    measure(children, 3)
    told = windows.read_text().split()
    assert sorted(told.count(pid) for pid in set(told)) == [1, 2, 2]


@pytest.mark.parametrize("share", [1, 0.5])
def test_a_glance_sees_what_all_cpus_do_in_the_unit_of_the_canary(children, monkeypatch, share):
    monkeypatch.setattr(canary, "SPINNER", STEADY.format(late=0.001, share=share))
    assert glance(children, 2) == pytest.approx(measure(children, 2).together, rel=0.001)


def test_a_glance_that_fails_is_none(children, monkeypatch):
    monkeypatch.setattr(canary, "SPINNER", "raise SystemExit")
    monkeypatch.setattr(canary, "PATIENCE_SECONDS", 0.3)
    assert glance(children, 2) is None
    assert children.sweep() == []


def test_nothing_is_left_of_it(children):
    measure(children, 2, 0.01)
    glance(children, 2)
    assert not children._numbers
    assert children.sweep() == []


@pytest.mark.parametrize(
    ("spinner", "reason"),
    [
        ("raise SystemExit", "said nothing"),
        ("import time; time.sleep(600)", "said nothing"),
        ("print(flush=True); import time; time.sleep(600)", "said nothing"),
        ("print(flush=True)", ""),  # and ends
        ("print(flush=True); [print('x', flush=True) for _ in open(0)]", "could not convert"),
        ("print(flush=True); [print(flush=True) for _ in open(0)]", "IndexError"),
        ("print(flush=True); [print(0, 0.1, flush=True) for _ in open(0)]", "got no CPU"),
        ("print(flush=True); [print(0, 0, flush=True) for _ in open(0)]", "got no CPU"),
    ],
)
def test_what_cannot_be_measured_has_a_reason(children, monkeypatch, spinner, reason):
    monkeypatch.setattr(canary, "SPINNER", spinner)
    monkeypatch.setattr(canary, "PATIENCE_SECONDS", 0.3)
    found = measure(children, 2, 0.01)
    assert found.together is None
    assert found.reason
    assert reason in found.reason
    assert children.sweep() == []


def test_an_interpreter_that_does_not_start_is_a_reason(children, monkeypatch):
    monkeypatch.setattr("sys.executable", "/no/such/python")
    assert "No such file" in measure(children, 2).reason
