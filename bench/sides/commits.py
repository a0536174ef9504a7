"""Which commits a check compares: never one with itself, and never one that git cannot place."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..errors import NotComparable, UsageError
from ..machine.identity import git_output
from . import MeasuredSide

SHORT = 12
NO_REPOSITORY = "no git repository here"


def is_dirty(folder: Path) -> bool:
    """Whether tracked files differ from HEAD."""
    return bool(git_output(folder, "status", "--porcelain", "--untracked-files=no"))


def earlier(folder: Path, branch: str | None) -> tuple[str, str]:
    """The side to compare the working tree with, and why that one.

    Raises UsageError where the history that is here does not say.
    """
    dirty = is_dirty(folder)
    in_ci = bool(os.environ.get("CI"))
    if dirty and not in_ci:
        return "git:HEAD", "there are uncommitted changes"
    # In CI a step before may have written to a tracked file: the change is still the commits.
    also = "; files with uncommitted changes are measured as they are" if dirty else ""
    head = git_output(folder, "rev-parse", "HEAD")
    base = git_output(folder, "merge-base", "HEAD", branch) if branch else None
    if branch and base is None:
        raise UsageError(
            f"HEAD and {branch} have no common ancestor here: fetch more ({_depth(folder)}), "
            "or say what to compare with: --against SIDE"
        )
    if base and base != head:
        return f"git:{base[:SHORT]}", f"where this branch left {branch}{also}"
    if git_output(folder, "rev-parse", "--verify", "--quiet", "HEAD~1") is None:
        if dirty:
            return "git:HEAD", "there are uncommitted changes, and HEAD has no parent here"
        raise NotComparable(
            f"there is nothing to compare with: HEAD has no parent here: {_first(folder)}"
        )
    why = f"HEAD is on {branch}" if branch else "no default branch is known"
    return "git:HEAD~1", f"the parent of HEAD, as {why}{also}"


def _first(folder: Path) -> str:
    if _is_shallow(folder):
        return "a shallow clone; fetch more: git fetch --unshallow"
    return "it is the first commit; change something, and check again"


def _depth(folder: Path) -> str:
    return "a shallow clone: git fetch --unshallow" if _is_shallow(folder) else "git fetch"


def _is_shallow(folder: Path) -> bool:
    return git_output(folder, "rev-parse", "--is-shallow-repository") == "true"


def why_none(folder: Path) -> str:
    """Why git knows no commit here, in its own words where it refuses."""
    command = ["git", "rev-parse", "--show-toplevel"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot start git: {getattr(error, 'strerror', error)}"
    if done.returncode == 0:
        return "the git repository here has no commit"
    said = done.stderr.strip().replace("\n", "\n  ")
    return NO_REPOSITORY if "not a git repository" in said else f"git says: {said}"


def check_distinct(sides: Sequence[MeasuredSide], folder: Path) -> None:
    """Raise NotComparable where both sides are of one commit, and nothing else differs."""
    first, second = (_commit(side, folder) for side in sides)
    if first and first == second and any(side.root for side in sides):
        raise NotComparable(
            f"nothing to compare: {sides[0].name} and {sides[1].name} are both {first[:7]}\n"
            "  change something, or name another revision, such as --against git:HEAD~1"
        )


def _commit(side: MeasuredSide, folder: Path) -> str | None:
    """The commit that a side is, to the last file; None of one that is more than that."""
    if side.root:
        return git_output(side.root[1], "rev-parse", "HEAD")
    if side.foreign or git_output(folder, "status", "--porcelain"):
        return None
    return git_output(folder, "rev-parse", "HEAD")
