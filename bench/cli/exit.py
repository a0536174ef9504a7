"""How a command ends: one table from what happened to exit code, message and last line."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from ..errors import Exit, Interrupted, UsageError

# As the table of the README says it.
WORST_FIRST = tuple(Exit(code) for code in (130, 70, 2, 3, 4, 1, 6, 5, 0))
REPORT = "this is a bug in concbench: please report it with the lines above and the command"


class Outcome:
    """What a command counts; `codes` are all that happened beside that."""

    def __init__(self, codes: Iterable[Exit] = ()) -> None:  # a dataclass would cost --help 0.4 ms
        self.codes = set(codes)
        self.failed = self.regressions = self.inconclusive = self.notcompared = 0
        self.run = "-"

    @property
    def code(self) -> Exit:
        """The exit code: the worst of all; doubt is none where nobody adds it to the codes."""
        counts = {Exit.FAILED: self.failed, Exit.REGRESSION: self.regressions, Exit.MEASURED: 1}
        return next(code for code in WORST_FIRST if code in self.codes or counts.get(code))

    def line(self) -> str:
        """The last line on stdout in CI, for a machine."""
        counts = f"regressions={self.regressions} failed={self.failed}"
        doubts = f"inconclusive={self.inconclusive} notcompared={self.notcompared}"
        return f"concbench: exit={self.code:d} {counts} {doubts} run={self.run}"


@contextmanager
def ending(*, last_line: bool = False) -> Iterator[Outcome]:
    """Yield the outcome that a command fills in, then raise typer.Exit with its code.

    Whatever the command raises ends here, as a message on stderr.
    """
    outcome = Outcome()
    try:
        with _reporting(outcome), _interrupted_once():
            yield outcome
        if last_line and os.environ.get("CI"):
            print(outcome.line())
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # `| head -1` has read enough; Rich exits by itself
        # Or the interpreter says so again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(outcome.code)


@contextmanager
def _reporting(outcome: Outcome) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except UsageError as error:
        outcome.codes.add(error.exit)
        print(f"concbench: {error}", file=sys.stderr)
    except (Interrupted, KeyboardInterrupt) as error:
        outcome.codes.add(Exit.INTERRUPTED)
        print(f"concbench: {error or 'interrupted'}", file=sys.stderr)
        if isinstance(error, Interrupted):
            outcome.run = error.folder.name.partition("-")[0]
            print(f"  go on with: concbench {error.command} --resume", file=sys.stderr)
    except Exception as error:
        from concbench.reports import errors  # pydantic: it costs more than all of --help

        if isinstance(error, errors.UnknownName | errors.DamagedRun):
            outcome.codes.add(Exit.USAGE)
            print(f"concbench: {error}", file=sys.stderr)
            return
        outcome.codes.add(Exit.INTERNAL)
        traceback.print_exc()
        print(REPORT, file=sys.stderr)


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
        os.write(2, b"concbench: saving what was measured\n")

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
