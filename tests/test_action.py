"""The steps of the action and of GitLab's pipeline, end to end in a scratch repository."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .test_ci import CI, gitlab

pytestmark = pytest.mark.once
SHORT = "-s sequential --tasks 2 --rounds 1 --timeout 60s"
WORK = "import time\n\n\ndef wait(i):\n    time.sleep({seconds})\n    return i\n"
ZEROS = "0" * 40


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, seconds: float | None) -> str:
    """A commit whose work takes so long; without any, one that has no work."""
    (folder / "notes.txt").write_text(f"{seconds}\n", encoding="utf-8")
    if seconds is not None:
        (folder / "work.py").write_text(WORK.format(seconds=seconds), encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Work")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path):
    """A repository from which any commit may be fetched, as from GitHub's."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    return folder


@dataclass
class Job:
    """A job of a workflow: a clone, the event, and what the steps left."""

    clone: Path
    files: Path
    event: dict
    inputs: dict

    def step(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        event = self.files / "event.json"
        event.write_text(json.dumps(self.event), encoding="utf-8")
        environment = {
            **os.environ,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(self.files / "output"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary"),
            "GITHUB_REPOSITORY": "somebody/work",
            **{f"INPUT_{key}": value for key, value in self.inputs.items()},
            **more,
        }
        return subprocess.run(
            [sys.executable, str(CI / "steps.py"), name],
            cwd=self.clone,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def checked(self) -> subprocess.CompletedProcess[str]:
        """The steps up to the check, which gets the output of the one before."""
        found = self.step("history")
        assert found.returncode == 0, found.stdout + found.stderr
        return self.step("check", INPUT_AGAINST=self.output.get("against", ""))

    @property
    def output(self) -> dict[str, str]:
        lines = (self.files / "output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        return (self.files / "summary").read_text(encoding="utf-8")


def job(
    origin: Path, event: dict, *, revision: str = "main", shallow: bool = True, **inputs
) -> Job:
    """Check out as actions/checkout does: one commit, or all of them."""
    clone, files = origin.parent / "clone", origin.parent / "files"
    files.mkdir()
    clone.mkdir()
    git(clone, "init", "-q")
    git(clone, "remote", "add", "origin", origin.as_uri())
    depth = ["--depth=1"] if shallow else []
    git(clone, "fetch", "-q", *depth, "origin", revision)
    git(clone, "checkout", "-q", "--detach", "FETCH_HEAD")
    return Job(clone, files, event, {"TARGET": "work.py:wait", "OPTIONS": SHORT, **inputs})


def pull_request(base: str, head: str, theirs: str = "somebody/work") -> dict:
    heads = {"sha": head, "repo": {"full_name": theirs}}
    return {"pull_request": {"number": 7, "base": {"sha": base}, "head": heads}}


def merged(origin: Path) -> tuple[str, str, str]:
    """A pull request merged as GitHub does: base, head, and a commit of both."""
    base = commit(origin, 0.001)
    git(origin, "checkout", "-qb", "change")
    head = commit(origin, 0.002)
    git(origin, "checkout", "-qB", "merge", base)
    git(origin, "merge", "-q", "--no-ff", "-m", "Merge", "change")
    return base, head, git(origin, "rev-parse", "HEAD")


def test_a_pull_request_of_a_shallow_clone_is_compared_with_the_branch_it_goes_into(origin):
    base, head, merge = merged(origin)
    one = job(origin, pull_request(base, head), revision=merge, FAIL_ON="batch>900%")
    done = one.checked()
    assert one.output["against"] == f"git:{base}"
    assert done.returncode == 0, done.stdout + done.stderr
    assert one.output["exit-code"] == "0"
    assert f"git:{base}" in one.summary
    assert "::" in done.stdout  # annotations
    assert list(one.clone.glob(".concbench/runs/*/report.html"))
    assert (one.clone / "concbench.xml").exists()
    with answering([]) as (address, asked):
        said = one.step("comment", INPUT_TOKEN="t", GITHUB_API_URL=address)
    assert said.returncode == 0, said.stderr
    (_, _, body) = asked[-1]
    assert [(method, path) for method, path, _ in asked] == [
        ("GET", "/repos/somebody/work/issues/7/comments?per_page=100"),
        ("POST", "/repos/somebody/work/issues/7/comments"),
    ]
    assert body["body"].startswith("<!-- concbench -->\n")


def test_a_check_that_fails_fails_the_job_with_its_code(origin):
    before = commit(origin, 0.001)
    after = commit(origin, -1.0)  # which nobody can sleep
    one = job(origin, {"before": before, "after": after}, shallow=False)
    done = one.checked()
    assert one.output["against"] == f"git:{before}"
    assert done.returncode == 3, done.stdout + done.stderr
    assert one.output["exit-code"] == "3"


def test_a_first_commit_and_a_new_workload_have_nothing_to_compare_with_and_pass(origin):
    first = commit(origin, None)
    one = job(origin, {"before": ZEROS, "after": first})
    done = one.checked()
    assert (done.returncode, one.output["against"]) == (0, "")
    assert "nothing to compare with" in one.summary
    second = commit(origin, 0.001)
    git(one.clone, "fetch", "-q", "--depth=1", "origin", "main")
    git(one.clone, "checkout", "-q", "--detach", "FETCH_HEAD")
    one.event = {"before": first, "after": second}
    done = one.checked()
    assert one.output["exit-code"] == "4", done.stdout + done.stderr
    assert done.returncode == 0
    assert "new here" in one.summary


def test_what_a_push_overwrote_is_not_missed(origin):
    before, after = commit(origin, 0.001), commit(origin, 0.001)
    one = job(origin, {"before": "1" * 40, "after": after})
    assert one.step("history").returncode == 0
    assert one.output["against"] == f"git:{before}"


def test_another_side_may_be_a_branch_that_is_not_here_or_no_revision_at_all(origin):
    base = commit(origin, 0.001)
    git(origin, "branch", "release")
    commit(origin, 0.001)
    one = job(origin, {"before": base})
    assert one.step("history", INPUT_AGAINST="git:release").returncode == 0
    assert one.output["against"] == f"git:{base}"
    one.step("history", INPUT_AGAINST="python:3.12")
    assert one.output["against"] == "python:3.12"
    wrong = one.step("history", INPUT_AGAINST="git:--upload-pack=x")
    assert (wrong.returncode, "::error::" in wrong.stdout) == (2, True)


@pytest.mark.parametrize(
    ("theirs", "token", "code"),
    [("fork/work", "t", 0), ("somebody/work", "", 0), ("somebody/work", "t", 403)],
    ids=["a fork", "no token", "a token that may not"],
)
def test_who_may_not_comment_passes_and_is_told_where_the_verdict_is(origin, theirs, token, code):
    base = commit(origin, 0.001)
    one = job(origin, pull_request(base, base, theirs))
    (one.clone / "concbench.md").write_text("slower", encoding="utf-8")
    with answering([], code) as (address, asked):
        done = one.step("comment", INPUT_TOKEN=token, GITHUB_API_URL=address)
    assert done.returncode == 0
    assert "::notice" in done.stdout
    assert len(asked) == bool(code)


def test_a_later_run_writes_its_comment_anew(origin):
    base = commit(origin, 0.001)
    one = job(origin, pull_request(base, base))
    (one.clone / "concbench.md").write_text("as fast", encoding="utf-8")
    comments = [{"id": 2, "body": "<!-- concbench -->\nslower"}, {"id": 3, "body": "theirs"}]
    with answering(comments) as (address, asked):
        one.step("comment", INPUT_TOKEN="t", GITHUB_API_URL=address)
    assert asked[-1][:2] == ("PATCH", "/repos/somebody/work/issues/comments/2")


def test_gitlabs_pipeline_checks_and_leaves_its_artifacts(origin):
    base = commit(origin, 0.001)
    commit(origin, 0.001)
    one = job(origin, {}, shallow=False)
    (one.clone / "pyproject.toml").write_text(
        '[tool.concbench]\nworkload = ["work.py:wait"]\nstrategy = "sequential"\n'
        'tasks = 2\nrounds = 1\nprobe = "none"\n',
        encoding="utf-8",
    )
    tools = origin.parent / "tools"
    tools.mkdir()
    check = f'shift 3; exec "{sys.executable}" -P -m concbench check "$@"'
    for name, line in {"pip": "exit 0", "nox": check}.items():
        tool = tools / name
        tool.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CI": "true",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "CI_PROJECT_DIR": str(one.clone),
    }
    for line in gitlab()["script"]:
        done = subprocess.run(
            ["sh", "-c", line], cwd=one.clone, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    kept = [*gitlab()["artifacts"]["paths"], gitlab()["artifacts"]["reports"]["junit"]]
    assert all((one.clone / path).exists() for path in kept)


@contextmanager
def answering(comments: list, code: int = 0) -> Iterator[tuple[str, list]]:
    """A server in GitHub's place, with its address and what it was asked; or one that refuses."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked.append((self.command, self.path, json.loads(self.rfile.read(length) or "null")))
            self.send_response(code or 200)
            self.end_headers()
            self.wfile.write(json.dumps(comments if self.command == "GET" else {}).encode())

        do_GET = do_POST = do_PATCH = answer  # noqa: N815  # http.server calls them so

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
