"""The sentences of an advice on made-up races: each claims what its rounds show, and no more."""

from __future__ import annotations

import io
import json
import math
from dataclasses import asdict
from random import Random

import pytest
from rich.console import Console

from concbench.reports import page, read
from concbench.reports.advice.answer import answer
from concbench.reports.advice.findings import called
from concbench.reports.errors import DamagedRun
from concbench.reports.render import advice as rendered
from concbench.reports.render import summary
from concbench.reports.render.notebook import Run
from concbench.reports.run.advice import Candidate, Look, StrategyCost

from ..made import Made, folder, sequential

LOOK = Look(tasks=50, seconds=0.01, least=0.01, most=0.011, computes=0.0001)
HELD = Look(tasks=50, seconds=0.004, least=0.004, most=0.004, computes=0.004, released=0.0)
FIELD = [
    ("sequential", 1, 0.64),
    ("threading", 16, 0.04),
    ("threading", 32, 0.02),
    ("asyncio", 32, 0.02),
]


def made(
    strategy: str, workers: int, seconds: float, rounds: int = 12, noise: float = 0.004, **more
):
    random = Random(f"{strategy}{workers}")
    times = [seconds * (1 + random.gauss(0, noise)) for _ in range(rounds)]
    params = {"strategy_params": {"workers": workers}, "workers": workers}
    return Made(strategy, times, **{**params, "cpu": 0.004, **more})


def advised(tmp_path, cells, look=LOOK, field=FIELD, **more):
    candidates = [asdict(Candidate(*one)) for one in field]
    facts = {
        "goal": "batch",
        "target": "fetch",
        "tasks": 64,
        "cpus": 2,
        "budget_seconds": 60.0,
        "look": look if look is None or isinstance(look, dict) else asdict(look),
        "candidates": candidates,
        "costs": {"threading": asdict(StrategyCost(3e-5, 0.001))},
        "left_out": {"multiprocessing": "its results do not pickle"},
        **more,
    }
    seconds = facts.pop("round_seconds", None)
    path = folder(tmp_path / "run", cells, advice=facts, round_seconds=seconds)
    return answer(read(path)), read(path)


def race(threads: float, loop: float, rounds: int = 12, **more):
    return [
        sequential([0.64 + 0.001 * place for place in range(rounds)], cpu=0.006),
        made("threading", 32, threads, rounds, cpu=0.012),
        made("asyncio", 32, loop, rounds, **more),
    ]


def said(found, topic: str) -> str:
    return " | ".join(one.text for one in found.remarks if one.topic == topic)


def test_a_clear_race_says_what_to_use_and_how_much_faster_it_is(tmp_path):
    found, _ = advised(tmp_path, race(0.030, 0.021))
    assert found.outcome == "decided"
    assert said(found, "use").startswith("asyncio with 32 in flight: 30.")
    assert "a plain loop" in said(found, "use")
    assert not said(found, "as good")


def test_what_is_as_good_and_simpler_is_named_with_its_cost(tmp_path):
    found, _ = advised(tmp_path, race(0.0211, 0.021))
    assert (
        said(found, "as good") == "within 5 %: threading with 32 workers (simpler, 3.00x the CPU)"
    )


def test_one_round_and_a_bound_are_no_proof_of_slower(tmp_path):
    _, threads, loop = race(0.030, 0.021)
    found, _ = advised(tmp_path, [sequential([0.64]), threads, loop])
    words = {row[0]: row[-1] for row in found.table.rows}
    assert words == {
        "sequential": "slower (predicted)",
        "threading": "slower",
        "asyncio": "use",
    }


def test_what_is_not_known_yet_is_said_with_the_way_out(tmp_path):
    found, _ = advised(tmp_path, race(0.0205, 0.021, rounds=2), round_seconds=2.0)
    assert found.outcome == "open"
    assert said(found, "use").startswith("cannot tell yet: ")
    assert "more rounds would probably tell: --budget" in said(found, "use")
    assert {one.basis for one in found.remarks if one.topic == "use"} == {"open"}


