"""What a new user does in the first hour is answered with what was meant, or what to do next."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len

import concbench
from concbench.cli import commands, listing, options, stored
from concbench.cli.outlook import next_steps
from concbench.errors import UsageError
from concbench.gate.noise import Floor, advice, needs
from concbench.plan.cells import plan
from concbench.plan.settings import resolve
from concbench.reports import read
from concbench.reports.gate.thresholds import parse
from concbench.reports.render.notebook import Run
from concbench.store.runs import keep_out_of_git

from ...reports.made import Made, folder, sequential
from ..sides.repositories import git


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def code_of(*words: str) -> object:
    with pytest.raises(SystemExit) as end:
        commands.run(words)
    return end.value.code


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("run", "io_sleep"), "run takes options only: did you mean -w io_sleep?"),
        (("check", "asyncio", "-q"), "check takes options only: did you mean -s asyncio?"),
        (("doctor", "mine.py:f"), "doctor takes options only: did you mean -w mine.py:f?"),
    ],
)
def test_a_bare_word_is_answered_with_the_option_that_was_meant(words, meant, capsys):
    assert code_of(*words) == 2
    assert capsys.readouterr().err == f"concbench: {meant}\n"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: plan(resolve({"param": ["workers=1:64:y2"]})), "a range is 1:64:x2"),
        (lambda: resolve({"probe": ["memry"]}), "did you mean memory?"),
        (lambda: stored.check_targets(["parquet"]), "name a file, parquet:cells.parquet"),
        (lambda: parse(["batch"]), "quote it, 'batch>5%'"),
    ],
    ids=["range", "probe", "terminal", "quotes"],
)
def test_a_slip_is_answered_with_the_way_to_write_it(ask, said, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises((UsageError, ValueError)) as error:
        ask()
    assert said in str(error.value)


def test_of_two_files_the_one_that_is_not_there_is_named(tmp_path, capsys):
    there = folder(tmp_path / "run", [sequential([0.64] * 2)])
    assert code_of("compare", str(there), "typo.json") == 2
    assert "typo.json is not a run: there is no such file or folder" in capsys.readouterr().err


def test_completion_knows_runs_baselines_formats_and_codes(tmp_path):
    for name in ("runs/0001-20261121T045000Z", "runs/0002-20261121T045000Z", "baselines/main"):
        folder(tmp_path / ".concbench" / name, [sequential([0.64] * 2)])
    assert options.runs("") == ["0002", "0001", "latest", "main"]
    assert options.formats("p") == ["parquet", "pyperf"]
    assert listing._codes("late") == ["late-loop"]


MINE = {"workload": ["mine.py:digest"], "strategy": ["threading"]}


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (
            {},
            ["io_sleep", "-w yourfile.py:function", "--rigorous", "--open"],
        ),
        (
            MINE | {"quiet": True},
            [
                "mine.py:digest -s threading -q",
                "-w mine.py:digest -s threading -q --rigorous",
                "--open",
            ],
        ),
        ({"param": ["workers=1,2"], "budget": "5m", "report": True}, ["-w yourfile.py:function"]),
        ({"until": "decided"}, ["io_sleep", "-w yourfile.py:function", "--open"]),
        ({"resume": "latest", "report": True}, []),
        (MINE | {"workers": 4, "rounds": 3, "results": "there"}, ["--open --results there"]),
    ],
)
def test_what_comes_next_keeps_the_user_s_options_and_repeats_nothing(given, steps):
    flags = {key: given[key] for key in given if key not in ("quiet", "report", "resume")}
    found = [" ".join(words[1:]) for words, _ in next_steps(given, resolve(flags))]
    assert found == steps


def test_git_sees_nothing_of_a_run_but_baselines(tmp_path):
    git(tmp_path, "init", "-q")
    results = tmp_path / ".concbench"
    (results / "runs" / "0001").mkdir(parents=True)
    (results / "runs" / "0001" / "run.json").touch()
    keep_out_of_git(results)
    assert git(tmp_path, "status", "--porcelain") == ""
    (results / "baselines" / "main").mkdir(parents=True)
    (results / "baselines" / "main" / "run.json").touch()
    assert git(tmp_path, "status", "--porcelain", "-uall").split()[1:] == [
        ".concbench/baselines/main/run.json"
    ]


def test_a_code_is_explained_and_an_unknown_one_suggests(capsys):
    assert code_of("explain", "late-loop", "[few-cpus]") == 0
    said = capsys.readouterr().out
    assert said.startswith("late-loop\n  meaning  The event loop was blocked") and "remedy" in said
    assert "\nfew-cpus\n  meaning  " in said and max(map(len, said.splitlines())) <= 100
    assert code_of("explain", "late-lop") == 2
    assert "no code 'late-lop': did you mean late-loop?" in capsys.readouterr().err
    assert code_of("explain") == 0
    assert {"  gil-on", "  load", "  too-noisy"} <= {
        line[:11].rstrip() for line in capsys.readouterr().out.splitlines()
    }


def test_a_code_is_explained_in_chinese_too(capsys, monkeypatch):
    assert code_of("explain", "late-loop", "--language", "zh-Hant") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "late-loop" and said[1].startswith("  意義    事件迴圈被阻塞")
    assert max(map(cell_len, said)) <= 100
    assert said[-1].startswith("  範例    blocked the event loop for up to 162 ms")
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    assert code_of("explain") == 0
    assert capsys.readouterr().out.startswith("組合旁的註記:\n")
    assert code_of("explain", "--language", "fr") == 2


BROKEN = "def helper():\n    return 1 / 0\n\n\nhelper()\n"


@pytest.mark.parametrize("verbose", [True, False])
def test_verbose_shows_the_traceback_of_an_import(tmp_path, capsys, verbose):
    (tmp_path / "broken.py").write_text(BROKEN)
    assert code_of("run", "-w", "broken.py:work", *(["-v"] if verbose else [])) == 2
    said = capsys.readouterr().err
    assert ("Traceback" in said and "in helper" in said) == verbose
    assert "importlib" not in said and said.splitlines()[-1].startswith("concbench: ")


@pytest.mark.once
def test_verbose_shows_the_traceback_of_a_task(tmp_path, capsys):
    (tmp_path / "failing.py").write_text("def work(i):\n    return {}['missing']\n")
    words = ["-w", "failing.py:work", "-s", "sequential", "--rounds", "1", "--tasks", "2"]
    assert code_of("run", *words, "-v") == 3
    said = capsys.readouterr().out
    assert "failing.py" in said and "return {}['missing']" in said
    assert "Traceback" in said and "concbench/worker" not in said
    assert "next:" not in said  # no sweep of what fails


def test_the_noise_floor_says_what_it_needs_and_what_would_do():
    given = resolve({"workload": ["io_sleep"], "strategy": ["asyncio"], "budget": "20s"})
    assert needs(given, 0.6) == (
        "measuring 1 cell against itself for 20 s: a round takes 1 s or more, "
        "and 4 rounds are needed"
    )
    floors = [Floor("a / b", 1, None, None), Floor("c / d", 1, None, None)]
    (line,) = advice(floors, 101.0)
    assert line.startswith("2 of 2 cells had fewer than 4 rounds: use --budget 810s")
    assert resolve({"budget": line.split()[11].rstrip(",")}).seconds == 810
    assert advice([Floor("a / b", 9, 0.02, 0.05)], 2.0) == []
    assert "a / b" in advice([Floor("a / b", 9, 0.02, None)], 2.0)[0]


def test_a_usage_error_is_one_sentence_in_a_notebook_and_the_caller_s_line_elsewhere():
    with pytest.raises(UsageError) as error:
        concbench.run("io_slep")
    frames = traceback.extract_tb(error.value.__traceback__)
    assert [Path(frame.filename).name for frame in frames] == [Path(__file__).name, "__init__.py"]
    (line,) = error.value._render_traceback_()
    assert line.startswith("concbench: no workload 'io_slep': did you mean io_sleep?")


def test_a_failed_cell_stands_first_in_a_notebook(tmp_path):
    failed: dict[str, Any] = {"status": "failed", "reason": "ValueError: no"}
    found = Run(read(folder(tmp_path, [sequential([0.64] * 2), Made("threading", [], **failed)])))
    (line,) = found.failed
    assert line.endswith(" failed: ValueError: no") and line in repr(found)
    assert found._repr_html_().startswith("<div>\n<p><strong>io_sleep")


def test_a_wrong_column_is_one_sentence_too(tmp_path):
    shown = Run(read(folder(tmp_path, [sequential([0.64] * 2)])))
    with pytest.raises(ValueError, match="no column 'batsch'") as error:
        shown.shown("batsch")
    assert error.value._render_traceback_()[0].startswith("concbench: no column")


def test_a_command_without_words_is_as_before():
    with pytest.raises(typer.Exit) as end:
        listing.explain(["gil-on"])
    assert end.value.exit_code == 0
