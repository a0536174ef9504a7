"""`concbench check` as a user calls it, in a repository with a workload of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from concbench.gate.noise import Floor, store

from ..sides.repositories import commit

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
WORK = """
def work(i):
    for _ in range({steps}):
        pass
    return {answer}
"""

COUNTING = """
import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    @contextmanager
    def open(self):
        seen = []
        yield lambda i: seen.append(i), lambda: {"rows": 20 * len(seen)}

    @asynccontextmanager
    async def aopen(self):
        seen = []

        async def call(i):
            await asyncio.sleep(0.005)
            seen.append(i)

        yield call, lambda: {"rows": 20 * len(seen)}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CI", "true")
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "repository"
    commit(folder, {"work.py": WORK.format(steps=20_000, answer="i")})
    return folder


def concbench(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def checked(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    selected = ("-w", "work.py:work", "-s", "sequential", "--tasks", "8", "-q")
    return concbench(folder, "check", *selected, *words, **variables)


def test_a_slow_down_is_stopped(here, tmp_path):
    (here / "work.py").write_text(WORK.format(steps=60_000, answer="i"))
    summary = tmp_path / "summary.md"
    done = checked(
        here,
        *("--export", f"junit:{tmp_path / 'junit.xml'}", "--report"),
        GITHUB_STEP_SUMMARY=str(summary),
        GITHUB_ACTIONS="true",
    )
    said = done.stdout.splitlines()
    assert done.returncode == 1, done.stderr
    assert said[0].startswith("check: working tree against git:HEAD (")
    words = " ".join(done.stdout.split())
    assert re.search(r" SLOWER work / sequential .* -> .* confirmed ", words), done.stdout
    assert said[-1].startswith(
        "concbench: exit=1 regressions=1 failed=0 inconclusive=0 notcompared=0 run=0001"
    )
    assert any(line.startswith("::error") for line in said)
    assert ElementTree.parse(tmp_path / "junit.xml").findall(".//failure")
    assert "sequential" in summary.read_text()
    run = here / ".concbench/runs"
    (stored,) = run.iterdir()
    assert {path.name for path in stored.iterdir()} >= {"gate.json", "samples-2.json"}
    assert json.loads((stored / "gate.json").read_text())["answers"][0]["word"] == "slower"


def test_a_slow_down_that_no_time_is_left_to_confirm_is_a_suspect(here):
    (here / "work.py").write_text(WORK.format(steps=400_000, answer="i"))
    done = checked(here, "--rounds", "8", "--strict")
    assert done.returncode == 6, done.stdout + done.stderr
    words = " ".join(done.stdout.split())
    assert re.search(r" SUSPECT work / sequential suspect, not confirmed: \+\d", words), words
    assert re.search(r"; about [48] more rounds would confirm it ", words), words
    assert done.stdout.splitlines()[-1].endswith(
        "regressions=0 failed=0 inconclusive=0 notcompared=0 run=0001 suspected=1 exceeded=0"
    )


def test_bounds_alone_need_no_other_side(here, tmp_path):
    (here / "work.py").write_text(COUNTING)
    selected = ("-w", "work.py:Work", "-s", "asyncio", "--tasks", "8", "-q", "--rounds", "8")
    bounds = ("--require", "rows<100", "--require", "p99<10min", "--require", "max_lag<10min")
    more = ("--strict", "--require", "memory<900GB", "--export", f"json:{tmp_path / 'gate.json'}")
    done = concbench(here, "check", *selected, *bounds, *more)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "only bounds are checked; --against SIDE also compares" in done.stderr
    words = " ".join(done.stdout.split())
    assert "ABOVE Work / asyncio[workers=" in words, words
    assert " rows 160 [160, 160], must stay below 100 " in words
    for passed in ("1 cell below 10 min p99", "1 cell below 900 GB memory"):
        assert passed in words
    assert done.stdout.splitlines()[-1].endswith("exceeded=1")
    told = json.loads((tmp_path / "gate.json").read_text())
    assert told["before"] == ""
    assert {one["metric"]: one["word"] for one in told["answers"]} == {
        "rows": "above", "p99": "below", "max_lag": "below", "memory": "below",
    }  # fmt: skip


def test_a_mistyped_metric_of_a_workload_ends_the_check_after_a_round(here):
    (here / "work.py").write_text(COUNTING)
    selected = ("-w", "work.py:Work", "-s", "sequential", "--tasks", "8", "-q")
    done = concbench(here, "check", *selected, "--require", "row<100")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "--require 'row<100': no workload counts row: did you mean rows?" in done.stderr


def test_what_is_the_same_is_never_called_slower(here):
    """With so little time it may stay unknown, which is no failure but with --strict."""
    words = ("--against", "env:UNUSED=1", "--rounds", "8")
    done = checked(here, *words)
    assert done.returncode == 0, done.stdout
    assert "SLOWER" not in done.stdout
    doubt = "more round" in done.stdout
    assert checked(here, "--strict", "--resume").returncode == (6 if doubt else 0)


def test_an_interrupted_check_keeps_its_rounds_and_says_how_to_go_on(here):
    words = ("check", "--against", "env:A=1", "-w", "work.py:work", "-s", "sequential")
    started = subprocess.Popen(
        [*COMMAND, *words, "--rounds", "1000"], cwd=here, stderr=subprocess.PIPE, text=True
    )
    with started as process:
        assert process.stderr is not None
        told = iter(process.stderr)
        while "round 2" not in next(told):
            pass
        process.send_signal(signal.SIGINT)
        said = "".join(told)
    assert process.returncode == 130
    assert "resume it with: concbench check --resume" in said
    going_on = concbench(here, "check", "--resume", "-q", "--rounds", "3")
    assert going_on.returncode == 0, going_on.stderr
    assert "3 rounds" in going_on.stdout


def test_another_answer_is_neither_slower_nor_passed(here):
    (here / "work.py").write_text(WORK.format(steps=20_000, answer="-i"))
    done = checked(here, "--strict")
    assert done.returncode == 6
    assert "OTHER" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--against", "git:nope"], 2, "no revision 'nope'"),
        (["--against", "gti:main"], 2, "did you mean git?"),
        (["--fail-on", "batsh>5%"], 2, "did you mean batch?"),
        (["--fail-on", "batch>0%"], 2, "above 0 %"),
        (["--fail-on", "batch>5%", "--fail-on", "batch>8%"], 2, "same metric and cells: keep one"),
        (["--fail-on", "p99<20ms"], 2, "what must hold is written --require 'p99<20ms'"),
        (["--require", "p99<20ms", "--resume"], 2, "there are no runs"),
        (["--require", "w:G p99<20ms"], 2, "--require names no cell with w:G (workloads: work)"),
        (["--against", "env:A=1", "--fail-on", "s:asyncio batch>5%"], 2, "no cell with s:asyncio"),
        (["--against", "env:A=1", "--fail-on", "w:G batch>5%"], 2, "no cell with w:G"),
        (["--against", "git:HEAD"], 4, "nothing to compare: working tree and git:HEAD are both "),
        (["--against", "env:A=1", "--relative"], 2, "--relative needs --baseline NAME"),
        (["--export", "junti:x.xml"], 2, "junit"),
        (["--export", "junit:no/x.xml"], 2, "cannot write no/x.xml: there is no folder no"),
        (["--export", "md", "--export", "json:.git"], 2, "cannot write .git: it is a folder"),
        (["--baseline", "nobody"], 2, "nobody"),
    ],
)
def test_a_mistake_is_said_before_anything_is_measured(here, words, code, said):
    done = checked(here, *words)
    assert done.returncode == code, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (here / ".concbench/runs").exists()


