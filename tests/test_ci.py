"""The pipelines of docs/ci: they can be read, and what they call is there."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from concbench.cli.check import FORMATS, render
from concbench.plan.settings import Settings
from concbench.reports.gate.results import Check

from .test_readme import README, ROOT, concbench

GITHUB, GITLAB = (ROOT / "docs" / "ci" / name for name in ("github.yml", "gitlab-ci.yml"))


def github():
    return yaml.safe_load(GITHUB.read_text(encoding="utf-8"))["jobs"]["check"]


def gitlab():
    return yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["concbench"]


def uses(action):
    steps = (step for step in github()["steps"] if step.get("uses", "").startswith(f"{action}@"))
    return next(steps)["with"]


def commands(pipeline):
    if pipeline is GITHUB:
        return [step["run"] for step in github()["steps"] if "run" in step]
    return gitlab()["script"]


def check(pipeline):
    (command,) = (one for one in commands(pipeline) if "nox" in shlex.split(one)[0])
    return shlex.split(command)


@pytest.mark.parametrize("pipeline", [GITHUB, GITLAB], ids=lambda path: path.name)
def test_a_pipeline_calls_the_session_of_the_readme_with_options_that_check_has(pipeline, tmp_path):
    words = check(pipeline)
    assert words[:4] == ["nox", "-s", "check", "--"]
    there = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", concbench("check", "--help", cwd=tmp_path)))
    assert {word for word in words[4:] if word.startswith("--")} <= there
    assert [word for word in commands(pipeline) if word.startswith("pip")] == ["pip install nox"]


@pytest.mark.parametrize("pipeline", [GITHUB, GITLAB], ids=lambda path: path.name)
def test_a_pipeline_has_no_variable_that_would_be_taken_for_an_option(pipeline):
    named = re.findall(r"\bCONCBENCH_(\w+)", pipeline.read_text(encoding="utf-8"))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("pipeline", [GITHUB, GITLAB], ids=lambda path: path.name)
def test_a_pipeline_leaves_a_comment_a_junit_report_and_the_page(pipeline):
    words = check(pipeline)
    exported = dict(
        words[at + 1].split(":", 1) for at, word in enumerate(words) if word == "--export"
    )
    assert exported.keys() == {"junit", "md"}
    assert exported.keys() <= set(FORMATS)
    assert "--report" in words
    kept = (
        uses("actions/upload-artifact")["path"].split()
        if pipeline is GITHUB
        else [*gitlab()["artifacts"]["paths"], gitlab()["artifacts"]["reports"]["junit"]]
    )
    assert {*exported.values(), ".concbench/runs/"} == set(kept)


def test_a_pipeline_has_both_revisions():
    assert uses("actions/checkout")["fetch-depth"] == 0
    assert gitlab()["variables"]["GIT_DEPTH"] == "0"
    assert "--against git:HEAD^1" in " ".join(check(GITHUB))
    assert "--against git:$CI_MERGE_REQUEST_DIFF_BASE_SHA" in " ".join(check(GITLAB))


def test_a_pipeline_keeps_environments_and_what_pip_fetched():
    assert uses("actions/cache")["path"].split() == ["~/.cache/concbench", "~/.cache/pip"]
    home = gitlab()["variables"]["XDG_CACHE_HOME"]
    assert home == "$CI_PROJECT_DIR/.cache"
    assert gitlab()["cache"]["paths"] == [".cache/concbench/", ".cache/pip/"]


def test_hidden_folders_are_kept_and_artifacts_although_the_check_failed():
    assert uses("actions/upload-artifact")["include-hidden-files"] is True
    upload, comment = github()["steps"][-2:]
    assert upload["if"] == "always()"
    assert comment["if"].startswith("always()")
    assert gitlab()["artifacts"]["when"] == "always"


def test_nothing_of_a_pull_request_is_put_into_a_shell_command():
    """A branch may be called `$(rm -rf .)`: it may only be a variable."""
    assert not any("${{" in command for command in commands(GITHUB))


@pytest.mark.parametrize("pipeline", [GITHUB, GITLAB], ids=lambda path: path.name)
def test_the_commands_of_a_pipeline_are_shell(pipeline):
    lines = [*commands(pipeline), *(gitlab()["after_script"] if pipeline is GITLAB else ())]
    for line in lines:
        subprocess.run(["sh", "-n"], input=line, text=True, check=True, timeout=10)


def test_the_session_of_the_readme_is_python_and_passes_options_on():
    (text,) = re.findall(r"   ```python\n(   import nox.*?)   ```", README, re.DOTALL)
    session = ast.parse(re.sub("^   ", "", text, flags=re.MULTILINE))
    (function,) = (node for node in session.body if isinstance(node, ast.FunctionDef))
    assert function.name == "check"
    assert "'concbench', 'check', *session.posargs" in ast.unparse(function)
    assert '"concbench", "check", *session.posargs' in Path(ROOT, "noxfile.py").read_text()
    for path in ("docs/ci/github.yml", "docs/ci/gitlab-ci.yml"):
        assert f"]({path})" in README


def test_a_summary_stands_apart_from_what_other_steps_left_there():
    told = Check("working tree", "git:main", ())
    assert render(told, "github") == "\n" + render(told, "md")
