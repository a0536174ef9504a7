"""`nox -s bench` measures, `nox -s tests` tests; the rest keeps concbench honest."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
from pathlib import Path

import nox

# pip compiles what it installs; uv would leave that to every worker's start-up.
os.environ["UV_COMPILE_BYTECODE"] = "1"

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lint"]

TESTED = ["3.11", "3.12", "3.13", "3.14", "3.15"]
COMING = ["3.14t", "3.15t"]

SIDE_BY_SIDE = ["--numprocesses=2", "--dist=worksteal"]
"""Each test has a lock of its own, and none decides by an absolute time."""

# What measures runs alone, also where nox could run sessions side by side.
PARALLEL = "allow_parallel" in inspect.signature(nox.session).parameters
ALONE = {"allow_parallel": False} if PARALLEL else {}


def answers(python: str, version: str) -> bool:
    """Whether this is an interpreter of that version; a pyenv shim may be a name without one."""
    code = "import sys; print('%d.%d' % sys.version_info[:2] + sys.abiflags.strip('dm'))"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30)
    except OSError:
        return False
    return done.stdout.strip() == version


def interpreter(version: str) -> str | None:
    """An installed interpreter: on the path, or under pyenv although not active."""
    active = shutil.which(f"python{version}")
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    free = version.endswith("t")
    installed = [
        str(path / "bin" / f"python{version}")
        for path in sorted(root.glob(f"versions/{version.rstrip('t')}*"), reverse=True)
        if path.name.endswith("t") == free
    ]
    candidates = [active, *installed] if active else installed
    return next((python for python in candidates if answers(python, version)), None)


found = {version: interpreter(version) for version in (*TESTED, *COMING)}
# Before the shims, so that nox finds what is installed and not what is active.
folders = dict.fromkeys(str(Path(python).parent) for python in found.values() if python)
os.environ["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])


def left_out(version: str) -> list[str]:
    """What a version need not tell: all run under the oldest, nearly all under the newest."""
    if version == TESTED[0]:
        return []
    return ["-m", "not once" if version == TESTED[-1] else "not once and not outer"]


@nox.session(**ALONE)
def bench(session: nox.Session) -> None:
    """Measure: three workloads under six strategies, or what the arguments say."""
    session.install(".")
    session.run("concbench", "run", "--report", *session.posargs)


@nox.session(**ALONE)
def check(session: nox.Session) -> None:
    """Stop a slow-down: against what the arguments say, else a baseline or what git suggests."""
    session.install(".")
    session.run("concbench", "check", *session.posargs)


# A version that is not installed is skipped with a warning, and an error where CI is set.
@nox.session(python=TESTED)
def tests(session: nox.Session) -> None:
    """Run the tests against the installed package."""
    session.install(".[test]")
    session.run("pytest", *SIDE_BY_SIDE, *left_out(session.python), *session.posargs)


@nox.session(python=[version for version in COMING if found[version]] or False)
def tests_next(session: nox.Session) -> None:
    """Run the tests on the Pythons to come, where one is installed."""
    if not session.python:
        session.skip(f"none of {', '.join(COMING)} is installed")
    session.install(".[test]")
    session.run("pytest", *SIDE_BY_SIDE, *left_out(session.python), *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    session.install(".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; `-- serve` shows it, `-- update` and `-- missing` help translate."""
    session.install(".[docs]")
    session.run("python", "docs/build.py", *session.posargs)


@nox.session(**ALONE)
def catalogue(session: nox.Session) -> None:
    """Try every strategy with every workload that it fits: all must give the same answers."""
    session.install(".[all]")
    session.run("concbench", "run", "--dry-run", "-w", "*", "-s", "*", *session.posargs)


@nox.session(**ALONE)
def overhead(session: nox.Session) -> None:
    """Measure what concbench itself costs."""
    session.install(".")
    session.run("python", "benchmarks/overhead.py", *session.posargs)


@nox.session(**ALONE)
def probes(session: nox.Session) -> None:
    """Measure what probes cost and how true they are."""
    session.install(".")
    session.run("python", "benchmarks/probes.py", *session.posargs)


@nox.session(**ALONE)
def report_speed(session: nox.Session) -> None:
    """Measure what reports cost."""
    session.install(".")
    session.run("python", "benchmarks/report_speed.py", *session.posargs)


@nox.session(**ALONE)
def sharpness(session: nox.Session) -> None:
    """Measure how narrow intervals are, beside those of an earlier revision."""
    session.install(".")
    session.run("python", "benchmarks/sharpness.py", *session.posargs)


@nox.session
def gate_quality(session: nox.Session) -> None:
    """Measure what the regression gate promises, on recorded and made-up noise."""
    session.install(".")
    session.run("python", "benchmarks/gate_quality.py", *session.posargs)


@nox.session
def scaling(session: nox.Session) -> None:
    """Measure how often what is said of scaling, crossovers and break-even is true."""
    session.install(".")
    session.run("python", "benchmarks/scaling.py", *session.posargs)


@nox.session
def races(session: nox.Session) -> None:
    """Measure how often the race of an advice is right, and what it takes, on made-up times."""
    session.install(".")
    session.run("python", "benchmarks/advice_races.py", *session.posargs)


@nox.session(**ALONE)
def advice_quality(session: nox.Session) -> None:
    """Measure how often advice is right, and the time that it takes, against trying everything."""
    session.install(".[numpy]")
    session.run("python", "benchmarks/advice_quality.py", *session.posargs)


@nox.session(**ALONE)
def faults(session: nox.Session) -> None:
    """Kill every process at random moments, and damage every file that is read."""
    session.install(".[test]")
    # FAULTS_KILLS=30 is a night, of some 500 kills in chains; a CI has one chain of each kind.
    more = {"FAULTS_KILLS": "5", "FAULTS_EXAMPLES": "200"}
    env = {key: os.environ.get(key, value) for key, value in more.items()}
    session.run("pytest", "tests/faults", *session.posargs, env=env)
    session.run("python", "benchmarks/reading.py")


@nox.session(**ALONE)
def mutants(session: nox.Session) -> None:
    """Break every rule once and see which test notices."""
    session.install(".[test]")
    session.run("python", "-P", "tests/mutants.py", *session.posargs)
