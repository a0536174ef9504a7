"""Break every rule once and see which test notices: `nox -s mutants`.

The breakages stand in breakages.toml.  Each is applied to a copy of the packages, and only the
tests named beside it run against that copy; one that nobody notices is a rule without a test.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex

import psutil
from rich.console import Console
from rich.table import Table

from concbench.processes import strays

ROOT = Path(__file__).parents[1]
COPIED = ("bench", "workloads", "reports", "tests", "docs")
FILES = ("pyproject.toml", "README.md", "README.zh_Hant.md", "action.yml", "noxfile.py")
AT_ONCE = 2
PATIENCE_SECONDS = 120
"""For the tests of one breakage; those of all, unbroken, get as much for every ten breakages."""
MARK = "_MUTANT"
"""The variable by which what a broken rule left running is found; no run removes it."""
IMPORTED = """
import concbench, concbench.reports, concbench.workloads
packages = concbench, concbench.reports, concbench.workloads
print(*(package.__path__[0] for package in packages), sep="\\n")
"""


@dataclass(frozen=True)
class Breakage:
    """A rule, the text that keeps it, the text that breaks it, the tests that must notice."""

    rule: str
    file: str
    text: str
    broken: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a breakage: the tests that failed, or else why nobody noticed."""

    noticed: str = ""
    survived: str = ""


def breakages(words: list[str]) -> list[Breakage]:
    """All, or those whose rule or file contains one of the words."""
    text = Path(__file__).with_name("breakages.toml").read_text(encoding="utf-8")
    found = [
        Breakage(**{**one, "tests": tuple(one["tests"])}) for one in tomllib.loads(text)["breakage"]
    ]
    return [one for one in found if not words or any(w in f"{one.rule} {one.file}" for w in words)]


def main() -> int:
    """Print what noticed each breakage; 1 when one survives, 2 when the tests fail unbroken."""
    chosen = breakages(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        clean = Path(name, "clean").resolve()
        _copy(ROOT, clean)
        tests = sorted({test for one in chosen for test in one.tests})
        unbroken = _tested(clean, tests, PATIENCE_SECONDS * (1 + len(chosen) // 10))
        if unbroken.survived != "all passed":
            print(f"unbroken: {unbroken.noticed or unbroken.survived}")
            return 2
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = list(pool.map(partial(_outcome, clean), chosen))
    _show(chosen, outcomes)
    return int(any(outcome.survived for outcome in outcomes))


def _copy(root: Path, place: Path) -> None:
    for folder in COPIED:
        shutil.copytree(root / folder, place / folder)
    package = place / "lib" / "concbench"  # as the wheel has it
    package.mkdir(parents=True)
    for path in [*(place / "bench").iterdir(), place / "reports", place / "workloads"]:
        (package / path.name).symlink_to(path)
    for name in FILES:
        shutil.copy(root / name, place)


def _outcome(clean: Path, breakage: Breakage) -> Outcome:
    # Rather than a random name: a test's own path must not decide whether it passes.
    place = clean.with_name(f"broken-{token_hex(4)}")
    _copy(clean, place)
    try:
        path = place / breakage.file
        source = path.read_text(encoding="utf-8")
        if (count := source.count(breakage.text)) != 1:
            return Outcome(survived=f"its text is found {count} times in {breakage.file}")
        path.write_text(source.replace(breakage.text, breakage.broken), encoding="utf-8")
        # One of the same second and size would still be believed.
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()
        return _tested(place, list(breakage.tests))
    finally:
        shutil.rmtree(place)


def _tested(place: Path, tests: list[str], patience: int = PATIENCE_SECONDS) -> Outcome:
    """Run the tests against the copy of the packages that stands there."""
    number = token_hex(8)
    environment = {**os.environ, "PYTHONPATH": str(place / "lib"), MARK: number}
    _check_import(place, environment)
    # A folder of its own: two pytests at once trip over what each clears away of the other's.
    options = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--basetemp={place / 'temporary'}"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    with subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return Outcome(survived=f"the tests hung for {patience} s")
        finally:
            strays.kill(MARK, number.__eq__)
            strays.kill_these(_inside(place))
    return _said(process.returncode, said)


def _inside(place: Path) -> Iterator[psutil.Process]:
    """Those that emptied their environment: their working directory betrays them."""
    for process in psutil.process_iter(["cwd"]):
        if (process.info["cwd"] or "").startswith(str(place)):
            yield process


def _check_import(place: Path, environment: dict[str, str]) -> None:
    """That children, which start with -P, import the copy and not what is installed."""
    command = [sys.executable, "-P", "-c", IMPORTED]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
    package = place / "lib" / "concbench"
    expected = [str(package), str(package / "reports"), str(package / "workloads")]
    if done.returncode == 0 and done.stdout.splitlines() != expected:
        raise SystemExit(f"not the copy is imported but {done.stdout}")


def _said(code: int, said: str) -> Outcome:
    failed = re.findall(r"^FAILED \S*?::([^\s\[]+)", said, re.MULTILINE)
    errors = re.findall(r"^ERROR \S*?::([^\s\[]+)", said, re.MULTILINE)
    if code == 1 and (failed or errors):
        return Outcome(noticed=", ".join(dict.fromkeys([*failed, *errors])))
    if code == 0:
        return Outcome(survived="all passed")
    return Outcome(survived=f"pytest ended with {code}: {_complaint(said)}")


def _complaint(said: str) -> str:
    lines = said.strip().splitlines()
    return next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "")


def _show(chosen: list[Breakage], outcomes: list[Outcome]) -> None:
    table = Table("rule", "noticed by", box=None)
    for breakage, outcome in zip(chosen, outcomes, strict=True):
        table.add_row(breakage.rule, outcome.noticed or f"NOBODY: {outcome.survived}")
    Console(width=None if sys.stdout.isatty() else 160, markup=False).print(table)
    survivors = sum(bool(outcome.survived) for outcome in outcomes)
    print(f"\n{len(chosen)} breakages, {survivors} noticed by nobody")


if __name__ == "__main__":
    sys.exit(main())