def test_a_summary_that_cannot_be_written_is_said_before_anything_is_measured(here):
    words = ("--against", "env:A=1", "--rounds", "1")
    done = checked(here, *words, GITHUB_STEP_SUMMARY="no/summary.md")
    assert done.returncode == 2
    assert "cannot write no/summary.md: there is no folder no" in done.stderr
    assert not (here / ".concbench/runs").exists()


def test_noise_that_cannot_be_kept_is_said_before_anything_is_measured(here):
    (here / ".concbench/baselines/noise.json").mkdir(parents=True)
    words = ("doctor", "--noise", "--budget", "1s", "-w", "work.py:work", "-s", "sequential")
    done = concbench(here, *words)
    assert done.returncode == 2
    assert "noise.json: it is a folder" in done.stderr
    assert not (here / ".concbench/runs").exists()


SIDES_OF_RUN = 'side = ["git:HEAD", "git:HEAD~1", "env:RUN=1"]'


def test_sides_in_the_options_file_are_of_run_and_not_of_check(here):
    (here / "concbench.toml").write_text(SIDES_OF_RUN)
    done = checked(here, "--against", "env:A=1", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("check: working tree against env:A=1 ")
    assert checked(here, "--resume", "--rounds", "2").returncode == 0


def test_sides_in_the_options_file_do_not_hide_the_one_on_the_command_line(here):
    (here / "concbench.toml").write_text(SIDES_OF_RUN)
    done = checked(here, "--side", "env:B=1", "--against", "env:A=1", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("check: env:B=1 against env:A=1 ")


def test_doctor_measures_the_noise_and_keeps_it(here):
    words = ("doctor", "--noise", "--budget", "4s", "-w", "work.py:work", "-s", "sequential")
    done = concbench(here, *words)
    assert done.returncode == 0, done.stderr
    assert "work / sequential" in done.stdout
    kept = json.loads((here / ".concbench/baselines/noise.json").read_text())
    assert [one["cell"] for one in kept["cells"]] == ["work / sequential"]


@pytest.mark.parametrize(("detects", "told"), [(0.07, True), (0.03, False)])
def test_what_this_machine_cannot_notice_is_said(here, detects, told):
    store(here / ".concbench", [Floor("work / sequential", 30, 0.05, detects)])
    done = checked(here, "--against", "env:A=1", "--rounds", "1")
    said = " ".join(done.stdout.split())
    assert (
        "larger slow-downs (doctor --noise): work / sequential 7 % [noise-floor]" in said
    ) == told
