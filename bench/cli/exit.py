"""How a command ends: one table from what happened to exit code, message and last line."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from concbench.reports.text import legible, shortened

from ..errors import Exit, Interrupted, UsageError

# As docs/reference/exit-codes.md says it.
WORST_FIRST = tuple(Exit(code) for code in (130, 70, 2, 3, 4, 1, 6, 5, 0))
MESSAGE = 10_000
"""Characters of one that are shown."""
REPORT = "this is a bug in concbench: please report it with the lines above and the command"


class Outcome:
    """What a command counts; `codes` are all that happened beside that."""

    def __init__(self, codes: Iterable[Exit] = ()) -> None:  # a dataclass would cost --help 0.4 ms
        self.codes = set(codes)
        self.failed = self.regressions = self.inconclusive = self.notcompared = 0
        self.suspected = self.exceeded = 0
        self.run = "-"

    @property
    def code(self) -> Exit:
        """The exit code: the worst of all; doubt is none where nobody adds it to the codes."""
        worse = self.regressions + self.exceeded
        counts = {Exit.FAILED: self.failed, Exit.REGRESSION: worse, Exit.MEASURED: 1}
        return next(code for code in WORST_FIRST if code in self.codes or counts.get(code))

    def line(self) -> str:
        """The last line on stdout in CI, for a machine."""
        counts = f"regressions={self.regressions} failed={self.failed}"
        doubts = f"inconclusive={self.inconclusive} notcompared={self.notcompared}"
        # What is new comes last: somebody may read the others by their place.
        new = f"suspected={self.suspected} exceeded={self.exceeded}"
        return f"concbench: exit={self.code:d} {counts} {doubts} run={self.run} {new}"


@contextmanager
def ending(*, last_line: bool = False, verbose: bool = False) -> Iterator[Outcome]:
    """Yield the outcome that a command fills in, then raise typer.Exit with its code.

    Whatever the command raises ends here, as a message on stderr, if `verbose` after the traceback
    of the user's code.  With `last_line` the command measures: then it is no failure that its
    output cannot be written.
    """
    outcome = Outcome()
    try:
        with _reporting(outcome, verbose), _interrupted_once():
            _check_folder()
            yield outcome
        if last_line and os.environ.get("CI"):
            print(outcome.line())
        sys.stdout.flush()
        error = _lost(sys.stdout)
        if error and not isinstance(error, BrokenPipeError):
            print(f"concbench: cannot write the output: {error.strerror}", file=sys.stderr)
            if not last_line:  # what was measured is stored, and the code says how that went
                outcome.codes.add(Exit.USAGE)
    except (BrokenPipeError, SystemExit):  # `| head -1` has read enough; Rich exits by itself
        # Or the interpreter says so again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(outcome.code)


def _lost(stream: Any) -> OSError | None:
    """Why some of what was written to a screen of ours is lost; None of any other stream."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return getattr(raw, "lost", None)


@contextmanager
def _reporting(outcome: Outcome, verbose: bool) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except UsageError as error:
        outcome.codes.add(error.exit)
        if verbose and error.traceback:
            print(legible(error.traceback).rstrip(), file=sys.stderr)
        complain(error)
    except (Interrupted, KeyboardInterrupt) as error:
        outcome.codes.add(Exit.INTERRUPTED)
        complain(str(error) or "interrupted")
        if isinstance(error, Interrupted):
            outcome.run = error.folder.name.partition("-")[0]
            print(f"  resume it with: concbench {error.command} --resume", file=sys.stderr)
    except Exception as error:
        from concbench.reports import errors  # pydantic: it costs more than all of --help

        if isinstance(error, errors.UnknownName | errors.DamagedRun):
            outcome.codes.add(Exit.USAGE)
            complain(error)
            return
        outcome.codes.add(Exit.INTERNAL)
        traceback.print_exc()
        print(REPORT, file=sys.stderr)


def _check_folder() -> None:
    try:
        Path.cwd()
    except OSError as error:
        why = f"the current folder cannot be used: {error.strerror} (was it removed?)"
        raise UsageError(why) from None


def complain(message: object) -> None:
    """Print a message on stderr; it may quote a name or a text of anybody's, however long."""
    print(f"concbench: {shortened(legible(str(message)), MESSAGE)}", file=sys.stderr)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError while a file is written into a UsageError that names the file."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or path}: {error.strerror}") from None


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """SIGTERM and SIGHUP end the command as Ctrl-C does; a second one waits for the clean-up."""
    first = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if first:
            first = False
            raise KeyboardInterrupt
        # print() from a signal handler fails where it interrupts another one.
        with suppress(OSError):  # a closed terminal, a full disk
            os.write(2, b"concbench: saving the results so far\n")

    ends = [one for one in signal.Signals if one.name in ("SIGINT", "SIGTERM", "SIGHUP")]
    handlers = {number: signal.getsignal(number) for number in ends}
    for number, old in handlers.items():
        # What is ignored stays so: nohup ignores SIGHUP, a shell's background job SIGINT.
        if old is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, old in handlers.items():
            signal.signal(number, old)
