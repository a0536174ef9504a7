"""The command, from what is typed to what is printed and kept."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from concbench.behaviour import asking
from concbench.behaviour.questions import NAMES, find
from concbench.cli import behaviour as command
from concbench.cli import stored
from concbench.cli.exit import Outcome
from concbench.driver.lab import workshop
from concbench.errors import Exit, UsageError
from concbench.plan.settings import Settings
from concbench.reports.analysis import behaviour

BROKEN = Path(__file__).with_name("broken.py")
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]


@pytest.fixture
def concbench(tmp_path):
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *words]
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "CI")}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )

    return call


def asked(tmp_path: Path, how: str, question: str, seconds: float = 60.0):
    planned = asking.strategies(Settings(strategy=(f"{BROKEN}:Sequential[how={how}]",)))
    with workshop(tmp_path) as shop:
        found = asking.document(shop, planned, seconds, lambda *_: None, [question])
    (one,) = found["strategies"]
    return one["answers"][question]


def test_a_table_fits_and_says_why_what_has_no_answer(concbench, tmp_path):
    done = concbench("behaviour", "-s", "sequential", "-s", f"{BROKEN}:Needy", "--save")
    assert done.returncode == Exit.MEASURED, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert "cannot run here: Needy: needs a quantum computer" in lines
    assert "-: one task at a time (sequential)" in done.stdout
    assert [line.split()[:2] for line in lines if line.startswith("sequential")] == [
        ["sequential", "in"], ["sequential", "at"], ["sequential", "arrives"],
    ]  # fmt: skip
    kept = behaviour.read(tmp_path / ".concbench")
    assert [one.name for one in kept.questions] == list(NAMES)
    assert [one.name for one in kept.strategies] == ["sequential", "Needy"]
    assert (tmp_path / ".concbench" / ".gitignore").read_text().splitlines()[1] == "*"
    assert "saved: .concbench/behaviour.json" in lines[-1]


def test_the_code_that_was_run_can_be_read(concbench):
    done = concbench("behaviour", "--show", "order")
    assert done.stdout == inspect.getsource(find("order"))


@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_a_question_is_short_enough_to_learn_from(name):
    code = asking.code(name)
    assert code.count("\n") <= 60
    assert "def blocking(" in code
    assert "def ask(" in code
    assert f'    """{asking.asks(name)}' in code.splitlines()[1]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--show", "ordr"], Exit.USAGE, "no question 'ordr': did you mean order?"),
        (["-s", "nobody"], Exit.USAGE, "no strategy 'nobody'"),
        (["-s", f"{BROKEN}:Needy"], Exit.NOTHING, "needs a quantum computer"),
    ],
)
def test_a_mistake_is_said_before_anything_is_asked(concbench, words, code, message):
    done = concbench("behaviour", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_crash_fails_the_command_and_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(asking, "document", partial(asking.document, names=["order"]))
    given = {"strategy": [f"{BROKEN}:Sequential[how=crashing]"], "results": tmp_path}
    outcome = Outcome()
    command.ask(given, "json", False, outcome)
    assert outcome.code == Exit.FAILED
    (one,) = json.loads(capsys.readouterr().out)["strategies"]
    assert one["name"] == "Sequential[how=crashing]"
    found = one["answers"]["order"]
    assert (found["answer"], found["why"]) == ("failed", "crashed: exit code 7")


def test_what_hangs_is_killed_and_nothing_is_left(tmp_path):
    found = asked(tmp_path, "hanging", "order", 1.5)
    why = "it did not come back in 1.5 s and was killed"
    assert (found["answer"], found["why"]) == ("hangs", why)
    assert not [one for one in psutil.Process().children(recursive=True) if _is_worker(one)]


def test_what_ctrl_c_leaves_outside_the_process_tree_is_found_and_ended(tmp_path):
    found = asked(tmp_path, "daemonic", "interrupt")
    assert found["answer"] == "leaves processes"
    assert "time.sleep(3600)" in found["why"]


def test_a_page_is_written_without_damaged_answers(tmp_path, capsys):
    (tmp_path / "behaviour.json").write_text("{}")
    assert stored._behaviour(tmp_path / "runs" / "0001") is None
    assert "left out of the page: " in capsys.readouterr().out


def test_parameters_as_they_would_be_anyway_are_not_told():
    texts = ("asyncio[dispatch=gather]", "threading[workers=2]", "multiprocessing[chunk=3]")
    planned = asking.strategies(Settings(strategy=texts))
    assert [asking.label(one.cell.strategy) for one in planned] == [
        "asyncio[dispatch=gather]", "threading", "multiprocessing[chunk=3]",
    ]  # fmt: skip


def _is_worker(process: psutil.Process) -> bool:
    return "concbench.worker" in " ".join(process.cmdline())


def test_answers_that_cannot_be_kept_are_not_asked_for(tmp_path, monkeypatch):
    (tmp_path / command.FILE).mkdir()
    monkeypatch.setattr(asking, "document", lambda *_: pytest.fail("asked"))
    with pytest.raises(UsageError, match=r"behaviour\.json: it is a folder"):
        command.ask({"results": tmp_path}, "table", True, Outcome())
