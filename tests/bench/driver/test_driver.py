"""Whole runs, small and real: what is stored, and what bad luck may cost."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import fields
from pathlib import Path

import psutil
import pyperf
import pytest

from concbench.driver import dry_run, run
from concbench.errors import Interrupted, NotComparable, NothingSelected, UsageError
from concbench.plan.settings import resolve
from concbench.reports.run import schema
from concbench.store.journal import entries

THIRD = Path(__file__).parents[2] / "third_party.py"
SMALL = {"strategy": ("sequential", "threading"), "rounds": 2, "timeout": 20.0, "seed": 1}


def quiet(event) -> None:
    pass


def options(**given):
    return resolve({**SMALL, **given})


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    folder = tmp_path / "mit Leerzeichen und ümläut"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    yield
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert not left


def facts(folder: Path):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def third(name: str) -> tuple[str, ...]:
    return (f"{THIRD}:{name}",)


def reasons(folder: Path) -> dict[str, str]:
    return {cell["strategy"]["name"]: cell["reason"] for cell in facts(folder)["cells"]}


def test_a_run_is_a_pyperf_suite_with_a_benchmark_for_each_cell_and_a_run_for_each_round():
    folder = run(options(workload=third("Both")), ["run"], quiet)
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    assert [(b.get_name(), b.get_nrun()) for b in suite] == [
        ("Both x 8 / sequential", 2),
        ("Both x 8 / threading[workers=3]", 2),
    ]
    metadata = suite.get_benchmarks()[0].get_runs()[1].get_metadata()
    assert metadata["cb_round"] == 1
    assert metadata["cb_startup_s"] > 0
    assert len({b.get_metadata()["cb_answer"] for b in suite}) == 1
    stored = facts(folder)
    assert (stored["state"], stored["seed"], stored["argv"]) == ("finished", 1, ["run"])
    assert sorted(stored["order"][0]) == [0, 1]
    assert stored["canary"][0]["delivered"] > 0
    assert Path(".concbench/latest").resolve() == folder.resolve()
    others = {"imports", "advice"}  # of runs with sides or a baseline, and of advice alone
    assert {one.name for one in fields(schema.Facts)} - others <= stored.keys()
    assert "!baselines/" in Path(".concbench/.gitignore").read_text().splitlines()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raise in open", "OSError: no such disk"),
        ("raise_", "LookupError: nothing there (in task 2, lane "),
        ("raise in close", "OSError: disk is full"),
        ("exit", "crashed: exit code 7"),
        ("killed", "crashed: killed by SIGKILL"),
        ("incomparable", "task 2 returned an object, which cannot be compared"),
        ("coroutine", "task 2 returned a coroutine that nobody awaited"),
        ("random", "a later batch gave another answer than the first: task 2: the result is "),
        ("sys_exit", "SystemExit: enough (in task 2"),
    ],
)
def test_a_failing_workload_is_told_as_it_failed(how, reason):
    workload = (f"{THIRD}:Misbehaving[how={how}]", f"{THIRD}:Both")
    folder = run(options(workload=workload, strategy=("sequential",)), [], quiet)
    failed, fine = facts(folder)["cells"]
    assert failed["reason"].startswith(reason)
    assert (failed["status"], fine["status"]) == ("failed", "measured")
    assert len(facts(folder)["failures"]) == 2
    assert [b.get_name() for b in pyperf.BenchmarkSuite.load(str(folder / "samples.json"))] == [
        "Both x 8 / sequential"
    ]


def test_a_hanging_worker_is_killed_with_all_it_started_and_costs_only_itself():
    workload = (f"{THIRD}:Misbehaving[how=hang]", f"{THIRD}:Both")
    folder = run(options(workload=workload, strategy=("multiprocessing",), timeout=1.5), [], quiet)
    hung, fine = facts(folder)["cells"]
    assert hung["reason"] == "timed out after 1.5 s (longer with --timeout)"
    assert fine["status"] == "measured"


def test_megabytes_of_prints_harm_nobody():
    folder = run(options(workload=(f"{THIRD}:Misbehaving[how=print_]",)), [], quiet)
    assert {cell["status"] for cell in facts(folder)["cells"]} == {"measured"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_that_left_its_session_is_found_and_ended(monkeypatch, tmp_path):
    monkeypatch.setenv("MARK_OF_THIS_TEST", str(tmp_path))
    folder = run(options(workload=(f"{THIRD}:Misbehaving[how=fork]",)), [], quiet)
    assert any("[left-running]" in warning for warning in facts(folder)["warnings"])
    everybody = psutil.process_iter(["environ"])
    marks = [(p.info["environ"] or {}).get("MARK_OF_THIS_TEST") for p in everybody]
    assert str(tmp_path) not in marks


def test_a_lie_under_one_strategy_only_is_caught():
    workload = (f"{THIRD}:Misbehaving[how=child]",)
    folder = run(options(workload=workload, strategy=("sequential", "multiprocessing")), [], quiet)
    told = reasons(folder)
    assert told["sequential"] == ""
    assert told["multiprocessing"].startswith("wrong answer: not sequential's in round ")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("drop", "7 results for 8 tasks"),
        ("repeat", "wrong answer: not sequential's"),
        ("swap", "wrong answer: not sequential's"),
        ("generator", "chain results for 8 tasks"),
    ],
)
def test_dropped_repeated_and_swapped_tasks_are_caught(how, reason):
    strategies = ("sequential", f"{THIRD}:Losing[how={how}]")
    folder = run(options(workload=third("Both"), strategy=strategies), [], quiet)
    told = reasons(folder)
    assert told["sequential"] == ""
    assert told["Losing"].startswith(reason)


def test_names_of_ours_in_the_working_directory_are_never_imported():
    for name in ("bench", "workloads", "reports"):
        Path(name).mkdir()
        Path(name, "__init__.py").write_text("raise ImportError('the wrong one')")
    for name in ("random", "json", "threading"):
        Path(f"{name}.py").write_text("raise ImportError('the wrong one')")
    Path("mine.py").write_text("import helper\ndef task(i):\n    return helper.double(i)\n")
    Path("helper.py").write_text("def double(i):\n    return 2 * i\n")
    strategies = ("sequential", "multiprocessing[start=spawn,workers=2]")
    folder = run(options(workload=("mine.py:task",), strategy=strategies, tasks=4), [], quiet)
    assert {cell["status"] for cell in facts(folder)["cells"]} == {"measured"}


def test_http_get_echoes_the_task_through_both_clients_and_leaves_no_server():
    strategies = ("sequential", "asyncio", "multiprocessing[workers=2]")
    folder = run(options(workload=("http_get[delay=0]",), strategy=strategies, tasks=6), [], quiet)
    clients = {
        b.get_metadata()["cb_strategy"]: b.get_metadata()["cb_client"].split()[0]
        for b in pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    }
    assert clients == {
        "sequential": "requests",
        "asyncio": "aiohttp",
        "multiprocessing": "requests",
    }


def interrupt_at(number: int, position: int):
    def watch(event) -> None:
        if (event.round, event.position) == (number, position):
            raise KeyboardInterrupt

    return watch


def test_an_interrupted_run_keeps_what_was_measured_and_goes_on_where_it_stopped():
    settings = options(workload=third("Both"), rounds=3)
    with pytest.raises(Interrupted) as caught:
        run(settings, ["first"], interrupt_at(1, 1))
    folder = caught.value.folder
    assert facts(folder)["state"] == "interrupted"
    measured = [e for e in entries(folder / "journal.jsonl") if e["event"] == "measured"]
    assert len(measured) == 2  # one of the next round was alive, and waited for its turn
    assert run(settings, ["again"], quiet, resume=folder) == folder
    stored = facts(folder)
    assert (stored["state"], stored["argv"], len(stored["order"])) == ("finished", ["first"], 3)
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    assert [b.get_nrun() for b in suite] == [3, 3]


def test_resume_refuses_another_plan_and_another_python_and_says_so():
    settings = options(workload=third("Both"), rounds=1)
    folder = run(settings, [], quiet)
    with pytest.raises(NotComparable, match=r"x 9 / sequential was not planned"):
        run(options(workload=third("Both"), rounds=1, tasks=9), [], quiet, resume=folder)
    stored = facts(folder)
    stored["environment"]["python"] = "2.7.18"
    (folder / "run.json").write_text(json.dumps(stored))
    here = ".".join(map(str, sys.version_info[:3]))
    with pytest.raises(NotComparable, match=rf"Python 2.7.18, now {here}"):
        run(settings, [], quiet, resume=folder)


def test_nothing_that_can_run_is_nothing_selected():
    with pytest.raises(NothingSelected, match="needs a quantum computer"):
        run(options(workload=third("Needy")), [], quiet)


def test_a_folder_that_cannot_be_written_is_named():
    Path("results").write_text("a file")
    with pytest.raises(UsageError, match="cannot write results to results: "):
        run(options(workload=third("Both"), results=Path("results")), [], quiet)


def test_a_dry_run_visits_every_cell_once_and_stores_nothing():
    found = dry_run(options(workload=third("Both"), rounds=None), quiet)
    assert [len(runs) for runs in found.past.measured.values()] == [1, 1]
    assert found.seconds_per_round > 0
    assert not Path(".concbench").exists()


def test_hash_seed_is_one_a_round_and_recorded():
    folder = run(options(workload=third("Both")), [], quiet)
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    seeds = [
        [run.get_metadata()["python_hash_seed"] for run in b.get_runs()]
        for b in suite.get_benchmarks()
    ]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 2


def test_resume_refuses_the_same_cells_in_another_order():
    """A journal numbers cells by their place."""
    folder = run(options(workload=third("Both"), rounds=1), [], quiet)
    turned = options(workload=third("Both"), rounds=1, strategy=("threading", "sequential"))
    with pytest.raises(NotComparable, match="its cells are in another order"):
        run(turned, [], quiet, resume=folder)


@pytest.mark.parametrize("damage", ["{", "{}", "[]", '{"settings": 1, "environment": 1}'])
def test_resume_names_a_damaged_run(damage):
    folder = run(options(workload=third("Both"), rounds=1), [], quiet)
    (folder / "run.json").write_text(damage)
    with pytest.raises(UsageError, match=r"run\.json is damaged: "):
        run(options(workload=third("Both"), rounds=1), [], quiet, resume=folder)


def left_behind(folder: Path) -> list[str]:
    return [line for line in facts(folder)["warnings"] if "[left-running]" in line]


def times(line: str) -> int:
    found = re.search(r"\((\d+) times", line)
    return int(found[1]) if found else 1


LEAVING = """
import os, time

