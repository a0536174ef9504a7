"""CPUs delivered by round, and rounds that got much less: marked, measured again, left out."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from signal import SIGCONT, SIGSTOP

import pytest

from concbench.driver.rounds import GLANCE_SECONDS, SHARE, Measurement
from concbench.driver.schedule import last_round
from concbench.machine.canary import MUCH_LESS, measure
from concbench.processes.children import Children
from concbench.processes.outputs import Failed
from concbench.store.state import History

from .test_rounds import PLAN, MadeUpLab, canary, course, everything, planned


def listened(cpus, *, rounds=8, budget=1e9, **lab):
    """A run whose canaries find what `cpus` says, which may be one number at a time or a list."""
    found = cpus if callable(cpus) else lambda number: cpus[number]
    one = course(PLAN, MadeUpLab(cpus=found, **lab), rounds=rounds, budget=budget)
    one.run(everything())
    return one


def at(*numbers, low=0.9):
    """Two CPUs, but for some canaries; number n stands before round n and after round n - 1."""
    return lambda number: low if number in numbers else 2.0


def test_a_round_got_the_least_of_the_canary_before_and_the_one_after():
    one = listened([2.0, 1.5, 1.8, 1.9], rounds=3)
    assert [got["delivered"] for got in one.history.canary()] == [1.5, 1.5, 1.8]


def glanced(seconds, glances, rounds=1):
    """A run of four workloads, each of which takes so long; its canaries find 0.5 and then 2.0."""
    plan = [planned(n, "sequential", block=n) for n in range(4)]
    cpus = iter([0.5] + [2.0] * rounds)
    found = iter(glances)
    lab = MadeUpLab(
        seconds=lambda visit: seconds / 2, cpus=lambda _: next(cpus), glances=lambda: next(found)
    )
    one = course(plan, lab, rounds=rounds, budget=1e9)
    one.run(everything(plan))
    return one.history


def test_a_long_round_got_the_median_of_what_was_seen_between_its_groups():
    history = glanced(GLANCE_SECONDS + 0.1, [1.6, 1.5, 1.7])
    assert [got["delivered"] for got in history.canary()] == [1.6]


def test_a_glance_of_which_nothing_is_known_counts_for_nothing():
    history = glanced(GLANCE_SECONDS + 0.1, [None, 1.5, None])
    assert [got["delivered"] for got in history.canary()] == [1.5]


def test_a_short_round_is_not_looked_at_in_its_middle():
    history = glanced(GLANCE_SECONDS / 4, [])
    assert [got["delivered"] for got in history.canary()] == [0.5]


def test_what_is_left_of_the_run_does_not_depend_on_glances():
    history = glanced(GLANCE_SECONDS + 0.1, [2.0] * 6, rounds=2)
    assert last_round(history) == pytest.approx(4 * (GLANCE_SECONDS + 0.1))


def test_a_round_is_as_late_as_the_worse_of_its_canaries():
    found = iter([canary(2.0, late=late) for late in (0.1, 0.3, None, None)])
    lab = MadeUpLab()
    lab.canary = lambda: next(found)
    one = course(PLAN, lab, rounds=3)
    one.run(everything())
    assert [got["jitter_seconds"] for got in one.history.canary()] == [0.3, 0.3, None]


def test_what_one_cpu_does_is_the_same_in_all_rounds_of_a_run():
    found = iter([canary(2.0, alone=alone) for alone in (1.0, 1.0, 1.0, 0.5)])
    lab = MadeUpLab()
    lab.canary = lambda: next(found)
    one = course(PLAN, lab, rounds=3)
    one.run(everything())
    assert [got["delivered"] for got in one.history.canary()] == [2.0, 2.0, 1.0]


def test_a_round_of_which_nothing_is_known_is_left_out_and_one_canary_is_enough():
    one = listened([2.0, None, None, 1.5], rounds=3)
    assert [(got["round"], got["delivered"]) for got in one.history.canary()] == [
        (0, 2.0),
        (2, 1.5),
    ]
    assert listened([None] * 4, rounds=3).history.canary() == []


def test_rounds_that_got_much_less_are_measured_again_whole_and_replaced():
    one = listened(at(6), rounds=8)
    history = one.history
    assert history.again == {7: 5, 9: 6}
    assert history.orders[7] == history.orders[5]
    assert history.orders[9] == history.orders[6]
    marks = [(got["low"], got["replaced"]) for got in history.canary()]
    assert [number for number, mark in enumerate(marks) if mark == (True, True)] == [5, 6]
    assert set(marks) == {(False, False), (True, True)}


def test_so_many_rounds_count_as_were_asked_for():
    history = listened(at(6), rounds=8).history
    assert (history.rounds, history.counted) == (10, 8)
    assert [set(row) for row in history.seconds()] == [
        set() if number in (5, 6) else {0, 1, 2} for number in range(10)
    ]


def test_a_repeat_has_the_loops_of_its_round():
    one = listened(at(6), seconds=lambda visit: 0.001, loops=8)
    assert {v.loops for v in one.lab.visits if v.round >= 5} == {8}


def test_whether_a_round_is_repeated_does_not_depend_on_its_times():
    noise = Random(1)
    wild = listened(at(6), seconds=lambda visit: noise.uniform(0.1, 100))
    assert wild.history.again == listened(at(6)).history.again
    slow = listened(at(), seconds=lambda visit: 100.0 if visit.round == 5 else 1.0)
    assert slow.history.again == {}


def test_three_others_say_what_is_usual_and_fewer_do_not():
    assert not any(got["low"] for got in listened(at(0), rounds=3).history.canary())
    assert listened(at(0), rounds=4).history.again == {4: 0}


@pytest.mark.parametrize("share", [MUCH_LESS - 0.01, MUCH_LESS + 0.01])
def test_much_less_is_a_share_of_what_is_usual(share):
    assert bool(listened(at(6, low=2.0 * share)).history.again) == (share < MUCH_LESS)


def test_a_machine_that_stays_low_is_the_normal():
    history = listened(lambda number: 2.0 if number < 6 else 0.9, rounds=20).history
    assert history.again == {}
    assert [got["low"] for got in history.canary()] == [False] * 20


def test_a_round_that_was_replaced_stays_marked_when_little_has_become_the_normal():
    history = listened(lambda number: 0.9 if number == 6 or number > 9 else 2.0, rounds=30).history
    marked = {got["round"] for got in history.canary() if got["low"]}
    assert marked == history.replaced() == {5, 6}


def test_nothing_is_repeated_while_the_machine_is_low():
    one = listened(lambda number: {6: 0.5, 7: 0.9, 8: 0.9}.get(number, 2.0), rounds=12)
    assert min(one.history.again) == 9  # canary 9 is the first that finds as much as before


@pytest.mark.parametrize("seed", range(5))
def test_each_round_is_repeated_once_and_a_bounded_share_of_them(seed):
    chance = Random(seed)
    history = listened(lambda number: chance.choice([0.5, 2.0, 2.0]), rounds=40).history
    first = list(history.again.values())
    assert 0 < len(first) <= history.counted / SHARE
    assert len(set(first)) == len(first)
    assert not set(first) & set(history.again)
    assert history.counted == 40


def test_the_round_that_got_least_is_repeated_first():
    history = listened(lambda number: {6: 0.9, 7: 0.5}.get(number, 2.0)).history
    assert history.again[8] == 6


def test_nothing_is_repeated_beyond_the_budget():
    one = listened(at(6), budget=7 * 6.0)  # a round takes six seconds
    assert (one.history.rounds, one.history.again) == (7, {})


def test_no_block_that_was_stopped_is_measured_again():
    plan = [planned(0, "sequential"), planned(1, "sequential", block=1)]
    one = course(plan, MadeUpLab(cpus=at(4, 5, 6)), rounds=12, budget=1e9)
    one.run(lambda rounds: [0, 1] if len(rounds) < 6 else [1])
    # Rounds 3 to 5 had both, round 6 had what was left.
    assert list(one.history.again.values()) == [6]
    assert len(one.history.measured[0]) == 6


def test_a_repeat_passes_over_what_was_given_up():
    def outcome(visit):
        late = visit.planned.id == 1 and visit.round in (5, 6)
        return Failed("crash", "crashed: exit code 7") if late else None

    one = listened(at(6), outcome=outcome)
    repeat, first = next(iter(one.history.again.items()))
    assert one.history.orders[repeat] == [cell for cell in one.history.orders[first] if cell != 1]


def test_a_wrong_answer_counts_in_a_round_that_was_replaced():
    def outcome(visit):
        lie = visit.planned.id == 2 and visit.round == 6
        return Measurement(1.0, "lie", "head", "{}") if lie else None

    history = listened(lambda number: 0.9 if number == 7 else 2.0, outcome=outcome).history
    assert 6 in history.low()
    assert history.reason(2) == "wrong answer: not sequential's in round 7"


class Stop(Exception):
    pass


def interrupted(round_, position):
    """The entries of a run that ended in the middle of a round."""

    def stop(visit):
        if (visit.round, visit.position) == (round_, position):
            raise Stop

    entries = []
    one = course(PLAN, MadeUpLab(cpus=at(6), outcome=stop), rounds=8, budget=1e9)
    object.__setattr__(one, "record", entries.append)
    with pytest.raises(Stop):
        one.run(everything())
    return entries


def test_a_repeat_that_was_interrupted_replaces_nothing_until_it_is_finished():
    past = History(PLAN, interrupted(7, 1))
    assert (past.again, past.replaced()) == ({7: 5}, frozenset())
    assert past.seconds()[5]
    course(PLAN, MadeUpLab(), rounds=8, budget=1e9, past=past).run(everything())
    assert past.again == {7: 5, 9: 6}
    assert past.counted == 8
    assert past.orders[7] == past.orders[5]
    assert not past.seconds()[5]


@pytest.mark.parametrize("found", [(1.5, 1.8), (1.8, 1.5)])
def test_a_round_that_was_interrupted_also_had_what_was_found_when_it_went_on(found):
    past = History(PLAN, interrupted(2, 1))
    lab = MadeUpLab(cpus=lambda number: [*found, 2.0][number])
    course(PLAN, lab, rounds=4, budget=1e9, past=past).run(everything())
    assert [got["delivered"] for got in past.canary()] == [2.0, 2.0, 1.8, found[1]]


def test_a_round_that_was_finished_hears_one_canary_more_and_not_that_of_another_day():
    past = listened([2.0, 2.0, 2.0, 1.6], rounds=3).history
    lab = MadeUpLab(cpus=lambda number: 1.9 if number == 0 else 2.0)
    course(PLAN, lab, rounds=4, budget=1e9, past=past).run(everything())
    assert [got["delivered"] for got in past.canary()] == [2.0, 2.0, 1.6, 1.9]


@pytest.fixture
def neighbour():
    """Processes that spin on all CPUs, stopped; to be told SIGCONT and SIGSTOP."""
    spin = [sys.executable, "-I", "-S", "-c", "while True: pass"]
    # In sessions of their own, or the scheduler takes them for one.
    each = [subprocess.Popen(spin, start_new_session=True) for _ in range(12)]

    def tell(number):
        for process in each:
            process.send_signal(number)

    tell(SIGSTOP)
    yield tell
    for process in each:
        process.kill()
        process.wait()


def test_a_spinning_neighbour_is_seen_in_the_cpus_delivered_and_marks_the_round(neighbour):
    """Once in three goes: what else runs here takes CPUs away from the quiet rounds, too."""
    assert any(_seen(neighbour) for _ in range(3))


def _seen(neighbour) -> bool:
    with Children() as children:

        class Listening(MadeUpLab):
            def canary(self):
                spinning = self.heard == 4
                self.heard += 1
                neighbour(SIGCONT if spinning else SIGSTOP)
                found = measure(children, 2)
                neighbour(SIGSTOP)
                return vars(found)

        one = course(PLAN, Listening(), rounds=7, budget=1e9)
        one.run(everything())
    got = [row["delivered"] for row in one.history.canary()]
    quiet = sorted(got[:3] + got[5:7])
    marked = {3, 4} <= one.history.low() and set(one.history.again.values()) & {3, 4}
    return max(got[3:5]) < 0.6 * quiet[2] and bool(marked)
