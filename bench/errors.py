"""Errors that somebody can mend, and the exit codes they end in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from errno import EMFILE
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Exit(IntEnum):
    """What the command's exit code says."""

    MEASURED = 0
    REGRESSION = 1
    USAGE = 2
    FAILED = 3
    NOT_COMPARABLE = 4
    NOTHING = 5
    INCONCLUSIVE = 6
    INTERNAL = 70
    INTERRUPTED = 130


class UsageError(Exception):
    """The user's mistake: says what to change; `traceback` is that of the user's code, if any."""

    exit = Exit.USAGE
    traceback = ""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a stack: the sentence."""
        return [f"concbench: {self}"]


class TimedOut(UsageError):
    """What a user's code is needed for did not come to an end."""

    exit = Exit.FAILED


class NotComparable(UsageError):
    """Two things were measured under different conditions."""

    exit = Exit.NOT_COMPARABLE


class NothingShared(NotComparable):
    """Two things have no cell in common; `alone` has each cell with the reason."""

    def __init__(
        self, message: str, titles: Sequence[str], alone: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(message)
        self.titles, self.alone = tuple(titles), tuple(alone)


class ImportFailed(UsageError):
    """A plug-in is there, and does not import."""


class NothingSelected(UsageError):
    """The selection leaves no cell."""

    exit = Exit.NOTHING


class Interrupted(Exception):
    """A signal ended the run; what was measured is saved in `folder`."""

    exit = Exit.INTERRUPTED

    def __init__(self, folder: Path, command: str = "run") -> None:
        super().__init__(f"interrupted; the results so far are saved in {folder}")
        self.folder = folder
        self.command = command


def suggestion(word: str, choices: Iterable[str]) -> str:
    """`: did you mean io_sleep?`, or nothing."""
    from difflib import get_close_matches  # 4 ms that only a mistake need pay

    close = get_close_matches(word, list(choices), n=1)
    return f": did you mean {close[0]}?" if close else ""


def alternatives(word: str, choices: Iterable[str]) -> str:
    """`: did you mean io_sleep?`, or `: there are cpu_sum, io_sleep` where nothing is close."""
    known = sorted(choices)
    return suggestion(word, known) or f": there are {', '.join(known) or 'none'}"


def remedies(error: BaseException) -> Iterator[str]:
    """What to do about errors of a task whose own words do not say it."""
    if isinstance(error, OSError) and error.errno == EMFILE:
        yield (
            "each task in flight holds a file or socket: fewer --workers, a dispatch that does not "
            "start all at once (takers, semaphore), or a higher `ulimit -n`"
        )
    if "daemonic processes are not allowed" in str(error):
        yield (
            "a task starts processes, and the children of a multiprocessing.Pool may not: take "
            "pool=executor, or a strategy without processes"
        )


def user_name(uid: int) -> str:
    """The user of a number, as a message names them."""
    import pwd  # not on Windows, as such numbers

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the user {uid}"
