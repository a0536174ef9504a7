"""The steps of action.yml: `python steps.py history`, `install`, `check` or `comment`.

Each reads GitHub's variables and the action's inputs (INPUT_*), and prints what a log should have.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

JUNIT, COMMENT = "concbench.xml", "concbench.md"
MARK = "<!-- concbench -->"
"""By which a later run finds its comment, and writes it anew."""
LAST_LINE = re.compile(r"concbench: exit=(\d+) regressions=(\d+) .*\bnotcompared=(\d+)")
NEW_HERE = 4
NOBODY = re.compile("0*")
"""What an event calls the commit before the first of a branch."""


def history() -> int:
    """Say what to compare with, and fetch it where a shallow clone has not got it."""
    asked = _input("AGAINST")
    if asked and not asked.startswith("git:"):
        return _put(against=asked, key=f"{platform.python_version()}-{asked}")
    for revision in [asked.removeprefix("git:")] if asked else _revisions(_event()):
        if commit := _fetched(revision):
            return _put(against=f"git:{commit}", key=f"{platform.python_version()}-{commit}")
    if asked:
        print(f"::error::there is no revision {asked.removeprefix('git:')}, here or at its origin")
        return 2
    return _put(against="", key=platform.python_version())


def _revisions(event: dict[str, Any]) -> Iterator[str]:
    """What may be the other side, the best first."""
    parents = _parents()
    if "pull_request" in event:
        if len(parents) > 1:  # what is checked out is the pull request, merged
            yield parents[0]
        yield event["pull_request"]["base"]["sha"]
    elif not NOBODY.fullmatch(event.get("before") or ""):
        yield event["before"]
    yield from parents[:1]


def _parents() -> list[str]:
    """Those of HEAD, which a shallow clone still names."""
    commit = _git("cat-file", "commit", "HEAD").partition("\n\n")[0]
    return re.findall(r"^parent (\w+)$", commit, re.MULTILINE)


def _fetched(revision: str) -> str:
    """The revision's commit, fetched if need be; "" where there is none."""
    for name in (revision, f"origin/{revision}"):
        if found := _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            return found
    fetch = ["git", "fetch", "--quiet", "--no-tags", "--depth=1", "origin", "--", revision]
    if subprocess.run(fetch, stderr=subprocess.DEVNULL).returncode:
        return ""
    return _git("rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}")


def _git(*words: str) -> str:
    """What git prints; "" where it fails."""
    done = subprocess.run(["git", *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def install() -> int:
    """Install concbench from the action's own folder, and what it is to measure."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, str(Path(__file__).parents[2])], check=True)
    words = shlex.split(_input("INSTALL"))
    if not words:
        from concbench.sides.installation import is_installable

        words = ["."] if is_installable(Path.cwd()) else []
    if words:
        subprocess.run([*pip, *words], check=True)
    return 0


def check() -> int:
    """Run `concbench check`; 0 also where there is nothing to compare with yet."""
    if not _input("AGAINST"):
        return _pass_new("the first commit has nothing to compare with")
    code, regressions, alone = _checked(_command())
    _put(exit_code=code, regressions=regressions)
    if code == NEW_HERE and alone:
        return _pass_new("the workloads are new here: the next commit can be compared with this")
    return code


def _command() -> list[str]:
    words = ["--against", _input("AGAINST"), "--report"]
    words += ["--export", f"junit:{JUNIT}", "--export", f"md:{COMMENT}"]
    for option, name in (("--workload", "TARGET"), ("--fail-on", "FAIL_ON")):
        for line in filter(None, map(str.strip, _input(name).splitlines())):
            words += [option, line]
    words += ["--budget", budget] if (budget := _input("BUDGET")) else []
    program = [sys.executable, "-P", "-m", "concbench", "check"]
    return [*program, *words, *shlex.split(_input("OPTIONS"))]


def _checked(command: list[str]) -> tuple[int, int, int]:
    """Exit code, metrics that are slower, and cells that only one side has."""
    print("$", shlex.join(["concbench", *command[4:]]), flush=True)
    environment = {**os.environ, "CI": "true"}  # for the last line
    regressions = alone = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            print(line, end="", flush=True)
            if last := LAST_LINE.match(line):
                regressions, alone = int(last[2]), int(last[3])
    return running.returncode, regressions, alone


def _pass_new(why: str) -> int:
    print(f"::notice title=concbench::{why}")
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"\nconcbench: {why}\n")
    return 0


def comment() -> int:
    """Write the verdict below the pull request, into the comment of before where there is one."""
    event, path = _event(), Path(COMMENT)
    if "pull_request" not in event or not path.is_file():
        return 0
    theirs = (event["pull_request"]["head"]["repo"] or {}).get("full_name")
    if theirs != os.environ["GITHUB_REPOSITORY"] or not _input("TOKEN"):
        print(
            "::notice title=concbench::a fork may not comment: the step's summary has the verdict"
        )
        return 0
    try:
        _write_comment(event["pull_request"]["number"], path.read_text(encoding="utf-8"))
    except (HTTPError, URLError) as error:
        why = "the token may not comment" if getattr(error, "code", 0) in (401, 403, 404) else error
        print(f"::notice title=concbench::no comment, {why}: the step's summary has the verdict")
    return 0


def _write_comment(number: int, text: str) -> None:
    repository = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    there = _ask("GET", f"{repository}/{number}/comments?per_page=100")
    mine = [one["id"] for one in there if one["body"].startswith(MARK)]
    body = {"body": f"{MARK}\n{text}"}
    if mine:
        _ask("PATCH", f"{repository}/comments/{mine[-1]}", body)
    else:
        _ask("POST", f"{repository}/{number}/comments", body)


def _ask(method: str, path: str, body: object = None) -> Any:
    """What GitHub answers."""
    headers = {"Authorization": f"Bearer {_input('TOKEN')}", "Accept": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    address = os.environ["GITHUB_API_URL"] + path
    with urlopen(Request(address, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)


def _event() -> dict[str, Any]:
    event: dict[str, Any] = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    return event


def _input(name: str) -> str:
    return os.environ.get(f"INPUT_{name}", "").strip()


def _put(**values: object) -> int:
    """Give values to later steps."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        for name, value in values.items():
            print(f"{name.replace('_', '-')}={value}")
            file.write(f"{name.replace('_', '-')}={value}\n")
    return 0


if __name__ == "__main__":
    steps = {step.__name__: step for step in (history, install, check, comment)}
    sys.exit(steps[sys.argv[1]]())
