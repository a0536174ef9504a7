"""Environments that sides are installed into: built once, kept in the user's cache.

git, pip and interpreters run as children that end with us.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import distributions
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import filelock
import platformdirs

from ..errors import Exit, UsageError
from ..lanes.pools import ending
from ..processes.children import Children, Stream, wait
from ..processes.variables import ANSWERS

WORKLOADS = """
from importlib.util import find_spec
if find_spec("concbench") and (found := find_spec("concbench.workloads")):
    print(*found.submodule_search_locations)
"""
"""Prints the folder of the built-in workloads that an interpreter has itself."""
OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}
"""What git sets for a hook: with it, a new worktree would be written over the user's own index."""


class CommandFailed(UsageError):
    """A command that failed; says what it was for and what it said last.

    `said` and `errors` are all that it wrote; `late` says that it was ended after its time.  One
    that a signal ended is no mistake of the user's.
    """

    def __init__(
        self, message: str, said: str = "", errors: str = "", code: int | None = 1
    ) -> None:
        super().__init__(message)
        self.said, self.errors, self.late = said, errors, code is None
        if code is not None and code < 0:
            self.exit = Exit.FAILED


class CommandInterrupted(KeyboardInterrupt):
    """Ctrl-C came while a command ran; `said` is what it had written."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


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
    env = {key: value for key, value in os.environ.items() if key not in OF_A_HOOK}
    env |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "GIT_TERMINAL_PROMPT": "0"}
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
        except KeyboardInterrupt:
            raise CommandInterrupted(_text(out)) from None
        finally:
            children.kill(process)
        said, errors = _text(out), _bytes(err).decode(errors="replace")
    if code == 0:
        return said
    how = f"not done in {seconds:.0f} s" if code is None else ending(code)
    last = "".join(f"\n  {line}" for line in errors.strip().splitlines()[-12:])
    raise CommandFailed(f"{purpose}: {how}{last}", said, errors, code)


def _text(stream: IO[bytes]) -> str:
    return os.fsdecode(_bytes(stream))  # it may name files


def _bytes(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


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


def installed_in(environment: Path) -> dict[str, str]:
    """The version of each distribution that was installed into an environment itself, less pip."""
    places = environment.glob("[Ll]ib/**/*.dist-info")
    found = dict(place.name.removesuffix(".dist-info").split("-")[:2] for place in places)
    return {name: version for name, version in found.items() if name != "pip"}


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
    try:
        str(environment).encode()
    except UnicodeEncodeError:
        why = "its name is not UTF-8 (XDG_CACHE_HOME and TMPDIR name other places)"
        raise UsageError(f"Python can make no environment in {environment}: {why}") from None
    command = [python, "-m", "venv", *([] if pip else ["--without-pip"]), str(environment)]
    purpose = f"cannot make an environment with {python}"
    output(children, command, purpose=purpose, seconds=INSTALL_SECONDS)


def install(children: Children, environment: Path, *words: str, purpose: str) -> None:
    """Have the environment's pip install something; UsageError gives pip's reason."""
    command = [str(python_of(environment)), "-m", "pip", "install", "--no-input", "--quiet"]
    try:
        output(children, [*command, *words], purpose=purpose, seconds=INSTALL_SECONDS)
    except CommandFailed as error:
        reason = [] if error.late else pip_reason(error.errors)
        if not reason:
            raise
        raise UsageError("\n  ".join([f"{purpose}:", *reason])) from None


def pip_reason(errors: str) -> list[str]:
    """The lines of pip's errors that say why, without its frame around them.

    Where a build fails they are the build's own; of the many versions that there are the last ones.
    """
    inner = "\n".join(re.findall(r"lines? of output\]\n(.*?)\[end of output\]", errors, re.DOTALL))
    if inner:
        lines = [line.strip() for line in inner.splitlines() if line.strip()]
        return [line for line in lines if BUILD_ERROR.search(line)][-3:] or lines[-5:]
    said = [line.removeprefix("ERROR: ") for line in errors.splitlines() if line[:7] == "ERROR: "]
    said = [line for line in said if not line.startswith(("Ignored the following", "Failed to"))]
    return [re.sub(r"\(from versions: (.+)\)$", _last_versions, line) for line in said]


MOST_VERSIONS = 5
"""That a message names."""
BUILD_ERROR = re.compile(r"(^|[\s:])(fatal )?error: |^[\w.]*(Error|Exception|Exit)\b")


def _last_versions(match: re.Match[str]) -> str:
    versions = match[1].split(", ")
    more = "... " if len(versions) > MOST_VERSIONS else ""
    return f"(from versions: {more}{', '.join(versions[-MOST_VERSIONS:])})"


def copy_packages(children: Children, python: str, folder: Path) -> Path:
    """A folder with our package, compiled for the interpreter, to come before whatever that has.

    Built-in workloads that the interpreter has itself it keeps: they are what is compared where
    the repository is that of concbench.
    """
    package = folder / "concbench"
    rest = shutil.ignore_patterns("__pycache__", "reports", "workloads")
    shutil.copytree(Path(__file__).parents[1], package, ignore=rest)
    asked = output(children, [python, "-P", "-c", WORKLOADS], purpose=f"cannot ask {python}")
    own = [Path(line) for line in asked.splitlines() if Path(line).is_dir()]
    source = own[0] if own else Path(str(files("concbench.workloads")))
    shutil.copytree(source, package / "workloads", ignore=rest)
    command = [python, "-m", "compileall", "-q", str(folder)]
    with suppress(UsageError):  # slower to start; what else is wrong it says itself
        output(children, command, purpose="cannot compile")
    return folder
