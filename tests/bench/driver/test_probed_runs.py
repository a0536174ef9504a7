"""Whole runs that are probed, small and real: what is stored, and what bad luck may cost."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path

import psutil
import pyperf
import pytest

from concbench import run as measure
from concbench.cli.progress import watching
from concbench.driver import dry_run, run
from concbench.driver.lab import laboratory
from concbench.driver.probe_visits import Peak
from concbench.driver.probing import Owed
from concbench.errors import Exit, Interrupted
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.store import runs
from concbench.store.journal import entries

from ..cli.test_cli import concbench  # noqa: F401  # a fixture

ROOT = Path(__file__).parents[2]
SMALL = {"workload": (f"{ROOT / 'third_party.py'}:Both",), "rounds": 1, "budget": 3600.0, "seed": 1}
OTHERS = ("latency", "concurrency", "timeline", "left", "lag")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    # Another test of this process may have left it a fork server or a tracker of resources.
    before = {*psutil.Process().children(recursive=True)}
    yield
    assert {*psutil.Process().children(recursive=True)} <= before


def quiet(event) -> None:
    pass


def options(**given):
    return resolve({"strategy": ("sequential",), **SMALL, **given})


def stored(folder: Path, file: str):
    return json.loads((folder / file).read_text(encoding="utf-8"))


def cells(folder: Path):
    return {one["cell"]: one for one in stored(folder, "probes.json")["cells"]}


def test_a_run_is_probed_after_its_rounds_and_its_suite_has_nothing_of_it():
    events = []
    folder = run(options(strategy=("sequential", "asyncio[workers=2]")), [], events.append)
    found = cells(folder)
    assert found.keys() == {0, 1}
    for one in found.values():
        assert one["memory"]["peak_pss_bytes"] > one["memory"]["over_empty_bytes"]
        assert one["memory"]["samples"] >= 1
        assert one["latency"]["running_seconds"]["max"] > 0
        assert one["left"] == []
    assert "lag" in found[1] or "never ran" in found[1]["absent"]["lag"]
    assert found[0]["absent"] == {"lag": "it runs no event loop"}
    assert stored(folder, "run.json")["probes"] == ["memory", "latency", "lag"]
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    assert [benchmark.get_nrun() for benchmark in suite] == [1, 1]
    assert [event.where for event in events] == ["round 1"] * 2 + ["probing"] * 4
    assert [event.position for event in events[2:]] == [0, 1, 2, 3]
    assert not (folder / "latency").exists()


def probed(workload: str, timeout: float, strategy: str = "sequential"):
    """What one pass finds, of a worker that does what the workload says."""
    settings = options(workload=(workload,), strategy=(strategy,))
    (planned,) = plan(settings)
    one = Owed(planned, planned.cell, planned.cell.tasks, tuple(settings.probe), "", 0.01, 1.0)
    with laboratory((planned,)) as lab:
        return lab.probe(one, timeout)[0]


@pytest.mark.parametrize(
    ("how", "strategy", "reason"),
    [
        ("exit", "sequential", "crashed: exit code 7"),
        ("killed", "sequential", "crashed: killed by SIGKILL"),
        ("raise_", "sequential", "LookupError: nothing there (in task 2, lane MainThread)"),
        ("hang", "multiprocessing[workers=2]", "its pass timed out after 1.5 s"),
    ],
)
def test_a_pass_that_fails_makes_its_metrics_absent_for_a_reason(how, strategy, reason):
    found = probed(f"{ROOT / 'third_party.py'}:Misbehaving[how={how}]", 1.5, strategy)
    assert found == {"absent": dict.fromkeys(("memory", *OTHERS), reason)}


def test_memory_that_was_seen_is_kept_although_the_rest_fails(monkeypatch):
    Path("late.py").write_text(
        "import os, time\n"
        "began = time.monotonic()\n"
        "def task(i):\n"
        "    if time.monotonic() - began > 2:\n"
        "        os._exit(7)\n"
        "    time.sleep(0.01)\n"
        "    return i\n"
    )
    monkeypatch.setattr("concbench.driver.probe_visits.peak", lambda pid, *_: _after_its_end(pid))
    found = probed("late.py:task", 60.0)
    assert found["memory"] == {"peak_pss_bytes": 7, "samples": 3}
    assert found["absent"] == dict.fromkeys(OTHERS, "crashed: exit code 7")


def _after_its_end(pid: int):
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # whose code is the driver's to read
    return Peak(7, 3)


def test_memory_that_may_not_be_read_costs_nothing_else(monkeypatch):
    def denied(process):
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "memory_full_info", denied)
    folder = run(options(), [], quiet)
    (found,) = cells(folder).values()
    assert "another user's" in found["absent"]["memory"]
    assert "memory" not in found
    assert found["latency"]["running_seconds"]["max"] > 0
    assert stored(folder, "run.json")["cells"][0]["status"] == "measured"


def test_what_left_its_session_is_left_behind_and_ended():
    found = probed(f"{ROOT / 'third_party.py'}:Misbehaving[how=fork]", 60.0)
    assert any("process" in line for line in found["left"])


FIRST_TWO_ARE_FINE = """
import os, time
from contextlib import contextmanager
from dataclasses import dataclass

