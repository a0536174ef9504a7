"""Environments that sides are installed into: built once, kept in the user's cache.

git, pip and interpreters run as children that end with us.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

import filelock
import platformdirs

from ..errors import UsageError
from ..processes.children import Children, Stream, wait
from ..processes.variables import ANSWERS


class CommandFailed(UsageError):
    """A command that failed; says what it was for and what it said last."""


def output(
    children: Children,
    command: Sequence[str],
    *,
    purpose: str,
    folder: Path | None = None,
    seconds: float = 60.0,
    variables: Mapping[str, str] | None = None,
    stdin: Stream = subprocess.DEVNULL,
    answers: bool = False,
) -> str:
    """What the command printed, or with `answers` what its Python wrote to that descriptor.

    Raises CommandFailed when it cannot be started, fails, or takes longer than `seconds`.
    """
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_TERMINAL_PROMPT": "0"}
    if children.folder:  # what a killed pip leaves goes with the run
        env["TMPDIR"] = str(children.folder)
    env |= variables or {}
    with TemporaryFile() as out, TemporaryFile() as err:
        try:
            streams = {"stdout": err, "answers": out} if answers else {"stdout": out}
            process = children.start(
                command, env=env, cwd=folder, stdin=stdin, stderr=err, **streams
            )
        except OSError as error:
            missing = error.filename or command[0]
            raise CommandFailed(f"{purpose}: cannot start {missing}: {error.strerror}") from None
        try:
            code = wait(process, seconds)
        finally:
            children.kill(process)
        if code == 0:
            out.seek(0)
            return os.fsdecode(out.read())  # it may name files
        how = f"not done in {seconds:.0f} s" if code is None else f"exit code {code}"
        err.seek(0)
        last = err.read().decode(errors="replace").strip().splitlines()[-12:]
    raise CommandFailed(f"{purpose}: {how}" + "".join(f"\n  {line}" for line in last))


INSTALL_SECONDS = 600.0
READY = "ready.json"
"""Written last: a folder without it was never finished."""


def cache() -> Path:
    """Where environments are kept: `~/.cache/concbench/sides` on Linux."""
    return platformdirs.user_cache_path("concbench") / "sides"


def key(*parts: str) -> str:
    """A folder's name for what decides what is in it."""
    return hashlib.sha256(os.fsencode("\0".join(parts))).hexdigest()[:20]


def installed() -> list[str]:
    """What this interpreter has, as `name==version`, sorted."""
    versions = {one.metadata["Name"]: one.version for one in distributions()}
    return sorted(f"{name}=={version}" for name, version in versions.items() if name)


@contextmanager
def cached(
    name: str, build: Callable[[Path], None], undo: Callable[[Path], None]
) -> Iterator[Path]:
    """The folder of that name, built first where it is not complete.

    Whatever interrupts the building, `undo` and the removal leave nothing half-built behind; what
    a kill leaves is removed by the next that wants it.
    """
    folder = cache() / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_name(f"{name}.lock")):
            if not (folder / READY).exists():
                _build(folder, build, undo)
            yield folder
    except OSError as error:
        raise UsageError(f"cannot keep an environment in {cache()}: {error.strerror}") from error


def _build(folder: Path, build: Callable[[Path], None], undo: Callable[[Path], None]) -> None:
    _remove(folder, undo)
    try:
        folder.mkdir(parents=True)
        build(folder)
        (folder / READY).write_text(json.dumps({"python": sys.version}), encoding="utf-8")
    except BaseException:
        _remove(folder, undo)
        raise


def _remove(folder: Path, undo: Callable[[Path], None]) -> None:
    if folder.exists():
        undo(folder)
        shutil.rmtree(folder, ignore_errors=True)


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def bare(children: Children, environment: Path, *, pip: bool) -> Path:
    """Make a virtual environment for this interpreter; the folder for its packages."""
    # Pip of this interpreter will do, where it has one: to unpack another takes 4 s.
    create(children, sys.executable, environment, pip=pip and find_spec("pip") is None)
    purpose = "cannot ask the new environment for its folder"
    answer = saying("sysconfig.get_path('purelib')")
    code = f"import os, sysconfig; {answer}"
    command = [str(python_of(environment)), "-c", code]
    return Path(output(children, command, purpose=purpose, answers=True))


def saying(text: str) -> str:
    """The statement that has an interpreter answer with a text; `os` is imported there."""
    return f"os.write(int(os.environ['{ANSWERS}']), os.fsencode({text}))"


def site_folders() -> list[str]:
    """The folders with what this interpreter has installed."""
    own = {*site.getsitepackages(), site.getusersitepackages()}
    return [path for path in sys.path if path in own and Path(path).is_dir()]


def create(children: Children, python: str, environment: Path, *, pip: bool = True) -> None:
    """Make a virtual environment, with pip in it or without."""
    command = [python, "-m", "venv", *([] if pip else ["--without-pip"]), str(environment)]
    purpose = f"cannot make an environment with {python}"
    output(children, command, purpose=purpose, seconds=INSTALL_SECONDS)


def install(children: Children, environment: Path, *words: str, purpose: str) -> None:
    """Have the environment's pip install something."""
    command = [str(python_of(environment)), "-m", "pip", "install", "--no-input", "--quiet"]
    output(children, [*command, *words], purpose=purpose, seconds=INSTALL_SECONDS)


def copy_packages(children: Children, python: str, folder: Path) -> Path:
    """A folder with our `bench` in `first`, our workloads in `last`, compiled for the interpreter.

    The first comes before whatever the interpreter has, the last behind: a side that has workloads
    of that name keeps its own.
    """
    package = Path(__file__).parents[1]
    for place, source in (("first", package), ("last", package.with_name("workloads"))):
        copy = folder / place / source.name
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    command = [python, "-m", "compileall", "-q", str(folder)]
    with suppress(UsageError):  # slower to start; what else is wrong it says itself
        output(children, command, purpose="cannot compile")
    return folder
