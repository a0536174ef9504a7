"""From what a user writes to a side that is ready: `git:main`, `python:3.12`, `pip:numpy==1.26`.

Another interpreter or library gets the same code; a git revision a worktree, and its project
installed where it has one.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from concbench.reports.errors import MALFORMED
from concbench.reports.run.keys import WORKING_TREE

from ..errors import NotComparable, UsageError, suggestion
from ..machine.identity import PACKAGES, release
from ..processes.children import Children
from . import MeasuredSide, environments, installation, interpreters, revisions
from .environments import CommandFailed, output
from .interpreters import Version
from .proof import listed

OLDEST = (3, 11)
QUESTION = f"""
import json, os, sys, sysconfig
from importlib.util import find_spec
free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
about = dict(version=list(sys.version_info[:3]), free=free)
about["pyperf"] = find_spec("pyperf") is not None
{environments.saying("json.dumps(about)")}
"""
FORMS = (
    "git:REV, python:PATH, python:3.12, pip:REQUIREMENT, env:KEY=VALUE, strategy:NAME or "
    f"'{WORKING_TREE}'"
)
PINNED = re.compile(r"[\w.\[\],-]+ *===? *[\w.!+]+")
"""A requirement that means the same tomorrow."""


def sides(children: Children, texts: Sequence[str], scratch: Path) -> tuple[MeasuredSide, ...]:
    """The sides of these names, built where they were not; `scratch` is a folder of the run's.

    Raises UsageError for a text that means nothing, two of the same name, or one that cannot be
    built.
    """
    for text in texts:
        check(text)
        if texts.count(text) > 1:
            raise UsageError(f"side '{text}' is given twice")
    if len({text.startswith("strategy:") for text in texts}) > 1:
        way_out = "compare it with another strategy:NAME"
        raise UsageError(f"strategy:NAME is a choice of cells: {way_out}")
    built = [_built(children, text, scratch / str(place)) for place, text in enumerate(texts)]
    _check_different(built)
    alike = _compiled_alike(scratch)
    titled = _titled_apart(built)
    return tuple(replace(side, variables={**alike, **side.variables}) for side in titled)


def _titled_apart(sides: Sequence[MeasuredSide]) -> list[MeasuredSide]:
    """The sides, those of the same version with the interpreter as it was asked for."""
    titles = [side.title for side in sides]
    return [
        replace(side, exact=f"{side.exact} ({side.name.partition(':')[2]})")
        if titles.count(side.title) > 1
        else side
        for side in sides
    ]


def _built(children: Children, text: str, scratch: Path) -> MeasuredSide:
    kind, _, rest = text.partition(":")  # the working tree has but the first
    try:
        return _BUILD[kind](children, rest.strip(), scratch)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted while {text} was built") from None


def _check_different(sides: Sequence[MeasuredSide]) -> None:
    """Raise UsageError where two sides differ in nothing but their names.

    NotComparable, which it is today and need not be tomorrow, of two revisions that are one commit.
    """
    known: dict[str, str] = {}
    for side in sides:
        parts = side.python, side.folder, sorted(side.variables.items()), side.strategies
        other = known.setdefault(repr(parts), side.name)
        if other != side.name:
            error = NotComparable if side.root else UsageError
            raise error(f"both sides are the same: {side.name} is another name of {other}")


def _compiled_alike(scratch: Path) -> dict[str, str]:
    """What has every side keep the bytecode of its modules.

    Python keeps it beside a module, unless it must not or cannot: then a side that pip has compiled
    would start faster than another that compiles its modules in every process.
    """
    forbidden = [os.environ.get(key) for key in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")]
    if not any(forbidden) and os.access(Path.cwd(), os.W_OK):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(scratch / "compiled")}


def check(text: str) -> None:
    """Raise UsageError unless the text has the form of a side."""
    kind, colon, rest = text.partition(":")
    if text == WORKING_TREE:
        return
    if kind not in _BUILD or not colon or not rest.strip():
        raise UsageError(f"no side '{text}'{suggestion(kind, _BUILD)} (write {FORMS})")
    if rest.strip().startswith("-"):
        raise UsageError(f"side '{text}': what follows {kind}: must not begin with '-'")
    if kind == "env":
        _variables(rest)


def _git(children: Children, rest: str, scratch: Path) -> MeasuredSide:
    root, inside = revisions.repository(children, Path.cwd())
    commit = revisions.commit(children, root, rest)
    tree, environment = revisions.build(children, root, commit, rest)
    (tree / inside).mkdir(parents=True, exist_ok=True)  # a folder that the commit does not have
    python = str(environments.python_of(environment))
    return MeasuredSide(
        f"git:{rest}",
        commit[:7] if not commit.startswith(rest) else "",
        python=python,
        folder=tree / inside,
        root=(root, tree),
        variables=_paths(python, (root, tree)),
        own=environments.copy_packages(children, python, scratch),
        environment=environment,
    )


def _python(children: Children, rest: str, scratch: Path) -> MeasuredSide:
    """The interpreter that `3.14t`, `python3.12` or a path means, with pyperf.

    One that has pyperf is used as it is.  For any other an environment is built, with the libraries
    of the built-in workloads in the versions that are installed here and, in a project, the project
    itself, editable.  Raises UsageError when it is missing or too old.
    """
    python, about = _first_to_answer(children, rest)
    number = str(Version.answered(about))
    if tuple(about["version"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UsageError(f"python:{rest} is Python {number}: concbench needs {oldest} or later")
    if not about["pyperf"]:
        python = _build_environment(children, python, rest)
    own = environments.copy_packages(children, python, scratch)
    variables = _paths(python)
    return MeasuredSide(f"python:{rest}", number, python=python, variables=variables, own=own)


def _variables(text: str) -> dict[str, str]:
    try:
        words = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:  # a quote that is not closed
        raise UsageError(f"side 'env:{text}': {error}") from None
    for key, equals, _ in words:
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key):
            raise UsageError(f"side 'env:{text}' must be env:KEY=VALUE, or several with spaces")
    return {key: value for key, _, value in words}


def _first_to_answer(children: Children, text: str) -> tuple[str, dict[str, Any]]:
    """The first that runs and is what it should be: pyenv has shims without an interpreter."""
    why, asked = "", interpreters.wanted(text)
    for python in interpreters.candidates(children, text):
        try:
            about = json.loads(
                output(
                    *(children, [python, "-c", QUESTION]),
                    purpose=f"{python} does not answer",
                    answers=True,
                )
            )
            version = Version.answered(about)
            if asked is None or asked.covers(version):
                return python, {key: about[key] for key in ("version", "free", "pyperf")}
            why = f": {python} is {version}"
        except (CommandFailed, *MALFORMED) as error:
            why = f": {error}"
    versions = [version for version, _ in interpreters.installed()]
    fit = [str(one) for one in versions if (one.major, one.minor) >= OLDEST]
    known = f"; pyenv and uv have {', '.join(dict.fromkeys(fit))}" if fit else ""
    raise UsageError(
        f"there is no interpreter python:{text} (write python:3.12, python:3.14t or a path"
        f"{known}){why}"
    )


def _build_environment(children: Children, python: str, text: str) -> str:
    wanted = [f"{name}=={number}" for name in PACKAGES if (number := release(name))]
    root, files = _here(children)
    own = installation.projects(root, files)
    editable = [root / one.folder for one in own]
    if own:  # they may need libraries that no index has
        ours = Path(__file__).resolve().parents[2]
        editable += [one for one in installation.neighbours(root, files) if one != ours]
    changed = str(Path(python).stat().st_mtime_ns)
    state = installation.state(root, own, ())
    name = environments.key(python, changed, *map(str, editable), state, *wanted)

    def build(folder: Path) -> None:
        environments.create(children, python, folder / "venv")
        words = [word for one in editable for word in ("-e", str(one))]
        projects = map(str, editable)
        purpose = f"python:{text}: cannot install {', '.join([*wanted, *projects])}"
        environments.install(children, folder / "venv", *wanted, *words, purpose=purpose)

    with environments.cached(name, build, lambda folder: None) as folder:
        return str(environments.python_of(folder / "venv"))


def _pip(children: Children, rest: str, scratch: Path) -> MeasuredSide:
    """What is installed here, with one library in another version over it.

    Kept in the cache where the requirement names one version for all times.
    """
    here = Path.cwd()

    def build(folder: Path) -> None:
        installation.prepare(children, folder / "venv", (here, here), pip=True)
        purpose = f"pip:{rest} does not install"
        environments.install(children, folder / "venv", rest, purpose=purpose)

    if PINNED.fullmatch(rest):
        of_pip = sorted(f"{k}={value}" for k, value in os.environ.items() if k.startswith("PIP_"))
        parts = (rest, sys.executable, sys.version, installation.state(here, (), ()), *of_pip)
        name = environments.key("pip", *parts, *environments.installed())
        with environments.cached(name, build, lambda folder: None) as folder:
            environment = folder / "venv"
    else:
        environment = scratch / "venv"
        build(scratch)
    python = str(environments.python_of(environment))
    return MeasuredSide(
        f"pip:{rest}",
        _installed_version(environment, rest),
        python=python,
        variables=_paths(python),
        own=environments.copy_packages(children, python, scratch),
        environment=environment,
    )


def _installed_version(environment: Path, requirement: str) -> str:
    """What a requirement came to, where it does not say that itself."""
    found = environments.installed_in(environment)
    versions = {installation.normal(name): version for name, version in found.items()}
    match = re.match(r"[\w.-]*\w", requirement)
    name = match[0] if match else ""
    number = versions.get(installation.normal(name)) or (name and release(name)) or ""
    if not number:  # a path or an address
        number = ", ".join(f"{key} {one}" for key, one in versions.items())
    return "" if PINNED.fullmatch(requirement) and requirement.endswith(number) else number


def _here(children: Children) -> tuple[Path, list[str]]:
    """The repository around this folder and its files; the folder alone where there is none."""
    try:
        root, _ = revisions.repository(children, Path.cwd())
        return root, listed(children, root)
    except UsageError:
        folder = Path.cwd()
        return folder, [path.name for path in folder.iterdir() if path.is_file()]


def _env(_: Children, rest: str, __: Path) -> MeasuredSide:
    variables = {**_paths(sys.executable), **_variables(rest)}
    return MeasuredSide(f"env:{rest}", variables=variables)


def _strategy(_: Children, rest: str, __: Path) -> MeasuredSide:
    variables = _paths(sys.executable)
    return MeasuredSide(f"strategy:{rest}", variables=variables, strategies=(rest,))


def _paths(python: str, trees: tuple[Path, Path] | None = None) -> dict[str, str]:
    """The interpreter's own commands first, and paths below the root moved to the side's tree."""
    paths = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if os.environ.get(key)}
    if trees:
        paths = {key: installation.moved_search_path(text, *trees) for key, text in paths.items()}
    own = Path(python).parent  # not resolved: the link is the environment's
    paths["PATH"] = os.pathsep.join(filter(None, (str(own), paths.get("PATH", ""))))
    if (own.parent / "pyvenv.cfg").exists():
        paths["VIRTUAL_ENV"] = str(own.parent)
    return paths


_BUILD: dict[str, Callable[[Children, str, Path], MeasuredSide]] = {
    WORKING_TREE: lambda *_: MeasuredSide(WORKING_TREE, variables=_paths(sys.executable)),
    "git": _git,
    "python": _python,
    "pip": _pip,
    "env": _env,
    "strategy": _strategy,
}
