"""What the README promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from concbench.behaviour import asking
from concbench.behaviour.questions import NAMES
from concbench.errors import Exit
from concbench.plan.plugins import names
from concbench.plan.settings import resolve
from concbench.reports.gate.thresholds import parse

from .bench.behaviour.table import LINES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]


def concbench(*words: str, cwd: Path) -> str:
    done = subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands() -> list[str]:
    return re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)


def test_the_first_two_commands_are_the_main_job_and_the_tests():
    bench, tests = commands()[:2]
    assert bench.endswith("nox -s bench")
    assert tests.endswith("nox -s tests")


def test_ci_runs_the_test_command_itself():
    assert commands()[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_every_exit_code_is_documented():
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)} == set(Exit)


def test_every_option_of_run_is_documented_and_no_other(tmp_path):
    there = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", concbench("run", "--help", cwd=tmp_path)))
    table = README.partition("| option | means |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`(--[a-z-]+)", table))
    assert told == there - {"--quiet", "--verbose", "--help"}


def test_every_option_of_check_is_documented_and_no_other(tmp_path):
    there = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", concbench("check", "--help", cwd=tmp_path)))
    tables = ("| option of `check` | means |", "| option | means |")
    own, of_run = (README.partition(head)[2].partition("\n\n")[0] for head in tables)
    told = set(re.findall(r"^\| `(--[a-z-]+)", own, re.MULTILINE))
    as_in_run = set(re.findall(r"`(--[a-z-]+)", of_run))
    assert told <= there
    assert there <= {*told, *as_in_run, "--quiet", "--verbose", "--help"}


def test_the_options_of_the_gate_are_those_there_are(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    found = resolve({}, tmp_path).gate
    assert (found.baseline, len(found.fail_on)) == ("main", 2)
    assert len(parse(found.fail_on)) == 2


def test_the_example_of_a_workload_runs(tmp_path):
    example = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    (tmp_path / "mine.py").write_text(example, encoding="utf-8")
    words = ["-w", "mine.py:digest[rounds=10]", "-s", "sequential", "-s", "multiprocessing", "-n"]
    assert concbench("run", *words, "--tasks", "2", cwd=tmp_path).count("ran once") == 2


@pytest.mark.parametrize("heading", ["Workloads", "Strategies"])
def test_the_tables_of_workloads_and_strategies_are_those_that_list_writes(tmp_path, heading):
    part = README.partition(f"## {heading}\n")[2].partition("\n##")[0]
    told = [line for line in part.splitlines() if line.startswith("|")]
    tables = concbench("list", "--markdown", cwd=tmp_path).split("\n\n")
    assert told == tables[heading == "Strategies"].splitlines()
    assert len(told) == 2 + len(names(heading.lower()))


def test_the_table_of_behaviour_is_what_strategies_are_tested_to_answer():
    part = README.partition("## How strategies behave")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines()]
    told, questions = {}, []
    for name, *answers in filter(None, rows):
        if name == "strategy":
            questions = answers
        elif name != "---":
            told |= {(name, q): _masked(a) for q, a in zip(questions, answers, strict=True)}
    names, *lines = LINES
    tested = {
        (name, line[0]): answer
        for line in lines
        for name, answer in zip(names[1:], line[1:], strict=True)
    }
    assert told == tested
    asked = " ".join(part.split())
    for question in NAMES:
        assert f"- *{question}*: {asking.asks(question)}" in asked


def _masked(answer: str) -> str:
    return "(number)" if re.fullmatch(r"(&lt; )?[\d.]+ (ms|MB)", answer) else answer