def leaving(i):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return i
    os.setsid()
    if stray := os.fork():
        with open("strays", "a") as file:
            file.write(f"{stray}\\n")
        os._exit(0)
    time.sleep(3600)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("at", [(0, 1), (1, 1)])
def test_an_interrupt_keeps_the_warnings_and_a_resume_repeats_none(at):
    """Nobody has looked yet for what left the session of the last worker."""
    Path("leaving.py").write_text(LEAVING, encoding="utf-8")
    settings = options(workload=("leaving.py:leaving",), tasks=1)
    with pytest.raises(Interrupted) as caught:
        run(settings, [], interrupt_at(*at))
    folder = caught.value.folder
    first = left_behind(folder)
    strays = Path("strays").read_text().split()
    assert len(first) == 1  # of one kind, however many they are
    assert times(first[0]) == len(strays) - 1  # that of the worker that was killed in its round
    run(settings, [], quiet, resume=folder)
    (whole,) = left_behind(folder)
    assert times(whole) > len(strays)
    assert facts(folder)["state"] == "finished"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_resume_keeps_a_warning_that_it_gives_no_cause_for():
    forking = Path("forking").absolute()
    forking.touch()
    text = THIRD.read_text(encoding="utf-8")
    text = text.replace("os.fork()", f"os.fork() if os.path.exists({str(forking)!r}) else 1")
    Path("once.py").write_text(text, encoding="utf-8")
    settings = options(workload=("once.py:Misbehaving[how=fork]",), rounds=2)
    with pytest.raises(Interrupted) as caught:
        run(settings, [], interrupt_at(1, 0))
    first = left_behind(caught.value.folder)
    forking.unlink()
    folder = run(settings, [], quiet, resume=caught.value.folder)
    assert left_behind(folder) == first != []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_run_that_goes_on_has_the_warnings_of_its_rounds_already():
    """So that a driver that is killed leaves them, too."""
    seen = []

    def watch(event) -> None:
        if event.round == 1:
            seen.append(left_behind(Path(".concbench/latest").resolve()))

    run(options(workload=(f"{THIRD}:Misbehaving[how=fork]",)), [], watch)
    assert seen
    assert all(seen)


FIXTURE = """
from contextlib import contextmanager
from dataclasses import dataclass

@dataclass(frozen=True)
class Dirty:
    @contextmanager
    def open(self):
        yield lambda i: i

    @contextmanager
    def fixture(self):
        yield {}
        raise OSError("the server does not stop")
"""


def test_an_interrupt_keeps_what_went_wrong_as_a_fixture_was_left():
    Path("dirty.py").write_text(FIXTURE, encoding="utf-8")
    settings = options(workload=("dirty.py:Dirty",), probe="none")
    with pytest.raises(Interrupted) as caught:
        run(settings, [], interrupt_at(1, 0))
    (line,) = facts(caught.value.folder)["warnings"]
    assert line.endswith("OSError: the server does not stop")
    run(settings, [], quiet, resume=caught.value.folder)
    assert facts(caught.value.folder)["warnings"] == [line]
