"""A git revision as folders: its worktree with submodules, and an environment that has it.

Both are built once and kept in the user's cache.  The user's hooks are not run, and the variables
that git sets for hooks do not lead it to another repository or index.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from concbench.reports.codes import coded

from ..errors import NotComparable, UsageError
from ..processes.children import Children
from . import MeasuredSide, environments, installation
from .environments import CommandFailed, output
from .proof import listed

LAYOUT = "3"
"""Of what is kept for a revision: another number builds it anew."""
QUIET = ("git", "-c", f"core.hooksPath={os.devnull}")
"""The user's hooks are for the user."""
CHECKOUT_SECONDS = 300.0
POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_BYTES = 1024
"""No pointer is longer."""


def repository(children: Children, folder: Path) -> tuple[Path, Path]:
    """The root of the repository around a folder, and the folder's path in it.

    Raises UsageError with git's own words where there is none, or git will not look.
    """
    command = ["git", "rev-parse", "--show-toplevel", "--show-prefix"]
    try:
        root, *inside = output(children, command, purpose="git", folder=folder).splitlines()
    except CommandFailed as error:
        none = "not a git repository" in error.errors
        what = "is in no git repository" if none else "cannot be asked for its git repository"
        raise UsageError(f"{folder} {what}: {error}") from None
    return Path(root), Path(*inside)


def commit(children: Children, root: Path, name: str) -> str:
    """The commit that a name means; UsageError when it means none."""
    command = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    try:
        return output(children, command, purpose="git", folder=root).strip()
    except CommandFailed:
        way_out = "(a shallow clone has few: git fetch --unshallow)"
        raise UsageError(f"git knows no revision '{name}' in {root} {way_out}") from None


def build(children: Children, root: Path, commit: str, name: str) -> tuple[Path, Path]:
    """A worktree of a commit and the environment that has it installed, from the cache if there.

    Raises UsageError with git's or pip's last words, and leaves nothing half-built.
    """
    own = installation.projects(root, listed(children, root))
    ignored = listed(children, root, "--others", "--ignored") if own else []
    state = installation.state(root, own, ignored)
    modules = _submodules(children, root)
    parts = [commit, str(root), sys.executable, sys.version, LAYOUT, state, repr(modules)]
    parts.append(_brings_data(children, root))

    def build(folder: Path) -> None:
        tree = folder / "tree"
        _check_out(children, root, tree, commit, modules)
        purpose = f"git:{name} does not install"
        installation.install(children, folder / "venv", (root, tree), own, ignored, purpose)

    def undo(folder: Path) -> None:
        # Twice forced: with submodules git hesitates.
        command = ["git", "worktree", "remove", "--force", "--force", str(folder / "tree")]
        with suppress(CommandFailed, OSError):  # not made yet, or a full disk takes no output
            output(children, command, purpose="git", folder=root)

    with environments.cached(
        environments.key(*parts, *environments.installed()), build, undo
    ) as folder:
        return folder / "tree", folder / "venv"


def _brings_data(children: Children, root: Path) -> str:
    """How Git LFS would bring data: it may be set up, as it was not when a tree was made."""
    command = ["git", "config", "--get-regexp", r"^filter\.lfs\."]
    with suppress(CommandFailed):  # it is not
        said = output(children, command, purpose="git", folder=root)
        return f"{said} {os.environ.get('GIT_LFS_SKIP_SMUDGE', '')}"
    return ""


def _check_out(
    children: Children, root: Path, tree: Path, commit: str, modules: Sequence[tuple[str, str]]
) -> None:
    purpose = f"cannot check out {commit[:12]}"
    # What a killed run left registered, without its folder, is in the way.
    output(children, ["git", "worktree", "prune"], purpose=purpose, folder=root)
    command = [*QUIET, "worktree", "add", "--detach", "--force", str(tree), commit]
    output(children, command, purpose=purpose, folder=root, seconds=CHECKOUT_SECONDS)
    there = dict(_named(children, tree))
    for name, source in modules:
        if name in there:
            # From what is here: its remote may want a password, or be gone.
            own = ("-c", "protocol.file.allow=always", "-c", f"submodule.{name}.url={source}")
            words = ["submodule", "update", "--init", "--recursive", "--", there[name]]
            purpose = f"cannot check out submodule {there[name]} of {commit[:12]}"
            command = [*QUIET, *own, *words]
            output(children, command, purpose=purpose, folder=tree, seconds=CHECKOUT_SECONDS)


