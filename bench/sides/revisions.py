"""A side that is a git revision: a worktree of it, and its project installed where it has one."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..children import Children
from ..errors import UsageError
from . import environments
from .commands import Ended, output

PROJECT = ("pyproject.toml", "setup.py")


@dataclass(frozen=True)
class Repository:
    """The git repository of a folder; `inside` is the folder's path in it."""

    root: Path
    inside: Path


@dataclass(frozen=True)
class Revision:
    """A worktree of a commit and the interpreter that has it installed."""

    commit: str
    tree: Path
    python: str


def repository(children: Children, folder: Path) -> Repository:
    """The repository around a folder; UsageError where there is none."""
    command = ["git", "rev-parse", "--show-toplevel", "--show-prefix"]
    try:
        said = output(children, command, purpose="git", folder=folder).splitlines()
    except Ended as error:
        raise UsageError(f"{folder} is in no git repository: {error}") from None
    return Repository(Path(said[0]), Path(said[1] if len(said) > 1 else ""))


def commit(children: Children, repository: Repository, name: str) -> str:
    """The commit that a name means; UsageError when it means none."""
    command = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    if name.startswith("-"):
        raise UsageError(f"'{name}' is no git revision")
    try:
        return output(children, command, purpose="git", folder=repository.root).strip()
    except Ended:
        raise UsageError(
            f"git knows no revision '{name}' in {repository.root} "
            "(a shallow clone has few: git fetch --unshallow)"
        ) from None


def built(children: Children, repository: Repository, name: str) -> Revision:
    """The revision, checked out and installed; from the cache where it was built before.

    Raises UsageError with git's or pip's last words, and leaves nothing half-built.
    """
    found = commit(children, repository, name)
    parts = (found, str(repository.root), sys.executable, sys.version)
    wanted = environments.key(*parts, *environments.installed())

    def build(folder: Path) -> None:
        _check_out(children, repository, found, folder / "tree")
        if any((folder / "tree" / file).exists() for file in PROJECT):
            environments.overlay(children, folder / "venv")
            purpose = f"git:{name} does not install"
            words = ("--no-cache-dir", str(folder / "tree"))
            environments.install(children, folder / "venv", *words, purpose=purpose)

    def undo(folder: Path) -> None:
        command = ["git", "worktree", "remove", "--force", str(folder / "tree")]
        with suppress(Ended, OSError):  # it was not made yet, or a full disk takes no output
            output(children, command, purpose="git", folder=repository.root)

    with environments.kept(wanted, build, undo) as folder:
        own = environments.python_of(folder / "venv")
        return Revision(found, folder / "tree", str(own) if own.exists() else sys.executable)


def _check_out(children: Children, repository: Repository, commit: str, tree: Path) -> None:
    purpose = f"cannot check out {commit[:12]}"
    # What a killed run left registered, without its folder, is in the way.
    output(children, ["git", "worktree", "prune"], purpose=purpose, folder=repository.root)
    command = ["git", "worktree", "add", "--detach", "--force", str(tree), commit]
    output(children, command, purpose=purpose, folder=repository.root, seconds=300)
