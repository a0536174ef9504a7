"""The course from the command line to what is printed: all of it, one lesson, bad ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import concbench
from concbench import notebook
from concbench.cli import lessons as command
from concbench.cli.exit import Outcome
from concbench.course import teaching
from concbench.errors import Exit, UsageError
from concbench.machine import process
from concbench.reports.lessons.course import FAILED, TaughtCourse
from concbench.reports.lessons.judgement import ABSENT, FAILS, HOLDS, UNKNOWN
from concbench.spec import Spec

COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
BAD = Path(__file__).with_name("bad_lessons.py")
WRONG = {
    ("semaphore", "thousand"),
    ("time_limits", "own_error"),
    ("cancelling", "outer"),
    ("failing_group", "gather"),
    ("queues", "unbounded"),
    ("callbacks", "late"),
    ("callbacks", "own_thread"),
    ("context_variables", "after_await"),
    ("costs", "stack"),
    *([("running_loop", "get_event_loop")] if sys.version_info >= (3, 14) else []),
}
"""Claims that are wrong everywhere, or no longer true."""
OF_MACHINE = {"sum_of_squares", "default_executor", "costs"}
"""Lessons whose claims may not hold where there is one CPU, another affinity or no GIL."""


def concbench_(*words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "CI")}
    return subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        encoding="utf-8",
    )


def course(names: list[str], **more: object) -> TaughtCourse:
    syllabus = teaching.Syllabus(teaching.chosen(names), **{"rounds": 3, "second": 0.02, **more})
    return command.taught(syllabus, "en", lambda one: None, command._status)


@pytest.mark.once
def test_all_lessons_run_and_say_of_each_claim_whether_it_holds():
    found = course([])
    assert [one.name for one in found.lessons if one.failure] == []
    assert len(found.lessons) == len(teaching.names())
    timed = []
    for one in found.lessons:
        for claim in one.claims:
            wanted = FAILS if (one.name, claim.name) in WRONG else HOLDS
            exact = claim.check["kind"] == "seen" and one.name not in OF_MACHINE
            if one.name in OF_MACHINE or claim.outcome == ABSENT:
                continue
            if exact:
                assert claim.outcome == wanted, (one.name, claim.name, claim.sentence)
            else:
                timed.append(claim.outcome in (wanted, UNKNOWN))
    # What a busy machine does to a ratio is not the lesson's: most are as they should be.
    assert sum(timed) >= 0.8 * len(timed)


@pytest.mark.skipif(process.gil() is False, reason="without a GIL all claims can be checked")
def test_what_needs_another_python_is_said_and_not_judged():
    (one,) = course(["sum_of_squares"]).lessons
    (claim,) = [each for each in one.claims if each.name == "free_threads"]
    assert (claim.outcome, claim.judged) == (ABSENT, None)
    assert "this Python has a GIL" in claim.sentence


def test_a_lesson_by_its_name_comes_with_its_code_in_the_language_of_the_locale(tmp_path):
    words = ("lessons", "context_variables", "--rounds", "3", "--html", "page.html")
    done = concbench_(*words, cwd=tmp_path, LC_ALL="zh_TW.UTF-8", PYTHONUTF8="1")
    assert done.returncode == Exit.MEASURED, done.stderr
    assert "    await asyncio.create_task(rename())" in done.stdout
    assert "不成立" in done.stdout
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hant">' in page
    assert "await asyncio.create_task(rename())" in page


def test_json_has_the_readings_the_verdicts_and_one_language(tmp_path):
    words = ("lessons", "cancelling", "--rounds", "3", "--json", "--language", "en")
    done = concbench_(*words, cwd=tmp_path, LC_ALL="zh_TW.UTF-8")
    assert done.returncode == Exit.MEASURED, done.stderr
    document = json.loads(done.stdout)
    (one,) = document["lessons"]
    assert one["outcome"] == FAILS
    assert {claim["name"]: claim["outcome"] for claim in one["claims"]} == {
        "before": HOLDS, "after": HOLDS, "shield": HOLDS, "outer": FAILS,
    }  # fmt: skip
    assert one["readings"]["before.notes"] == [[], [], []]
    assert document["language"] == "en"
    assert not any(sign > "\u2fff" for sign in done.stdout)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["three_sleep"], "no lesson 'three_sleep': did you mean three_sleeps?"),
        (["--html", "nowhere/page.html"], "nowhere"),
    ],
)
def test_a_mistake_is_said_before_anything_is_run(tmp_path, words, message):
    done = concbench_("lessons", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_names_the_choices():
    with pytest.raises(UsageError, match="no lesson 'x': there are async_with_for, blocking_calls"):
        teaching.syllabus(["x"], None, None)
    with pytest.raises(UsageError, match="rounds must be from 3 to 1,000, not 2"):
        teaching.syllabus([], 2, None)
    with pytest.raises(UsageError, match="no language 'zh': there are en, zh-Hant"):
        command.spoken("zh")


@pytest.fixture
def bad(monkeypatch):
    """Lessons of a file of ours beside the real ones."""
    own = ("hanging", "raising", "silent", "crashing", "missing", "untitled", "fixtureless")
    real = teaching.spec
    monkeypatch.setattr(teaching, "names", lambda: sorted([*own, "cancelling"]))

    def spec(name: str) -> Spec:
        return Spec(name, f"{BAD}:{name.title()}") if name in own else real(name)

    monkeypatch.setattr(teaching, "spec", spec)


def test_a_lesson_that_hangs_or_fails_costs_itself_alone(bad, capsys):
    syllabus = teaching.Syllabus(teaching.chosen([]), rounds=3, seconds=3.0, second=0.01)
    outcome = Outcome()
    found = command.teach(syllabus, "en", False, outcome)
    failures = {one.name: one.failure for one in found.lessons if one.failure}
    assert outcome.code == Exit.FAILED
    assert outcome.failed == len(failures) == 7
    assert "timed out after 3 s" in failures["hanging"]
    assert failures["raising"] == "ValueError: no good"
    assert "no reading nap.size: there are nap" in failures["silent"]
    assert failures["crashing"] == "crashed: exit code 7"
    assert "has no 'Missing'" in failures["missing"]
    assert "has no attribute 'title'" in failures["untitled"]
    assert failures["fixtureless"].startswith("the fixture of fixtureless ended (exit code 1): ")
    assert failures["fixtureless"].endswith("OSError: no port is free")
    (good,) = [one for one in found.lessons if not one.failure]
    assert good.name == "cancelling"
    assert {one.outcome for one in found.lessons} == {FAILED, FAILS}
    shown = capsys.readouterr().out
    assert "this lesson failed: crashed: exit code 7" in shown
    assert f"{FAILED} 7" in shown
    living = [" ".join(one.cmdline()) for one in psutil.Process().children(recursive=True)]
    assert not [words for words in living if "concbench." in words]


def test_an_interrupt_keeps_what_is_done(tmp_path):
    words = ["lessons", "cancelling", "default_executor", "--rounds", "40", "--html", "page.html"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(
        [*COMMAND, *words, "--language", "en"], cwd=tmp_path, start_new_session=True, **streams
    )
    for line in running.stdout:  # the first lesson is printed when it has ended
        if line.startswith("cancelling"):
            break
    running.send_signal(signal.SIGINT)
    shown, said = running.communicate(timeout=60)
    assert running.returncode == Exit.INTERRUPTED
    assert "interrupted: 1 of 2 lessons are done" in said
    assert "1 lesson, 4 claims" in shown
    assert "interrupted: 1 of 2" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_notebook_shows_them(monkeypatch):
    told = []
    handle = SimpleNamespace(update=lambda line, raw: told.append(line["text/plain"]))
    monkeypatch.setattr(notebook, "_display", lambda: lambda *line, **how: handle)
    shown = concbench.lessons("cancelling", language="zh-Hant", rounds=3)
    assert told == ["1/1 cancelling", "done"]
    html = shown._repr_html_()
    assert html.count("<tr>") == 4
    assert html.count("<svg ") == 1
    assert "<script" not in html
    assert "1 課" in repr(shown)
    assert "cancelled(begun)" in str(shown)
    with pytest.raises(UsageError, match="did you mean cancelling"):
        concbench.lessons("canceling")
