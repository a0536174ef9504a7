"""Whether another user of the machine could have written a file that says what code to run.

The rule is git's of `safe.directory`, and its list of exceptions is obeyed.  Standard library only.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import UsageError, user_name


def check(path: Path) -> None:
    """Raise UsageError where somebody else owns, or may write, a file or the folder it is in."""
    for place in (path, path.parent):
        if (why := strange(place)) and not _is_safe(path.parent):
            what = "it" if place == path else place
            raise UsageError(
                f"{path} may be somebody else's, and could run any code: {what} {why}\n"
                f"  {_way_out(path.parent.resolve())}"
            )


def _way_out(folder: Path) -> str:
    if _is_public(folder):  # who trusts it trusts everybody
        return f"work in a folder of your own: everybody may put files into {folder}"
    place = shlex.quote(str(folder))
    return f"if you trust it: git config --global --add safe.directory {place}"


def strange(path: Path) -> str:
    """How another user could have written it, or nothing; root can do so anyway."""
    if not hasattr(os, "getuid"):
        return ""
    about = path.stat()
    ours = {0, os.getuid()}
    with suppress(KeyError, ValueError):
        ours.add(int(os.environ["SUDO_UID"]))
    if about.st_uid not in ours:
        return f"belongs to {user_name(about.st_uid)}"
    # In a sticky folder such as /tmp nobody can take the place of another's file.
    if stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX:
        return ""
    if about.st_mode & stat.S_IWOTH:
        return "can be written by everybody"
    if about.st_mode & stat.S_IWGRP and (others := _members(about.st_gid) - {about.st_uid}):
        return f"can be written by {user_name(min(others))}, who is in its group"
    return ""


def above(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the root of its repository or to the user's home.

    Elsewhere there is no telling where a project begins, so as long as they are this user's.
    """
    home = Path.home()
    for place in (folder, *folder.parents):
        if place != folder and (strange(place) or _is_public(place)):
            return
        yield place
        if (place / ".git").exists() or place == home:
            return


def _is_public(folder: Path) -> bool:
    """Whether everybody may put files there, as in /tmp."""
    return hasattr(os, "getuid") and bool(folder.stat().st_mode & stat.S_IWOTH)


def _members(gid: int) -> set[int]:
    """The users of a group besides those whose first group it is; most have one of their own."""
    import grp
    import pwd

    members = set()
    with suppress(KeyError):
        for name in grp.getgrgid(gid).gr_mem:
            with suppress(KeyError):
                members.add(pwd.getpwnam(name).pw_uid)
    return members


def _is_safe(folder: Path) -> bool:
    """Whether git has been told to trust this folder, or one above it.

    By the machine, the user or the command, as git has it, and not by the repository itself.
    """
    command = ["git", "config", "--show-scope", "--get-all", "safe.directory"]
    try:
        done = subprocess.run(command, cwd=os.sep, capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    trusted: list[str] = []
    for line in os.fsdecode(done.stdout).split("\n")[:-1]:
        scope, _, place = line.partition("\t")
        if scope not in ("local", "worktree"):
            trusted = [*trusted, place] if place else []  # an empty one forgets those before
    whole = folder.resolve()
    return "*" in trusted or any(str(place) in trusted for place in (whole, *whole.parents))
