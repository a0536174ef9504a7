"""What a journal holds for the gate, and what the gate asks of the next round."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from concbench.errors import UsageError
from concbench.gate.noise import Floor, estimate, store, stored
from concbench.gate.readings import CellPair, pairs
from concbench.gate.samples import Samples
from concbench.plan.cells import PlannedCell
from concbench.reports.gate import decision, results
from concbench.reports.gate.thresholds import parse
from concbench.spec import Cell, Spec
from concbench.store.state import History

NAMES = ("sequential", "threading", "asyncio")


def planned(number: int, name: str, side: str, pair: int, reason: str = "") -> PlannedCell:
    cell = Cell(Spec("work", "-"), Spec(name, "-"), 64)
    block = 0 if side == "now" else 1
    return PlannedCell(number, cell, 1, block, name == "sequential", reason, side, pair)


CELLS = tuple(
    planned(place + len(NAMES) * other, name, side, place)
    for other, side in enumerate(("now", "before"))
    for place, name in enumerate(NAMES)
)
SLOWER = {0: 1.0, 1: 1.2, 2: 1.0}
"""How many times as long a pair takes now."""


def run(
    rounds: int,
    slower: dict[int, float] = SLOWER,
    noise: Callable[[int, int], float] = lambda number, cell: (
        1 + 0.002 * math.sin(7 * number + cell)
    ),
    **more: object,
) -> History:
    """Rounds of 0.1 s batches, 0.5 s a visit."""
    past = History(CELLS)
    elapsed = 0.0
    for number in range(rounds):
        order = [one.id for one in CELLS]
        past.add({"event": "round", "round": number, "order": order, "elapsed": elapsed})
        for place, one in enumerate(CELLS):
            elapsed += 0.5
            seconds = 0.1 * noise(number, one.id)
            if one.side == "now":
                seconds *= slower[one.pair or 0]
            entry = {"event": "measured", "cell": one.id, "round": number, "position": place}
            entry |= {"tasks": 64, "answer": "same", "head": "h", "benchmark": "{}"}
            entry |= {"seconds": seconds, "one_shot": 2 * seconds, "cpu": seconds, "memory": None}
            past.add({**entry, "elapsed": elapsed})
    return past


BATCH = parse()


def samples(past: History, given=BATCH, cells=CELLS) -> Samples:
    return Samples(pairs(cells), given, past)


def evidence(past: History, given=BATCH):
    return samples(past, given).evidence()


def answers(past: History) -> list[results.Result]:
    its = samples(past)
    return [its.result(one) for one in decision.judge(its.evidence())]


def asked(budget: float, past: History) -> set[int]:
    """The cells of the next round."""
    return samples(past).rule(budget)([])


def test_the_first_side_is_the_one_that_is_checked():
    assert [(one.now.id, one.before.id) for one in pairs(CELLS)] == [(0, 3), (1, 4), (2, 5)]


def test_a_ratio_is_of_one_round_and_above_1_when_it_is_slower_now():
    told = evidence(run(5))
    assert [one.cell for one in told] == [0, 1, 2]
    assert all(abs(one - math.log(1.2)) < 0.01 for one in told[1].logarithms)
    assert len(told[1].logarithms) == 5


def test_what_a_round_of_a_pair_costs_is_that_of_both_visits():
    assert evidence(run(5))[0].seconds == pytest.approx(1.0)


def test_a_metric_is_asked_where_a_threshold_is_for_it():
    given = parse(["batch>5%", "s:asyncio one_shot>10%"])
    told = [(one.cell, one.metric, one.threshold) for one in evidence(run(1), given)]
    assert told == [
        (0, "batch", 0.05),
        (1, "batch", 0.05),
        (2, "batch", 0.05),
        (2, "one_shot", 0.1),
    ]


def test_a_metric_that_nobody_can_tell_here_is_named_and_not_asked():
    given = parse(["memory>20%"])
    past = run(2)
    assert evidence(past, given) == []
    (line,) = samples(past, given).unknown()
    names = "work / sequential, work / threading, work / asyncio"
    assert line == f"memory is not known of {names}: now: nothing reports it"


def with_metrics(past: History, **metrics: dict[int, object]) -> History:
    """The same run with a value of each of these in every round of some cells."""
    for name, by_cell in metrics.items():
        for cell, value in by_cell.items():
            for entry in past.measured[cell]:
                if name in ("p99", "max_lag", "memory", "startup", "absent"):
                    entry[name] = value  # type: ignore[index]  # made up above
                else:
                    counted = {**entry.get("metrics", {}), name: value}
                    entry["metrics"] = counted  # type: ignore[index]
    return past


def test_a_metric_of_the_workload_s_own_is_compared_like_any_other():
    past = with_metrics(run(20), rows={1: 120, 4: 100})
    its = samples(past, parse(["s:threading rows>5%"]))
    told = {one.evidence.metric: its.result(one) for one in decision.judge(its.evidence())}
    assert (told["rows"].word, told["rows"].ratio) == ("slower", pytest.approx(1.2))
    assert results.reason(told["rows"]).startswith("rows 100 -> 120   +20.0 %")


def test_a_metric_that_no_workload_counts_is_a_mistake_once_that_is_known():
    past = with_metrics(run(1), rows=dict.fromkeys(range(6), 100))
    samples(past, parse(["rows>5%"])).check_counted()
    with pytest.raises(UsageError, match=r"--fail-on 'row>5%': no workload counts row: did you"):
        asked_of(past, ["row>5%"])
    asked_of(History(CELLS), ["row>5%"])


def asked_of(past: History, given: list[str]) -> None:
    samples(past, parse(given)).rule(600.0)([])


@pytest.mark.parametrize("before", [0, -1, 3])
def test_what_is_0_or_less_has_no_ratio_and_may_have_a_bound(before):
    past = with_metrics(run(8), errors={1: 0, 4: before})
    given = parse(["s:threading errors>5%"], ["s:threading errors<1"])
    its = samples(past, given)
    assert its.unknown() == [
        "errors is not known of work / threading: it is 0 or less in some rounds, which has no "
        "ratio: use --require"
    ]
    (found,) = [its.result(one) for one in decision.judge(its.evidence()) if one.word == "below"]
    assert (found.metric, found.bound, found.after) == ("errors", 1.0, 0.0)


def test_what_only_one_side_has_is_not_known_and_not_waited_for():
    past = with_metrics(run(8), p99={1: 0.1}, absent={4: {"latency": "clocks disagree"}})
    its = samples(past, parse(["s:threading p99>5%"]))
    assert its.unknown() == ["p99 is not known of work / threading: before: clocks disagree"]
    assert {one.metric for one in its.evidence()} == {"batch"}


def test_a_pass_looks_for_what_is_asked_alone():
    def probes(*given):
        return samples(History(CELLS), parse(*given)).probes

    assert probes() == ()
    assert probes(["p99>5%", "cpu>5%"]) == ("latency",)
    assert probes(["batch>5%"], ["s:asyncio max_lag<1s", "memory<1GB"]) == ("memory", "lag")
    assert probes([], ["w:nobody memory<1GB"]) == ()


def test_a_bound_is_of_what_is_checked_and_of_all_its_tasks():
    past = run(8, dict.fromkeys(range(3), 2.0))
    for number in range(3):
        for entry in past.measured[number]:
            entry["head"] = "same"  # type: ignore[index]  # made up above
            entry["tasks"] = 64 if number else 16  # type: ignore[index]  # a sample of 64
    its = samples(past, parse((), ["batch<1s", "s:sequential one_shot<1s"]))
    found = [its.result(one) for one in decision.judge(its.evidence()) if one.evidence.limit == 0]
    assert [one.after for one in found] == pytest.approx([0.8, 0.2, 0.2], rel=0.01)
    assert {one.word for one in found} == {"below"}
    # What a sample's start-up is to all tasks' cannot be said.
    assert its.unknown() == [
        "one_shot bound is not known of work / sequential: now: nothing reports it"
    ]


def test_with_nothing_to_compare_bounds_are_all_that_is_asked():
    own = [one for one in CELLS if one.side == "now"]
    entries = [entry for entry in run(8).entries if entry.get("cell", 0) < 3]
    past = History(own, [{**one, "order": [0, 1, 2]} for one in entries])
    its = Samples([CellPair(one.id, one, None) for one in own], parse((), ["batch<1s"]), past)
    verdicts = decision.judge(its.evidence())
    assert [its.result(one).word for one in verdicts] == ["below"] * 3
    assert its.rule(600.0)([]) == set()


def test_before_is_of_the_rounds_that_both_sides_have():
    """The others of `before` would be on the wrong side of its middle."""
    past = run(3)
    for number in range(3, 9):
        again = {**past.measured[4][2], "round": number, "seconds": 7.0}
        past.add({**again, "elapsed": past.elapsed + 0.5})
    assert answers(past)[1].before == pytest.approx(0.1, rel=0.01)
    assert answers(History(CELLS))[1].before is None


@pytest.mark.parametrize("disturbed", [0, 1, 3, 4])
def test_before_after_and_change_agree_though_a_round_was_disturbed(disturbed):
    """Eight rounds at 50 ms and one of a side tenfold: no change, and 50 ms on both sides."""

    def noise(number: int, cell: int) -> float:
        return 0.5 * (10 if number == 5 and cell == disturbed else 1)

    past = run(8, dict.fromkeys(range(3), 1.0), noise)
    for one in answers(past):
        assert results.reason(one).startswith("50.0 -> 50.0 ms   +0.0 % [")


def test_after_is_before_times_the_change_under_any_noise():
    chance = Random(5)
    past = run(21, SLOWER, lambda number, cell: math.exp(chance.gauss(0, 0.4)))
    for one in answers(past):
        assert one.before is not None
        assert one.ratio is not None
        assert one.after == pytest.approx(one.before * one.ratio)
        assert one.after != pytest.approx(one.before)


def test_rounds_that_were_measured_again_do_not_count():
    past = run(5)
    past.add({"event": "round", "round": 5, "order": [0, 3], "again": 2})
    for place, cell in enumerate((0, 3)):
        again = {**past.measured[cell][2], "round": 5, "position": place}
        past.add({**again, "elapsed": past.elapsed + 0.5})
    told = evidence(past)
    assert [len(one.logarithms) for one in told] == [5, 4, 4]


def test_another_answer_is_other_work_and_not_slower():
    past = run(20)
    for entry in past.measured[1]:
        entry["answer"] = "other"  # type: ignore[index]  # made up above
    for entry in past.measured[0] + past.measured[2]:
        entry["answer"] = "other"  # type: ignore[index]  # all of a side agree
    assert {one.word for one in answers(past)} == {"other work"}


def test_a_side_that_failed_is_told_with_its_reason_and_compared_no_more():
    past = run(3)
    for number in (3, 4):
        place = {"cell": 4, "round": number, "position": 0}
        past.add({"event": "failed", **place, "kind": "crash", "message": "exit code 9"})
    assert samples(past).failed() == [("work / threading", "before: exit code 9")]
    assert [one.cell for one in evidence(past)] == [0, 2]


def test_a_cell_that_failed_on_both_sides_is_one_that_failed():
    past = run(3)
    for cell in (1, 4):
        for number in (3, 4):
            place = {"cell": cell, "round": number, "position": 0}
            past.add({"event": "failed", **place, "kind": "crash", "message": "exit code 9"})
    ((cell, reason),) = samples(past).failed()
    assert (cell, reason) == ("work / threading", "now: exit code 9; before: exit code 9")


def test_a_cell_that_cannot_run_on_one_side_is_told():
    cells = [replace(one, reason="needs x") if one.id == 5 else one for one in CELLS]
    assert samples(History(cells), cells=cells).failed() == [("work / asyncio", "before: needs x")]


def test_the_first_round_is_of_every_cell():
    assert asked(600.0, History(CELLS)) == {0, 1, 2, 3, 4, 5}


def test_pairs_that_are_decided_are_measured_no_more():
    """A slow-down is confirmed by rounds of its own; the others are done after the first look."""
    assert asked(600.0, run(8)) == {1, 4}
    assert asked(600.0, run(30)) == set()


def test_nothing_is_begun_that_the_budget_cannot_decide():
    def noisy(number: int, cell: int) -> float:
        return 1.5 if (number * 7 + cell * 3) % 5 < 2 else 0.7

    past = run(8, dict.fromkeys(range(3), 1.0), noisy)
    assert asked(past.elapsed + 1.0, past) == set()


def test_answers_say_what_was_and_what_is():
    told = {one.cell: one for one in answers(run(30))}
    slower, passed = told["work / threading"], told["work / asyncio"]
    assert (slower.word, slower.confirmed, passed.word) == ("slower", True, "not slower")
    assert slower.ratio == pytest.approx(1.2, rel=0.01)
    assert (slower.low or 0) <= 1.2 <= (slower.high or 0)
    assert (slower.before, slower.after) == pytest.approx((0.1, 0.12), rel=0.01)


def test_the_noise_floor_is_the_spread_of_a_cell_against_itself():
    """Ratios that swing by 1 % up and down; the calm cell can be told finer."""

    def swinging(number: int, cell: int) -> float:
        return 1 + (0.01 * (-1) ** number if cell == 1 else 0.001 * (-1) ** number * (cell == 0))

    floors = {
        one.cell: one
        for one in estimate(pairs(CELLS), run(12, dict.fromkeys(range(3), 1.0), swinging))
    }
    calm, swung = floors["work / sequential"], floors["work / threading"]
    assert swung.rounds == 12
    assert swung.deviation == pytest.approx(10 * (calm.deviation or 0), rel=0.1)
    assert (calm.detects or 1) < (swung.detects or 0) < 0.05


def test_floors_that_are_of_another_machine_are_not_used(tmp_path, monkeypatch):
    store(tmp_path, [Floor("a", 9, 0.1, 0.2)])
    assert stored(tmp_path) == {"a": 0.2}
    monkeypatch.setattr("concbench.machine.identity.cpus", lambda: 1000)
    assert stored(tmp_path) == {}
