"""`check --baseline`: the same cells against a stored run."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import pytest

from concbench.cli.stored import read as read_checked
from concbench.errors import NotComparable, UsageError
from concbench.gate.baseline import _here, _numbered, baseline, common, doubts, same_settings
from concbench.gate.readings import CellPair
from concbench.gate.samples import Samples
from concbench.plan.cells import PlannedCell
from concbench.plan.settings import Settings
from concbench.reports import read
from concbench.reports.gate import decision, results
from concbench.reports.gate.results import Check, document
from concbench.reports.gate.thresholds import parse
from concbench.reports.render import gate
from concbench.spec import Cell, Spec
from concbench.store.state import History

from ...reports import made

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
WORK = """
import time

def waits(i):
    time.sleep({seconds})
    return {answer}
"""
CHOSEN = ("-w", "work.py:waits", "-s", "sequential", "-s", "threading", "--tasks", "4", "-q")


def called(folder, *words, **environment):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CI", "GITHUB"))}
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**inherited, "CI": "true", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A baseline of a workload that waits for 5 ms."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "work.py").write_text(WORK.format(seconds=0.005, answer="i"))
    words = ("run", *CHOSEN, "--rounds", "8", "--probe", "none", "--save-baseline", "main")
    done = called(folder, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "baseline 'main': " not in done.stderr
    return folder


@pytest.fixture
def saved(measured, tmp_path):
    return shutil.copytree(measured, tmp_path / "project", symlinks=True)


@pytest.fixture
def concbench(saved):
    return partial(called, saved)


def facts(saved):
    return json.loads((saved / ".concbench/baselines/main/run.json").read_text())


def check(concbench, *words, **environment):
    given = ("check", "--baseline", "main", "--fail-on", "batch>100%", "-q", *words)
    return concbench(*given, **environment)


def test_the_same_passes_and_a_slow_down_is_stopped(concbench, saved):
    same = check(concbench)
    assert same.returncode == 0, same.stderr + same.stdout
    assert "  =       2 cells within 100 %" in same.stdout
    assert "working tree against baseline main, not paired   2 cells, " in same.stdout
    assert "it can show slow-downs of" in " ".join(same.stdout.split())

    (saved / "work.py").write_text(WORK.format(seconds=0.02, answer="i"))
    slower = check(concbench)
    assert slower.returncode == 1, slower.stderr + slower.stdout
    assert slower.stdout.count("SLOWER  ") == 2
    assert (
        "regressions=2 failed=0 inconclusive=0 notcompared=0 run=0003"
        in slower.stdout.splitlines()[-1]
    )


def test_what_only_the_baseline_has_is_noted_with_its_code_once(concbench):
    done = check(concbench, "-s", "sequential", "--rounds", "1")
    said = " ".join(done.stdout.split())
    assert "note only in main: " in said
    assert said.count("[not-compared]") == 1


def test_ratios_to_the_reference_travel_and_miss_what_slows_all(concbench, saved):
    path = saved / ".concbench/baselines/main/run.json"
    told = facts(saved)
    told["environment"]["cpu_model"] = "another"
    path.write_text(json.dumps(told))
    (saved / "work.py").write_text(WORK.format(seconds=0.02, answer="i"))
    done = check(concbench, "--relative")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "relative to the reference 1 cell, " in " ".join(done.stdout.split())
    assert "main was measured elsewhere: CPU another, here " in " ".join(done.stdout.split())


def test_another_machine_is_not_comparable_and_each_difference_is_named(concbench, saved):
    told = facts(saved)
    told["environment"] |= {"cpus": 64, "kernel": "Linux 2.6", "hostname": "elsewhere"}
    (saved / ".concbench/baselines/main/run.json").write_text(json.dumps(told))
    done = check(concbench)
    assert done.returncode == 4
    assert "CPUs 64, here " in done.stderr
    assert "kernel Linux 2.6, here " in done.stderr
    assert "elsewhere" not in done.stderr
    assert "--relative" in done.stderr
    assert not list((saved / ".concbench/runs").glob("0002-*"))


def test_the_options_of_a_project_choose_the_baseline(concbench, saved):
    (saved / "concbench.toml").write_text(
        '[gate]\nbaseline = "main"\nfail_on = ["batch>90%", "s:threading batch>100%"]\n'
    )
    told = facts(saved)
    told["environment"]["kernel"] += "-patched"
    (saved / ".concbench/baselines/main/run.json").write_text(json.dumps(told))
    done = concbench("check", "-q")
    assert done.returncode == 0, done.stderr
    assert "against baseline main, not paired   2 cells, " in done.stdout
    said = " ".join(done.stdout.split())
    assert "main was measured on another patch level: kernel " in said
    assert concbench("check", "-q", "--strict").returncode == 4


def test_other_answers_are_other_work(concbench, saved):
    (saved / "work.py").write_text(WORK.format(seconds=0.02, answer="i + 1"))
    done = check(concbench, "--strict", "--rounds", "1")
    assert done.returncode == 6, done.stderr
    assert done.stdout.count("OTHER   ") == 2


def test_a_cell_that_fails_now_is_a_failure(concbench, saved):
    (saved / "work.py").write_text(WORK.format(seconds=0.005, answer="i / 0"))
    done = check(concbench)
    assert done.returncode == 3, done.stderr
    assert "division by zero" in done.stdout


def test_metrics_that_a_stored_run_cannot_tell_are_named(concbench, saved):
    done = concbench("check", "--baseline", "main", "--fail-on", "memory>20%", "-q")
    assert done.returncode == 4
    assert "memory of one pass only" in done.stderr


def test_a_check_that_was_interrupted_goes_on(concbench, saved):
    first = check(concbench, "--rounds", "3")
    assert first.returncode == 0, first.stderr
    assert "2 cells, 3 rounds" in first.stdout
    more = check(concbench, "--resume", "2", "--rounds", "9")
    assert more.returncode == 0, more.stderr
    assert re.search(r"2 cells, ([4-9]|[4-8] to [5-9]) rounds", more.stdout)
    assert not list((saved / ".concbench/runs").glob("0003-*"))


def baselines(tmp_path, cells, **more):
    made.folder(tmp_path / "baselines" / "main", cells, **more)
    return tmp_path


def test_no_baseline_says_which_there_are(tmp_path):
    results = baselines(tmp_path, [made.sequential([0.1] * 8)])
    with pytest.raises(UsageError, match=r"no baseline 'mian' .*did you mean main\?.*--save-base"):
        message_of(results, "mian")


def message_of(results, name):
    try:
        baseline(results, name, read_checked)
    except UsageError as error:
        raise UsageError(" ".join(str(error).split())) from None


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("run.json", "{", "is not JSON"),
        ("run.json", '{"schema": 99}', "newer concbench"),
        ("samples.json", "{}", "is not a pyperf suite"),
        ("samples.json", None, "has no samples.json"),
        ("run.json", None, "has no run.json"),
    ],
)
def test_a_baseline_that_is_damaged_missing_a_part_or_newer_says_so(tmp_path, file, text, words):
    results = baselines(tmp_path, [made.sequential([0.1] * 8)])
    path = results / "baselines" / "main" / file
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=words):
        baseline(results, "main", read_checked)


def test_a_baseline_of_several_sides_is_refused(tmp_path):
    cells = made.sided({"a (1)": [made.sequential([0.1] * 8)], "b (2)": [made.sequential([0.1])]})
    results = baselines(tmp_path, cells)
    with pytest.raises(UsageError, match="has several sides"):
        baseline(results, "main", read_checked)


@pytest.mark.parametrize(
    ("rounds", "git", "said"),
    [
        (20, {"revision": "a", "dirty": False, "changes": ""}, []),
        (20, None, []),
        (3, None, ["1 of its 1 cells have fewer than 8 rounds (the least: 3)"]),
        (
            20,
            {"revision": "a", "dirty": True, "changes": "b"},
            ["measured with uncommitted changes"],
        ),
    ],
)
def test_what_makes_a_poor_baseline_is_said_with_what_to_do(tmp_path, rounds, git, said):
    made.folder(tmp_path, [made.sequential([0.1] * rounds)])
    told = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps({**told, "git": git}))
    lines = doubts(read(tmp_path))
    assert [line[: len(one)] for line, one in zip(lines, said, strict=True)] == said
    assert all(": " in line for line in lines)


def planned(strategy, number=0, *, reference=False, workload="io_sleep"):
    cell = Cell(Spec(workload, "made:Up", {"seconds": 0.01}), Spec(strategy, "made:Up", {}), 64)
    return PlannedCell(number, cell, 1, 0, reference, "")


def stored(tmp_path, *cells):
    """A stored run of cells that are called as those that `planned` makes."""
    folder = made.folder(tmp_path / "run", cells)
    path = folder / "run.json"
    told = json.loads(path.read_text())
    for one in told["cells"]:
        one["name"] = planned(one["strategy"]["name"], workload=one["workload"]["name"]).cell.name
    path.write_text(json.dumps(told))
    return read(folder)


def test_common_cells_are_compared_and_the_others_named(tmp_path):
    run = stored(
        tmp_path,
        made.sequential([0.6] * 8),
        made.Made("asyncio", [0.04] * 8),
        made.Made("uvloop", [], status="unavailable", reason="not installed"),
    )
    cells = [planned("sequential", reference=True), planned("threading", 1), planned("uvloop", 2)]
    found, notes = common(cells, run, "main", relative=False)
    assert [one.now.cell.strategy.name for one in found] == ["sequential"]
    assert notes == [
        f"not in main: {cells[1].cell.name}",
        f"not measured in main: {cells[2].cell.name} (not installed)",
        f"only in main: {planned('asyncio').cell.name}",
    ]
    with pytest.raises(NotComparable, match="no cell to compare"):
        common([planned("threading")], run, "main", relative=False)


def test_relative_cells_need_the_same_reference_in_both(tmp_path):
    run = stored(tmp_path, made.sequential([0.6] * 8), made.Made("asyncio", [0.04] * 8))
    cells = [planned("sequential", 0, reference=True), planned("asyncio", 1)]
    ((same,), notes) = common(cells, run, "main", relative=True)
    assert (same.now, same.references[0], notes) == (cells[1], cells[0], [])
    other = [planned("sequential", 0), planned("asyncio", 1, reference=True)]
    with pytest.raises(NotComparable, match="no common reference"):
        common(other, run, "main", relative=True)


def test_cells_are_numbered_in_their_order_with_references_among_them():
    cells = [planned("sequential", 3, reference=True), planned("asyncio", 5), planned("x", 7)]
    kept = SimpleNamespace()
    found = _numbered([same(one, kept, (cells[0], kept)) for one in cells[1:]])
    assert [(one.now.id, one.references[0].id) for one in found] == [(1, 0), (2, 0)]


def entries(cell, seconds, tasks=64, answer="a", **more):
    return [
        {
            "event": "measured",
            "cell": cell,
            "round": number,
            "position": 0,
            "seconds": one,
            "tasks": tasks,
            "answer": answer,
            "head": answer,
            "elapsed": number + 1.0,
            **more,
        }
        for number, one in enumerate(seconds)
    ]


def rounds(*cells, count=8):
    return [{"event": "round", "round": n, "order": list(cells)} for n in range(count)]


def same(now, before, references=None):
    return CellPair(now.id, now, before, references)


def both(cells, run, told, wanted=("batch>5%",)):
    plan = [one for pair in cells for one in pair.planned]
    return Samples(cells, parse(wanted), History(plan, told), run)


def answer(found):
    (one,) = map(found.result, decision.judge(found.evidence()))
    return one


def test_times_of_a_sample_are_scaled_to_all_tasks_on_both_sides(tmp_path):
    run = stored(tmp_path, made.Made("asyncio", [0.01] * 8, measured_tasks=16, answer="b"))
    pair = same(planned("asyncio"), run.run.cells[0])
    wanted = ["batch>5%", "cpu>5%", "one_shot>5%"]
    told = [*rounds(0), *entries(0, [0.02] * 8, tasks=32, cpu=0.01, one_shot=1.0)]
    found = both([pair], run, told, wanted)
    (batch,) = found.evidence()
    assert [*batch.now, *batch.before] == pytest.approx(
        [math.log(0.04)] * 8 + [math.log(0.01 * 4)] * 8
    )
    assert not batch.other_work  # their answers are of other tasks
    # What a sample's start-up is to all tasks' cannot be said, and CPU was not stored.
    assert [line.split()[0] for line in found.unknown()] == ["cpu", "one_shot"]


@pytest.mark.parametrize("disturbed", ["now", "before", "both"])
def test_before_after_and_change_agree_though_a_round_was_disturbed(tmp_path, disturbed):
    """Eight rounds at 50 ms and one of them tenfold: no change, and 50 ms in both runs."""
    calm, wild = [0.05] * 8, [*[0.05] * 5, 0.5, *[0.05] * 2]
    run = stored(tmp_path, made.Made("asyncio", calm if disturbed == "now" else wild))
    pair = same(planned("asyncio"), run.run.cells[0])
    told = [*rounds(0), *entries(0, calm if disturbed == "before" else wild)]
    found = both([pair], run, told)
    one = answer(found)
    check = Check("now", "before", (one,), paired=False)
    assert results.reason(one).startswith("50.0 -> 50.0 ms   +0.0 %")
    assert r"| 50.0 ms | 50.0 ms | \+0.0 % " in gate.document(check)
    assert 'time="0.050000"' in gate.junit(check)
    (kept,) = json.loads(document(check))["answers"]
    assert (kept["before"], kept["after"], kept["ratio"]) == pytest.approx((0.05, 0.05, 1.0))


def test_ratios_to_a_reference_have_no_time_to_show(tmp_path):
    run = stored(tmp_path, made.sequential([0.1] * 8), made.Made("asyncio", [0.05] * 8))
    cells = [planned("sequential", 0, reference=True), planned("asyncio", 1)]
    pair = same(cells[1], run.run.cells[1], (cells[0], run.run.cells[0]))
    told = [*rounds(0, 1), *entries(0, [0.1] * 8), *entries(1, [0.05] * 8)]
    found = both([pair], run, told)
    one = answer(found)
    assert (one.before, one.after) == (None, None)
    assert one.ratio == pytest.approx(1.0)


def test_relative_times_are_paired_by_round_within_each_run(tmp_path):
    run = stored(
        tmp_path,
        made.sequential([0.1 * 2**n for n in range(8)]),
        made.Made("asyncio", [0.05 * 2**n for n in range(8)]),
    )
    cells = [planned("sequential", 0, reference=True), planned("asyncio", 1)]
    pair = same(cells[1], run.run.cells[1], (cells[0], run.run.cells[0]))
    told = rounds(0, 1)
    told += entries(0, [3.0**n for n in range(8)]) + entries(1, [3.0**n / 2 for n in range(7)])
    (found,) = both([pair], run, told).evidence()
    assert found.before == pytest.approx([-0.693147] * 8, abs=1e-5)
    assert found.now == pytest.approx([-0.693147] * 7, abs=1e-5)


def test_a_round_measures_what_is_undecided_and_its_references(tmp_path):
    run = stored(
        tmp_path,
        made.sequential([0.1] * 8),
        made.Made("asyncio", [0.1, 0.101] * 4),
        made.Made("threading", [0.1, 0.2] * 4),
    )
    cells = [
        planned(n, i, reference=not i) for i, n in enumerate(("sequential", "asyncio", "threading"))
    ]
    kept = run.run.cells
    pairs = [same(cells[i], kept[i], (cells[0], kept[0])) for i in (1, 2)]
    assert both(pairs, run, []).rule(100.0)([]) == {0, 1, 2}
    told = rounds(0, 1, 2)
    told += entries(0, [0.1] * 8) + entries(1, [0.1, 0.101] * 4) + entries(2, [0.15, 0.16] * 4)
    assert both(pairs, run, told).rule(1000.0)([]) in ({0, 2}, set())
    assert 1 not in both(pairs, run, told).rule(1e9)([])


def test_too_few_stored_rounds_are_named(tmp_path):
    run = stored(tmp_path, made.Made("asyncio", [0.01] * 4))
    found = both([same(planned("asyncio"), run.run.cells[0])], run, [])
    assert found.evidence() == []
    (line,) = found.unknown()
    assert line.startswith("batch is not known of io_sleep[seconds=0.01] / asyncio: fewer than 5 ")


def test_cells_are_those_of_the_baseline_unless_the_command_line_chose(tmp_path):
    told = {"workload": ["cpu_sum"], "tasks": 8, "budget": 5.0}
    folder = made.folder(tmp_path / "run", [made.sequential([0.1])], settings=told)
    project = Settings(workload=("http_get",), strategy=("asyncio",), budget=600.0)
    found = same_settings(project, {}, folder)
    assert (found.workload, found.tasks, found.budget) == (("cpu_sum",), 8, 600.0)
    assert found.strategy == ()  # as the baseline's: all that are usual
    chosen = same_settings(project, {"workload": ["http_get"]}, folder)
    assert (chosen.workload, chosen.tasks) == (("http_get",), 8)


def test_a_file_of_the_project_is_found_in_another_checkout(tmp_path, monkeypatch):
    (tmp_path / "perf").mkdir()
    (tmp_path / "perf" / "mine.py").write_text("")
    monkeypatch.chdir(tmp_path)
    assert _here("/builds/ci/project/perf/mine.py:digest[x=1]") == "perf/mine.py:digest[x=1]"
    assert _here("!/builds/ci/perf/mine.py:digest") == "!perf/mine.py:digest"
    assert _here("/builds/ci/other.py:digest") == "/builds/ci/other.py:digest"
    assert _here("io_sleep") == "io_sleep"