def _submodules(children: Children, root: Path) -> list[tuple[str, str]]:
    """The name of each submodule that is or was checked out here, and where its repository is."""
    found, known = [], dict(_named(children, root))
    for name, path in known.items():
        if (root / path / ".git").exists():
            command = ["git", "rev-parse", "--absolute-git-dir"]
            source = output(children, command, purpose="git", folder=root / path).strip()
            found.append((name, source))
    command = ["git", "rev-parse", "--git-common-dir"]
    kept = root / output(children, command, purpose="git", folder=root).strip() / "modules"
    former = {name for name, _ in _settings(children, root, "url")} if kept.is_dir() else set()
    places = ((name, kept / name) for name in sorted(former - known.keys()))
    return found + [(name, str(place)) for name, place in places if place.is_dir()]


def _named(children: Children, tree: Path) -> list[tuple[str, str]]:
    """The name and the path of each submodule that a tree knows."""
    known = (tree / ".gitmodules").is_file()
    return _settings(children, tree, "path", "--file", ".gitmodules") if known else []


def _settings(children: Children, tree: Path, key: str, *which: str) -> list[tuple[str, str]]:
    """What git's configuration says under this key of each submodule, by its name."""
    command = ["git", "config", *which, "--null", "--get-regexp", rf"^submodule\..*\.{key}$"]
    try:
        lines = output(children, command, purpose="git", folder=tree).split("\0")
    except CommandFailed:  # it names none
        return []
    pairs = (line.partition("\n") for line in lines if line)
    return [(k.removeprefix("submodule.").removesuffix(f".{key}"), one) for k, _, one in pairs]


def missing_data(children: Children, sides: Sequence[MeasuredSide]) -> list[str]:
    """A line where the trees of sides have Git LFS pointers in place of data.

    Raises NotComparable where one has a pointer for what the other has as data.
    """
    lines = [
        line
        for side in sides
        if side.root is not None
        for line in _missing_data(children, *side.root, side.title)
    ]
    return [*dict.fromkeys(lines)]


def missing_submodules(children: Children, sides: Sequence[MeasuredSide]) -> list[str]:
    """A line for each submodule of a revision that is not checked out: code may be missing."""
    return [
        coded(
            "submodule-missing",
            f"submodule {path} of {side.title} is not checked out: "
            f"run git submodule update --init {path}",
        )
        for side in sides
        if side.root is not None
        for _, path in _named(children, side.root[1])
        if not (side.root[1] / path / ".git").exists()
    ]


def _missing_data(children: Children, root: Path, tree: Path, name: str) -> list[str]:
    here, there = (_pointers(children, place) for place in (root, tree))
    apart = sorted(file for file in here ^ there if (root / file).exists())
    for file in apart:
        if (tree / file).exists():
            which = "the working tree" if file in here else name
            raise NotComparable(
                f"{file} is a Git LFS pointer in {which} and data in the other: "
                "`git lfs install` and `git lfs pull` bring the data"
            )
    both = sorted(here & there)
    if not both:
        return []
    are = f" and {len(both) - 1} more are Git LFS pointers" if both[1:] else " is a Git LFS pointer"
    return [coded("lfs-pointer", f"{both[0]}{are}, not data: run `git lfs pull`")]


def _pointers(children: Children, tree: Path) -> set[str]:
    """The tracked files whose data Git LFS has not brought."""
    files = listed(children, tree, "--cached")
    attributes = [tree / file for file in files if Path(file).name == ".gitattributes"]
    if not any(b"filter=lfs" in path.read_bytes() for path in attributes if path.is_file()):
        return set()
    return {file for file in files if _is_pointer(tree / file)}


def _is_pointer(path: Path) -> bool:
    try:
        if path.stat().st_size > POINTER_BYTES:
            return False
        return path.read_bytes().startswith(POINTER)
    except OSError:  # gone, a folder, or not for us
        return False
