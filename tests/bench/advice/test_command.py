"""`concbench advise` as a user meets it: a whole one, and what is wrong with the rest."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import concbench as package
from concbench.advice import costs, steps
from concbench.advice.steps import Wish, affordable, by_cell, rules_of
from concbench.cli.advise import _bytes, wished
from concbench.driver.schedule import LATE
from concbench.errors import Exit, UsageError
from concbench.machine import identity
from concbench.reports.run.advice import Advice, Candidate, Look, StrategyCost
from tests.bench.advice import works
from tests.reports.made import Made, folder, sequential

WORKS = Path(__file__).with_name("works.py")
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]


@pytest.fixture
def concbench(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = costs.place(identity.facts())
    path.parent.mkdir(parents=True)  # measuring them is a test of its own
    each = {
        name: {"per_task": 1e-4, "startup": 0.02}
        for name in ("threading", "multiprocessing", "asyncio")
    }
    path.write_text(json.dumps({"schema": costs.SCHEMA, "measured": "then", "costs": each}))

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if key != "CI"}
        return subprocess.run(
            [*COMMAND, "advise", *words],
            cwd=tmp_path,
            env=inherited,
            capture_output=True,
            text=True,
            timeout=150,
        )

    return call


@pytest.mark.once
def test_a_function_is_looked_at_raced_answered_and_written(concbench, tmp_path):
    words = [f"{WORKS}:wait", "--tasks", "16", "--budget", "15s", "--max-workers", "8"]
    done = concbench(*words, "--write", "advice.py")
    assert done.returncode == 0, done.stderr
    for step in ("1. looking at the work: wait", "2. predicting", "3. racing", "4. answering"):
        assert step in done.stdout
    assert "it waits" in done.stdout
    assert "left out: asyncio" in done.stdout
    assert "the work awaits nothing" in done.stdout
    assert "the best of each strategy that was raced" in done.stdout
    assert "measured on this machine on then" in done.stdout
    program = subprocess.run(
        [sys.executable, str(tmp_path / "advice.py")], capture_output=True, text=True, check=True
    )
    assert program.stdout.split() == [str(3 * i) for i in range(16)]
    shown = subprocess.run(
        [*COMMAND, "show"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "advice on wait[seconds=0.004], 16 tasks" in shown.stdout
    assert "not yet run" not in shown.stdout
    again = concbench("--resume", "--budget", "12s", "--json")
    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout)  # who is faster on a busy machine, nobody knows
    assert document["use"]["strategy"] in ("sequential", "threading", "multiprocessing")
    assert document["outcome"] in ("decided", "open")


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("fails", "ValueError: no "),
        ("hangs", "timed out after 3 s"),
        ("dice", "its answers are not the same twice"),
        ("leaves", "SystemExit: 7"),
    ],
)
def test_bad_work_is_told_stored_and_exits_as_failed(concbench, tmp_path, name, says):
    seconds = "3s" if name == "hangs" else "60s"
    done = concbench(f"{WORKS}:{name}", "--tasks", "8", "--timeout", seconds)
    assert done.returncode == Exit.FAILED, done.stderr
    assert f"nothing can be advised: {says}" in " ".join(done.stdout.split())
    assert (tmp_path / ".concbench" / "latest" / "run.json").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "advice is about your own work: concbench advise yourfile.py:function"),
        (["io_sleep", "--inputs", "none.txt"], "nothing selected has a parameter 'inputs'"),
        (["cpu_*"], "advice is about one piece of work, and this is 3: cpu_native"),
        (["io_sleep", "--write", "no/where.py"], "cannot write no/where.py"),
    ],
    ids=lambda one: " ".join(one)[:20] if isinstance(one, list) else "",
)
def test_a_mistake_is_named_before_anything_runs(concbench, tmp_path, words, says):
    done = concbench(*words)
    assert done.returncode in (Exit.USAGE, Exit.NOTHING), done.stdout
    assert says in done.stderr
    assert not (tmp_path / ".concbench").exists()


@pytest.mark.parametrize(
    ("text", "size"), [("500MB", 500_000_000), ("2g", 2 * 10**9), ("1KiB", 1024), ("1000", 1000)]
)
def test_a_size_is_read_as_it_is_written(text, size):
    assert _bytes(text) == size


def test_a_wish_has_a_goal_and_bounds():
    assert wished({"goal": "cpu", "max_memory": "1GB"}) == Wish("cpu", None, 10**9)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"goal": "fame"}, "no goal 'fame': there are batch, cpu, memory, one-shot"),
        ({"max_workers": 0}, "--max-workers must be between 1 and 100,000, not 0"),
        ({"max_memory": "much"}, "--max-memory must be a size such as 500MB or 2GB, not 'much'"),
        ({"max_memory": "0MB"}, "--max-memory must be a size"),
        ({"side": "git:main"}, "--side of an advice is another Python, such as python:3.14t"),
    ],
)
def test_a_wish_that_means_nothing_says_what_there_is(given, says):
    with pytest.raises(UsageError, match=re.escape(says)):
        wished(given)


def test_costs_are_kept_for_this_machine_and_python_and_a_damaged_file_is_none(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    here = identity.facts()
    path = costs.place(here)
    assert path != costs.place({**here, "python": "2.7.18"})
    assert costs.kept(path) is None
    path.parent.mkdir(parents=True)
    for text in ("", "[]", '{"schema": 1, "costs": {"threading": {"per_task": "x"}}}'):
        path.write_text(text)
        assert costs.kept(path) is None
    monkeypatch.setattr(costs, "measured", lambda shop: ({"threading": StrategyCost(1e-5)}, True))
    found, origin = costs.costs(None)
    assert found == {"threading": StrategyCost(1e-5)}
    assert origin == "measured now, and kept for this machine and Python"
    monkeypatch.setattr(costs, "measured", lambda shop: pytest.fail("they are kept"))
    assert costs.costs(None)[0] == found
    monkeypatch.setattr(costs, "measured", lambda shop: ({}, False))
    assert "not kept: other programs took CPUs" in costs.costs(None, refresh=True)[1]
    assert costs.costs(None)[0] == found


def test_a_race_that_ends_as_late_as_it_may_leaves_time_for_the_answer():
    spent = 4.0
    latest = spent + LATE * steps.race_seconds(60.0, spent) + steps.ANSWER_SECONDS
    assert latest == pytest.approx(60.0)
    assert steps.race_seconds(2.0, spent) == 1.0  # one round, whatever it takes


@pytest.mark.parametrize(("seconds", "time"), [(300.0, False), (0.02, True)])
def test_tasks_that_take_too_long_for_a_race_are_told_before_it(seconds, time):
    known = Advice(
        tasks=64,
        look=Look(tasks=1, seconds=10.0, least=10.0, most=10.0, computes=0.0),
        candidates=(Candidate("sequential", 1, 640.0), Candidate("threading", 64, seconds)),
    )
    found = affordable(known, 50.0)
    assert bool(found.no_race) is not time
    if not time:
        said = "no time for a race: 50 s were left for it, and one visit to 64 tasks takes 600.3 s"
        assert found.no_race.startswith(said)


def test_seconds_by_round_become_seconds_by_cell():
    assert by_cell([{0: 1.0, 2: 3.0}, {}, {2: 4.0}]) == {0: {0: 1.0}, 2: {0: 3.0, 2: 4.0}}


def test_the_field_of_a_race_are_the_cells_of_its_candidates():
    from concbench.plan.cells import PlannedCell
    from concbench.spec import Cell, Spec

    cells = [
        PlannedCell(number, Cell(Spec("w", "w:W"), Spec(name, "", params), 8), 1, 0, False, "")
        for number, (name, params) in enumerate([("sequential", {}), ("threading", {"workers": 4})])
    ]
    known = Advice(
        candidates=(Candidate("sequential", 1, 1.0), Candidate("threading", 4, 0.3, "slow"))
    )
    field = rules_of(known, cells).field
    assert [(one.id, one.strategy, one.workers, one.raced) for one in field] == [
        (0, "sequential", 1, True),
        (1, "threading", 4, False),
    ]


def test_a_notebook_asks_for_advice_and_shows_the_answer(tmp_path, monkeypatch):
    times = [0.64 + 0.001 * number for number in range(6)]
    cells = [
        sequential(times),
        Made("threading", [one / 30 for one in times], strategy_params={"workers": 32}),
    ]
    known = {
        "tasks": 64,
        "look": {"tasks": 9, "seconds": 0.01, "least": 0.01, "most": 0.01, "computes": 0.0},
        "candidates": [
            {"strategy": "sequential", "workers": 1, "seconds": 0.64},
            {"strategy": "threading", "workers": 32, "seconds": 0.02},
        ],
    }
    path = folder(tmp_path / "run", cells, advice=known)
    asked = []

    def advise(settings, wish, *_):
        asked.append((settings.workload, settings.probe, wish.goal))
        return path

    monkeypatch.setattr(steps, "advise", advise)
    found = package.advise(works.wait, goal="memory", results=tmp_path, quiet=True)
    assert asked == [((f"{works.__name__}:wait",), ("memory",), "memory")]
    assert found.advice.use.strategy == "threading"
    assert repr(found).startswith("use: threading with 32 workers: 30.0x")
    assert "threading with 32 workers" in str(found)
