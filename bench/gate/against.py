"""What a check compares with: what the user says, else the baseline, else what git suggests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..machine.identity import git_output
from ..plan.settings import Settings
from ..sides import WORKING_TREE
from ..sides.build import check

DEFAULT_BRANCHES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True)
class Against:
    """Two sides, or a stored baseline; `why` says how it was chosen, where nobody did."""

    sides: tuple[str, ...] = ()
    baseline: str = ""
    why: str = ""


def against(given: Mapping[str, Any], settings: Settings, folder: Path) -> Against:
    """What to compare with; UsageError where nothing can be found."""
    side, baseline = given.get("against"), given.get("baseline")
    if side and baseline:
        raise UsageError("--against and --baseline both say what to compare with: give one")
    gate = settings.gate
    if not side and not baseline:
        side, baseline = gate.against, gate.baseline
        if side and baseline:
            raise UsageError("'against' and 'baseline' of the gate's options: keep one")
    if len(settings.side) > 1:
        raise UsageError("a check is of one --side, against another")
    ours = settings.side[0] if settings.side else WORKING_TREE
    check(ours)
    if side:
        check(side)
        return Against((ours, side))
    if baseline:
        return Against(baseline=baseline)
    return _of_git(ours, folder)


def _of_git(ours: str, folder: Path) -> Against:
    if git_output(folder, "rev-parse", "HEAD") is None:
        raise UsageError(
            "there is nothing to compare with: no git repository here\n"
            "  say what: --against SIDE (git:REV, python:3.12, env:KEY=VALUE), or --baseline NAME"
        )
    if git_output(folder, "status", "--porcelain", "--untracked-files=no"):
        return Against((ours, "git:HEAD"), why="there are uncommitted changes")
    branch = default_branch(folder)
    base = git_output(folder, "merge-base", "HEAD", branch) if branch else None
    head = git_output(folder, "rev-parse", "HEAD")
    if base and base != head:
        return Against((ours, f"git:{base[:12]}"), why=f"where this branch left {branch}")
    if git_output(folder, "rev-parse", "--verify", "--quiet", "HEAD~1") is None:
        raise UsageError(
            "there is nothing to compare with: HEAD has no parent here "
            "(a shallow clone? git fetch --unshallow)"
        )
    why = f"HEAD is on {branch}" if branch else "no default branch is known"
    return Against((ours, "git:HEAD~1"), why=f"{why}: its parent")


def default_branch(folder: Path) -> str | None:
    """What the remote says, else one of the usual names."""
    told = git_output(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    names = [told] if told else []
    names += [f"{place}{name}" for name in DEFAULT_BRANCHES for place in ("origin/", "")]
    return next(
        (name for name in names if git_output(folder, "rev-parse", "--verify", "--quiet", name)),
        None,
    )
