"""From what a user writes to a side that is ready: `git:main`, `python:3.12`, `env:KEY=VALUE`.

Another interpreter gets the same code; a git revision a worktree, and its project installed where
it has one.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from concbench.reports.run.keys import WORKING_TREE

from ..errors import UsageError, suggestion
from ..machine.identity import PACKAGES, release
from ..processes.children import Children
from ..processes.outputs import MALFORMED
from . import MeasuredSide, environments, installation
from .environments import CommandFailed, output
from .proof import listed

OLDEST = (3, 11)
LAYOUT = "2"
"""Of what is kept for a revision: another number builds it anew."""
QUESTION = """
import json, sys
from importlib.util import find_spec
about = {"version": list(sys.version_info[:3])}
print(json.dumps({**about, "pyperf": find_spec("pyperf") is not None}))
"""
FORMS = f"git:REV, python:PATH, python:3.12, env:KEY=VALUE, strategy:NAME or '{WORKING_TREE}'"


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
    parts = [text.partition(":") for text in texts]  # the working tree has but the first
    built = [
        _BUILD[kind](children, rest.strip(), scratch / str(place))
        for place, (kind, _, rest) in enumerate(parts)
    ]
    alike = _compiled_alike(scratch)
    return tuple(replace(side, variables={**alike, **side.variables}) for side in built)


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
    if kind == "env":
        _variables(rest)


def _git(children: Children, rest: str, scratch: Path) -> MeasuredSide:
    root, inside = _repository(children, Path.cwd())
    commit = _commit(children, root, rest)
    tree, environment = _build_revision(children, root, commit, rest)
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
    """The interpreter that `3.12`, `python3.12` or a path means, with pyperf.

    One that has pyperf is used as it is.  For any other an environment is built, with the libraries
    of the built-in workloads in the versions that are installed here and, in a project, the project
    itself, editable.  Raises UsageError when it is missing or too old.
    """
    python, about = _first_to_answer(children, rest)
    number = ".".join(map(str, about["version"]))
    if tuple(about["version"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UsageError(f"python:{rest} is Python {number}: concbench needs {oldest} or later")
    if not about["pyperf"]:
        python = _build_environment(children, python, rest)
    own = environments.copy_packages(children, python, scratch)
    exact, variables = "" if number == rest else number, _paths(python)
    return MeasuredSide(f"python:{rest}", exact, python=python, variables=variables, own=own)


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
    """The first that runs: pyenv has names (shims) without an interpreter."""
    why = ""
    for python in _candidates(text):
        try:
            about = json.loads(
                output(children, [python, "-c", QUESTION], purpose=f"{python} does not answer")
            )
            return python, {key: about[key] for key in ("version", "pyperf")}
        except (CommandFailed, *MALFORMED) as error:
            why = f": {error}"
    raise UsageError(f"there is no interpreter python:{text} (write python:3.12 or a path){why}")


def _candidates(text: str) -> list[str]:
    if not re.fullmatch(r"\d+\.\d+t?", text):
        path = shutil.which(text)
        return [str(Path(path).absolute())] if path else []  # a link may be an environment
    active = shutil.which(f"python{text}")
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob(f"versions/{text.rstrip('t')}.*"), reverse=True)
    alike = [path for path in found if path.name.endswith("t") == text.endswith("t")]
    installed = [str(path / "bin" / "python") for path in alike]
    return [active, *installed] if active else installed


def _build_environment(children: Children, python: str, text: str) -> str:
    wanted = [f"{name}=={number}" for name in PACKAGES if (number := release(name))]
    root, files = _here(children)
    own = installation.projects(root, files)
    changed = str(Path(python).stat().st_mtime_ns)
    state = installation.state(root, own, ())
    name = environments.key(python, changed, str(root), state, *wanted)

    def build(folder: Path) -> None:
        environments.create(children, python, folder / "venv")
        words = [word for one in own for word in ("-e", str(root / one.folder))]
        purpose = f"python:{text}: cannot install {', '.join(wanted)}"
        environments.install(children, folder / "venv", *wanted, *words, purpose=purpose)

    with environments.cached(name, build, lambda folder: None) as folder:
        return str(environments.python_of(folder / "venv"))


def _here(children: Children) -> tuple[Path, list[str]]:
    """The repository around this folder and its files; the folder alone where there is none."""
    try:
        root, _ = _repository(children, Path.cwd())
        return root, listed(children, root)
    except UsageError:
        folder = Path.cwd()
        return folder, [path.name for path in folder.iterdir() if path.is_file()]


def _repository(children: Children, folder: Path) -> tuple[Path, Path]:
    """The root of the repository around a folder, and the folder's path in it."""
    command = ["git", "rev-parse", "--show-toplevel", "--show-prefix"]
    try:
        root, *inside = output(children, command, purpose="git", folder=folder).splitlines()
    except CommandFailed as error:
        raise UsageError(f"{folder} is in no git repository: {error}") from None
    return Path(root), Path(*inside)


def _commit(children: Children, root: Path, name: str) -> str:
    """The commit that a name means; UsageError when it means none."""
    command = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    if name.startswith("-"):
        raise UsageError(f"'{name}' is no git revision")
    try:
        return output(children, command, purpose="git", folder=root).strip()
    except CommandFailed:
        way_out = "(a shallow clone has few: git fetch --unshallow)"
        raise UsageError(f"git knows no revision '{name}' in {root} {way_out}") from None


def _build_revision(children: Children, root: Path, commit: str, name: str) -> tuple[Path, Path]:
    """A worktree of a commit and the environment that has it installed, from the cache if there.

    Raises UsageError with git's or pip's last words, and leaves nothing half-built.
    """
    own = installation.projects(root, listed(children, root))
    ignored = listed(children, root, "--others", "--ignored") if own else []
    state = installation.state(root, own, ignored)
    parts = (commit, str(root), sys.executable, sys.version, LAYOUT, state)

    def build(folder: Path) -> None:
        purpose = f"cannot check out {commit[:12]}"
        # What a killed run left registered, without its folder, is in the way.
        output(children, ["git", "worktree", "prune"], purpose=purpose, folder=root)
        tree = folder / "tree"
        quiet = ["git", "-c", f"core.hooksPath={os.devnull}"]  # the user's hooks are for the user
        command = [*quiet, "worktree", "add", "--detach", "--force", str(tree), commit]
        output(children, command, purpose=purpose, folder=root, seconds=300)
        purpose = f"git:{name} does not install"
        installation.install(children, folder / "venv", (root, tree), own, ignored, purpose)

    def undo(folder: Path) -> None:
        command = ["git", "worktree", "remove", "--force", str(folder / "tree")]
        with suppress(CommandFailed, OSError):  # not made yet, or a full disk takes no output
            output(children, command, purpose="git", folder=root)

    with environments.cached(
        environments.key(*parts, *environments.installed()), build, undo
    ) as folder:
        return folder / "tree", folder / "venv"


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
    "env": _env,
    "strategy": _strategy,
}
