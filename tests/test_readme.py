"""What the README promises."""

from __future__ import annotations

import re
from pathlib import Path

from bench.errors import Exit

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