def test_nothing_is_decided_while_more_workers_may_be_faster(tmp_path):
    """From 16 to 32 workers it gains much, and then the budget was spent."""
    cells = [
        sequential([0.64 + 0.001 * place for place in range(12)], cpu=0.006),
        made("threading", 16, 0.040),
        made("threading", 32, 0.021),
    ]
    tried = [*FIELD[:3], ("threading", 64, 0.02)]
    found, _ = advised(tmp_path, cells, field=tried)
    assert found.outcome == "open"
    assert said(found, "use").startswith("threading; cannot tell yet with how many workers: ")
    assert "threading with 64, not tried yet, may be faster" in said(found, "use")
    assert found.document()["undecided"] == "workers"
    assert found.document()["gain_at_most"] is None
    found, _ = advised(tmp_path / "other", cells, field=FIELD[:3])
    assert found.outcome == "decided"


COUNTS = (2, 4, 8, 16, 32)
RELEASED = [
    ("sequential", 1, 0.256),
    *(("threading", count, 0.128) for count in COUNTS),
    ("multiprocessing", 2, 0.128),
]


def alike(processes: float, noise: float = 0.06):
    """Work that releases the GIL on two CPUs: any number of threads will do."""
    return [
        sequential([0.256 + 0.001 * place for place in range(12)]),
        *(made("threading", count, 0.13, noise=noise) for count in COUNTS),
        made("multiprocessing", 2, processes, noise=noise),
    ]


def test_a_strategy_is_advised_where_only_its_number_of_workers_is_open(tmp_path):
    found, stored = advised(tmp_path, alike(0.2), field=RELEASED, round_seconds=2.0)
    assert found.outcome == "open"
    assert said(found, "use").startswith(f"{called(found.use)}: ")
    assert [one.basis for one in found.remarks if one.topic in ("use", "workers")] == [
        "measured",
        "open",
    ]
    document = found.document()
    assert (document["undecided"], document["use"]["strategy"]) == ("workers", "threading")
    most = f"{math.ceil(100 * document['gain_at_most'])} %"
    text = said(found, "workers")
    assert text.startswith(
        "the strategy is decided, the number of workers is not: 2 are the fewest that look as good"
    )
    assert f"may be faster by {most} at most" in text
    assert "more rounds would probably tell: --budget" in text
    words = {row[0]: row[-1] for row in found.table.rows}
    assert (words["threading"], words["multiprocessing"]) == ("use", "slower")
    line = f"use {called(found.use)} (another gains {most} at most)"
    assert line in rendered.document(found)
    assert "the strategy is decided" in page.rendered(stored)


def test_workers_that_hardly_ran_are_named_apart(tmp_path):
    cells = [*alike(0.2), made("threading", 12, 0.13, rounds=2)]
    found, _ = advised(tmp_path, cells, field=[*RELEASED, ("threading", 12, 0.128)])
    text = said(found, "workers")
    assert " may be faster by " in text
    assert " and 12 ran in too few rounds to say; " in text
    assert found.document()["gain_at_most"] is None
    assert f"use {called(found.use)} (the number is open)" in rendered.document(found)


def test_a_strategy_is_not_advised_where_another_may_be_faster(tmp_path):
    found, _ = advised(tmp_path, alike(0.128), field=RELEASED, round_seconds=2.0)
    assert found.outcome == "open"
    assert found.document()["undecided"] == "strategy"
    assert said(found, "use").startswith("cannot tell yet: ")
    assert not said(found, "workers")


def test_what_is_decided_has_nothing_open(tmp_path):
    found, _ = advised(tmp_path, alike(0.2, noise=0.004), field=RELEASED)
    assert found.outcome == "decided"
    assert found.document()["undecided"] is None
    assert not said(found, "workers")