@dataclass(frozen=True)
class Later:
    @contextmanager
    def open(self):
        with open("opened", "a") as stream:
            stream.write("x")
        if os.path.getsize("opened") > 2:  # scouted and measured: what follows is a probe
            {then}
        yield self.call

    def call(self, i):
        time.sleep(0.01)
        return i
"""


@pytest.mark.parametrize(
    ("then", "reason"),
    [("os._exit(7)", "crashed: exit code 7"), ("time.sleep(3600)", "its pass timed out after")],
)
def test_a_probe_that_fails_fails_neither_cell_nor_run(then, reason):
    Path("later.py").write_text(FIRST_TWO_ARE_FINE.format(then=then))
    settings = options(workload=("later.py:Later",), tasks=4, timeout=3.0)
    folder = run(settings, [], quiet)
    facts = stored(folder, "run.json")
    assert (facts["state"], facts["cells"][0]["status"]) == ("finished", "measured")
    assert facts["failures"] == []
    (found,) = cells(folder).values()
    assert found["absent"]["latency"].startswith(reason)
    assert found["absent"]["memory"].startswith(reason)


def test_what_there_is_no_time_for_is_said_once_and_the_run_is_finished():
    folder = run(options(budget=1.0, strategy=("sequential", "threading")), [], quiet)
    facts = stored(folder, "run.json")
    assert facts["state"] == "finished"
    told = [line for line in facts["warnings"] if "no time left" in line]
    assert len(told) == 1
    assert [one["absent"]["latency"] for one in cells(folder).values()] == [
        "no time was left for it"
    ] * 2


def interrupt_at(position: int):
    def watch(event) -> None:
        if event.probing and event.position == position:
            raise KeyboardInterrupt

    return watch


def test_a_run_interrupted_while_it_probes_keeps_all_and_goes_on_with_the_rest():
    settings = options(strategy=("sequential", "threading[workers=2]"))
    with pytest.raises(Interrupted) as caught:
        run(settings, [], interrupt_at(1))
    folder = caught.value.folder
    assert stored(folder, "run.json")["state"] == "interrupted"
    assert len(cells(folder)) == 1
    suite = pyperf.BenchmarkSuite.load(str(folder / "samples.json"))
    assert [benchmark.get_nrun() for benchmark in suite] == [1, 1]
    assert run(settings, [], quiet, resume=folder) == folder
    assert stored(folder, "run.json")["state"] == "finished"
    assert cells(folder).keys() == {0, 1}
    events = [entry["event"] for entry in entries(folder / "journal.jsonl")]
    assert (events.count("probed"), events.count("emptied")) == (2, 2)
    assert events.count("measured") == 2


def test_a_dry_run_does_not_probe():
    events = []
    found = dry_run(options(), events.append)
    assert not any(event.probing for event in events)
    assert found.past.probed.document(found.plan) is None


def test_without_probes_there_is_no_file_of_them():
    folder = run(options(probe="none"), [], quiet)
    assert not (folder / "probes.json").exists()
    assert stored(folder, "run.json")["probes"] == []


def test_a_run_from_python_is_probed_as_it_asks():
    given = {"strategy": "sequential", "rounds": 1, "budget": 3600, "quiet": True}
    found = measure(*SMALL["workload"], **given, probe=["memory"])
    (one,) = cells(found.folder).values()
    assert {"memory", "latency", "lag", "left"} & one.keys() == {"memory"}


def test_raw_times_are_a_table_of_all_tasks_when_they_are_asked_for():
    folder = run(options(raw=True, probe="latency"), [], quiet)
    text = gzip.decompress((folder / "latency" / "0.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert sorted(int(row["task"]) for row in rows) == list(range(8))
    for row in rows:
        assert float(row["submitted"]) <= float(row["started"]) <= float(row["ended"])
        assert row["lane"] == "MainThread"


def test_a_baseline_has_the_probes_of_its_run_and_of_no_earlier_one():
    with_probes = run(options(), [], quiet)
    assert (runs.save_baseline(with_probes, "main") / "probes.json").exists()
    without = run(options(probe="none"), [], quiet)
    assert not (runs.save_baseline(without, "main") / "probes.json").exists()


def test_with_strict_what_is_left_behind_is_exit_code_3_and_said(concbench):  # noqa: F811
    words = ["run", "-w", f"{ROOT / 'faulty.py'}:Leaking[what=thread]", "-s", "sequential"]
    words += ["--rounds", "1", "--budget", "1h", "--probe", "lag"]
    assert concbench(*words).returncode == 0
    done = concbench("run", "--resume", "--strict")
    assert done.returncode == Exit.FAILED, done.stderr
    assert "failed with --strict: Leaking[what=thread] x 4 / sequential left behind" in done.stdout
    assert "1 thread: sleeper" in done.stdout


def test_progress_tells_that_it_is_probing(capsys):
    with watching(quiet=False, verbose=False) as watch:
        run(options(), [], watch)
    assert "probing, 0:" in capsys.readouterr().err
