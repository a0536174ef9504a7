"""What the README promises, and the pages that took over what it promised before."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from concbench.behaviour.questions import NAMES
from concbench.errors import Exit
from concbench.reports.analysis import behaviour
from concbench.reports.gate.thresholds import parse

from .bench.behaviour.table import LINES
from .docs import site  # noqa: F401  # which puts docs/ext on the path

import readme  # isort: skip

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh_Hant.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-P", "-c", "from concbench.cli import main; main()"]
SHORT = {
    "CONCBENCH_ROUNDS": "1",
    "CONCBENCH_TASKS": "2",
    "CONCBENCH_PROBE": "none",
    "CONCBENCH_STRATEGY": "sequential threading",
    "BROWSER": "true",
}
"""Of the environment: every command is run as it stands, and is soon done."""
ELSEWHERE = "--side python:"
"""Builds environments of other interpreters: tests/bench/sides does that."""


def concbench(*words: str, cwd: Path) -> str:
    done = subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands(text: str = README) -> list[str]:
    return re.findall(r"```sh\n(.*?)\n```", text, re.DOTALL)


def test_it_is_read_in_a_minute():
    assert len(README.splitlines()) <= 150


def test_the_first_two_commands_are_the_main_job_and_the_tests():
    bench, tests = commands()[:2]
    assert bench.endswith("nox -s bench")
    assert tests.endswith("nox -s tests")


def test_ci_runs_the_test_command_itself():
    assert commands()[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.once
def test_every_other_command_runs_in_a_clean_folder(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mine.py").write_text(example, encoding="utf-8")
    environment = {**os.environ, **SHORT}
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    table = re.findall(r"\| `(concbench .*?)` \|", README)
    lines = [line for block in commands()[2:] for line in block.splitlines()] + table
    for line in dict.fromkeys(lines):
        words = shlex.split(line, comments=True)[1:]
        if ELSEWHERE in line:
            continue
        done = subprocess.run(
            [*COMMAND, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if words[0] == "init":
            for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "Start"]):
                subprocess.run([*git, *step], cwd=tmp_path, check=True)
            with (tmp_path / "benchmarks" / "work.py").open("a", encoding="utf-8") as work:
                work.write("# a change\n")


def test_its_output_and_its_picture_are_what_the_program_makes_now():
    """`nox -s docs -- update` writes both anew."""
    assert readme.current(README) == README
    assert readme.current(CHINESE) == CHINESE
    title = re.compile("<title[^>]*>(.*?)</title>")
    shown = readme.PICTURE.read_text(encoding="utf-8")
    assert title.search(shown)[1] == title.search(readme.picture())[1]
    assert f"](docs/{readme.PICTURE.name})" in README


def test_the_chinese_one_has_the_same_code_and_was_made_from_this_one():
    """Where this fails, translate what changed, then write the digest that is named here."""
    blocks = readme.BLOCKS.findall(README)
    assert readme.BLOCKS.findall(CHINESE) == blocks
    assert f"<!-- made from README.md {readme.digest(README)} -->" in CHINESE


def test_every_exit_code_is_documented():
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == set(Exit)


def test_the_thresholds_of_the_page_on_ci_are_some():
    page = (ROOT / "docs" / "how-to" / "ci.md").read_text(encoding="utf-8")
    (texts,) = re.findall(r"^fail_on = \[(.*)\]", page, re.MULTILINE)
    assert len(parse(re.findall(r'"(.*?)"', texts))) == 2


def test_what_the_pages_say_of_behaviour_is_what_strategies_are_tested_to_answer():
    stored = behaviour.read(ROOT / "docs" / "runs")
    names, *lines = LINES
    told = {
        (one.name, name): _masked(one.answers[name].answer) for one in stored.able for name in NAMES
    }
    tested = {
        (name, line[0]): answer
        for line in lines
        for name, answer in zip(names[1:], line[1:], strict=True)
    }
    assert told == tested


def _masked(answer: str) -> str:
    return "(number)" if re.fullmatch(r"(< )?[\d.]+ (ms|MB)", answer) else answer