def test_a_plain_loop_is_used_where_all_others_are_left_out_by_prediction(tmp_path):
    field = [("sequential", 1, 0.64), ("threading", 2, 1.2, "it costs 15 us a task")]
    found, _ = advised(tmp_path, [sequential([0.64])], field=field)
    assert found.outcome == "decided"
    assert (
        said(found, "use") == "a plain loop: 640 ms a batch, no other can be as fast, by prediction"
    )
    found, _ = advised(tmp_path / "other", [sequential([0.64])], field=[FIELD[0], FIELD[1]])
    assert found.outcome == "open"


def test_the_workers_that_are_enough_are_told_of_few_numbers_of_them(tmp_path):
    cells = [
        sequential([0.64 + 0.001 * place for place in range(12)], cpu=0.006),
        *(made("threading", count, 0.021) for count in (16, 32)),
    ]
    found, _ = advised(tmp_path, cells, field=FIELD[:3])
    assert said(found, "where it stops") == (
        "more than 16 workers gain less than 5 % (tried: 16 and 32); "
        "concbench scale -s threading would tell the law"
    )


def test_what_still_rises_with_all_tasks_at_once_needs_more_tasks(tmp_path):
    counts = (4, 8, 16, 32, 64)
    cells = [
        sequential([0.64 + 0.001 * place for place in range(12)], cpu=0.006),
        *(made("threading", count, 0.64 / count, noise=0.001) for count in counts),
    ]
    field = [FIELD[0], *(("threading", count, 0.6 / count) for count in counts)]
    found, _ = advised(tmp_path, cells, field=field)
    assert "N* beyond 64 (all tasks at once: more --tasks would show it)" in said(
        found, "where it stops"
    )


def test_each_that_was_raced_has_a_bar_the_fastest_the_longest(tmp_path):
    found, _ = advised(tmp_path, race(0.042, 0.021))
    assert [one.name for one in found.bars] == [
        "a plain loop",
        "threading with 32 workers",
        "asyncio with 32 in flight",
    ]
    assert [one.share for one in found.bars] == pytest.approx([0.033, 0.5, 1.0], rel=0.05)
    text = io.StringIO()
    rendered.show(found, Console(file=text, width=80))
    lines = text.getvalue().splitlines()
    bars = [line.count("#") for line in lines if "##" in line or "loop   " in line]
    assert bars[-2:] == [20, 40]
    assert max(map(len, lines)) <= 80


def test_without_a_race_there_is_a_prediction_and_it_says_so(tmp_path):
    found, _ = advised(tmp_path, [sequential([], status="unavailable")], no_race="no time: 640 s")
    assert found.outcome == "predicted"
    assert said(found, "use").startswith("not measured, by prediction alone: threading with 32")
    assert "no time: 640 s" in said(found, "use")


def test_a_look_that_failed_advises_nothing(tmp_path):
    cells = [sequential([], status="unavailable")]
    found, stored = advised(tmp_path, cells, look=None, field=[], failure="ValueError: no")
    assert found.outcome == "failed"
    assert said(found, "use") == "nothing can be advised: ValueError: no"
    assert not stored.run.cells


def test_nothing_is_advised_that_needs_more_memory_than_allowed(tmp_path):
    memory = {
        "memory": {
            "peak_pss_bytes": 900_000_000,
            "over_empty_bytes": None,
            "per_worker_bytes": None,
            "samples": 3,
        }
    }
    small = {"memory": {**memory["memory"], "peak_pss_bytes": 20_000_000}}
    cells = race(0.030, 0.021, probe={**memory, "absent": {}})
    cells[1].probe = {**small, "absent": {}}
    found, _ = advised(tmp_path, cells, max_memory_bytes=100_000_000)
    assert found.use.strategy == "threading"
    found, _ = advised(tmp_path / "other", race(0.030, 0.021), max_memory_bytes=100_000_000)
    assert found.use is None
    assert "no memory was measured" in said(found, "use")


def test_below_the_break_even_a_plain_loop_is_as_fast(tmp_path):
    """Start-up of 0.1 s against 10 ms a task: about ten tasks."""
    cells = race(0.030, 0.021, startup=0.1)
    found, _ = advised(tmp_path, cells)
    text = said(found, "break-even")
    assert text.startswith("computed from start-up and batches: below 1")
    assert {one.basis for one in found.remarks if one.topic == "break-even"} == {"predicted"}


