"""The pipelines of docs/ci: they can be read, and what they call is there and does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from concbench.cli.check import FORMATS, render
from concbench.plan.settings import Settings
from concbench.reports.gate.results import Check

from .test_readme import ROOT, concbench

CI = ROOT / "docs" / "ci"
GITHUB, GITLAB, ACTION = CI / "github.yml", CI / "gitlab-ci.yml", ROOT / "action.yml"


def loaded(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def gitlab():
    return loaded(GITLAB)["concbench"]


def steps():
    return loaded(ACTION)["runs"]["steps"]


def check():
    (command,) = (one for one in gitlab()["script"] if "nox" in shlex.split(one)[0])
    return shlex.split(command)


def test_the_pipeline_calls_a_session_check_with_options_that_there_are(tmp_path):
    words = check()
    assert words[:4] == ["nox", "-s", "check", "--"]
    there = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", concbench("check", "--help", cwd=tmp_path)))
    assert {word for word in words[4:] if word.startswith("--")} <= there
    assert [word for word in gitlab()["script"] if word.startswith("pip")] == ["pip install nox"]
    assert '"concbench", "check", *session.posargs' in Path(ROOT, "noxfile.py").read_text()


@pytest.mark.parametrize("pipeline", [GITHUB, GITLAB, ACTION], ids=lambda path: path.name)
def test_a_pipeline_has_no_variable_that_would_be_taken_for_an_option(pipeline):
    named = re.findall(r"\bCONCBENCH_(\w+)", pipeline.read_text(encoding="utf-8"))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_pipeline_leaves_a_comment_a_junit_report_and_the_page():
    words = check()
    exported = dict(
        words[at + 1].split(":", 1) for at, word in enumerate(words) if word == "--export"
    )
    assert exported.keys() == {"junit", "md"}
    assert exported.keys() <= set(FORMATS)
    assert "--report" in words
    artifacts = gitlab()["artifacts"]
    kept = {*artifacts["paths"], artifacts["reports"]["junit"]}
    assert {*exported.values(), ".concbench/runs/"} == kept
    assert artifacts["when"] == "always"


def test_the_pipeline_has_both_revisions_and_keeps_environments():
    assert gitlab()["variables"]["GIT_DEPTH"] == "0"
    assert "--against git:$CI_MERGE_REQUEST_DIFF_BASE_SHA" in " ".join(check())
    assert gitlab()["variables"]["XDG_CACHE_HOME"] == "$CI_PROJECT_DIR/.cache"
    assert gitlab()["cache"]["paths"] == [".cache/concbench/", ".cache/pip/"]


def test_the_workflow_gives_the_action_inputs_that_it_has():
    checkout, action = loaded(GITHUB)["jobs"]["check"]["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert action["uses"].startswith("OWNER/concbench@")
    assert action["with"].keys() <= loaded(ACTION)["inputs"].keys()


def test_the_action_gives_its_steps_the_inputs_that_they_read():
    there = loaded(ACTION)["inputs"]
    given = {name: text for step in steps() for name, text in step.get("env", {}).items()}
    read = re.findall(r'_input\("(\w+)"\)', (CI / "steps.py").read_text(encoding="utf-8"))
    read += ["TARGET", "FAIL_ON"]
    assert {f"INPUT_{name}" for name in read} == set(given)
    used = re.findall(r"inputs\.([\w-]+)", ACTION.read_text(encoding="utf-8"))
    assert set(used) == set(there)


def test_nothing_of_a_pull_request_is_put_into_a_shell_command():
    """A branch may be called `$(rm -rf .)`: it may only be a variable."""
    runs = [step["run"] for step in steps() if "run" in step]
    assert runs
    assert not any("${{" in run for run in runs)
    assert not any(
        "${{" in step.get("run", "") for step in loaded(GITHUB)["jobs"]["check"]["steps"]
    )


def test_what_the_action_leaves_is_kept_although_the_check_failed():
    (upload,) = (
        one for one in steps() if one.get("uses", "").startswith("actions/upload-artifact")
    )
    assert upload["if"] == "always()"
    assert upload["with"]["include-hidden-files"] is True
    assert upload["with"]["path"].split() == [".concbench/runs/", "concbench.xml", "concbench.md"]
    assert steps()[-1]["if"].startswith("always()")


def test_the_commands_of_a_pipeline_are_shell():
    lines = [*gitlab()["script"], *gitlab()["after_script"]]
    for line in [*lines, *(step["run"] for step in steps() if "run" in step)]:
        subprocess.run(["sh", "-n"], input=line, text=True, check=True, timeout=10)


def test_the_steps_need_the_standard_library_alone():
    code = f"import sys; sys.path.insert(0, {str(CI)!r}); import steps; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    tops = {name.partition(".")[0] for name in done.stdout.split()}
    assert "steps" in tops
    assert not tops & {"yaml", "requests", "concbench"}


def test_a_summary_stands_apart_from_what_other_steps_left_there():
    told = Check("working tree", "git:main", ())
    assert render(told, "github") == "\n" + render(told, "md")