def test_processes_would_win_from_some_computing_on(tmp_path):
    field = [*FIELD, ("multiprocessing", 2, 0.34)]
    found, _ = advised(
        tmp_path, [*race(0.0205, 0.025), made("multiprocessing", 2, 0.35)], field=field
    )
    text = said(found, "what would change it")
    assert "of computing in Python in a task on, multiprocessing with 2 wins" in text
    assert "[" in text


def test_a_free_threaded_python_is_a_prediction_with_the_command_that_measures_it(tmp_path):
    cells = [sequential([0.256] * 6, cpu=0.256), made("multiprocessing", 2, 0.14, 6)]
    found, _ = advised(
        tmp_path,
        cells,
        HELD,
        [("sequential", 1, 0.256), ("multiprocessing", 2, 0.128), ("threading", 2, 0.256)],
    )
    text = said(found, "what would change it")
    assert "on a free-threaded Python, threading with 2 workers may take 12" in text
    assert "--side python:3.14t" in text


def test_another_python_that_was_measured_is_no_prediction(tmp_path):
    other = {"title": "3.14.2t", "workers": 2, "ratio": 0.55, "low": 0.52, "high": 0.58, "run": "8"}
    cells = [sequential([0.256] * 6, cpu=0.256), made("multiprocessing", 2, 0.14, 6)]
    field = [("sequential", 1, 0.256), ("multiprocessing", 2, 0.128)]
    found, _ = advised(tmp_path, cells, HELD, field, other_python=other)
    assert said(found, "what would change it") == (
        "on 3.14.2t, threading with 2 workers takes 0.55x [0.52, 0.58] the time of multiprocessing "
        "with 2 workers here (run 8)"
    )
    assert found.remarks[-1].basis == "measured"


def test_what_one_takes_on_comes_from_answers_of_behaviour(tmp_path):
    takes_on = {"asyncio": {"behind": "stops", "context": "arrives"}}
    found, _ = advised(tmp_path, race(0.03, 0.021), takes_on=takes_on)
    assert said(found, "what you take on") == (
        "work that is given up stops: a task must expect to be cancelled anywhere"
    )


def test_a_failed_strategy_says_why_it_is_left_out(tmp_path):
    cells = race(0.03, 0.021)
    cells.append(made("multiprocessing", 2, 1, 0, status="failed", reason="crashed: exit code 7"))
    found, _ = advised(tmp_path, cells)
    assert dict(found.left_out)["multiprocessing"] == "failed: crashed: exit code 7"


def test_it_is_shown_in_a_terminal_a_page_a_notebook_and_as_json(tmp_path):
    found, stored = advised(tmp_path, race(0.03, 0.021), code="print('<b>')", code_of="asyncio")
    text = io.StringIO()
    summary.show(stored, Console(file=text, width=100))
    assert "asyncio with 32 in flight: 30." in text.getvalue()
    assert "left out: multiprocessing: its results do not pickle" in text.getvalue()
    assert max(map(len, text.getvalue().splitlines())) <= 100
    html = page.rendered(stored)
    assert "asyncio with 32 in flight: 30." in html
    assert "print(&#39;&lt;b&gt;&#39;)" in html
    assert "asyncio with 32 in flight" in Run(stored)._repr_html_()
    assert "asyncio with 32 in flight" in rendered.document(found)
    document = json.loads(json.dumps(found.document()))
    assert document["outcome"] == "decided"
    assert document["use"]["strategy"] == "asyncio"


@pytest.mark.parametrize("wrong", [{"tasks": 0}, {"goal": "fame"}, {"look": {"tasks": "many"}}])
def test_a_damaged_advice_is_refused(tmp_path, wrong):
    with pytest.raises(DamagedRun, match=r"run\.json"):
        advised(tmp_path, race(0.03, 0.021), **wrong)
