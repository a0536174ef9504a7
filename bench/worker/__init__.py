"""The worker: one process that does one job for one cell and leaves what it found in files.

The driver starts it with the file of a job as first argument, pyperf's own options after it.  A job
names what to run as `module:function`; its result and its error are files beside that of the job.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

from ..answers import WrongAnswer
from ..errors import remedies
from ..lanes.pools import show_stacks

LONGEST = 1_000_000
"""Characters of an error that are kept: the driver reads them into its memory."""


def write_failure(error: BaseException, path: str) -> None:
    """Write kind, one line and traceback of the error as JSON."""
    import traceback  # which failures alone pay for

    first = leaf(error)
    kind = "answer" if isinstance(first, WrongAnswer) else "error"
    text = "".join(traceback.format_exception(error))[-LONGEST:]
    record = {"kind": kind, "message": line(first)[:LONGEST], "traceback": text}
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(record, stream)


def leaf(error: BaseException) -> BaseException:
    """The first error inside groups of errors: one task's failure cancels the others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def line(error: BaseException) -> str:
    """`ValueError: bad size (in task 3, lane MainThread)` on one line."""
    if isinstance(error, WrongAnswer):
        return str(error)
    notes = "; ".join([*getattr(error, "__notes__", []), *remedies(error)])
    words = " ".join(": ".join(filter(None, (type(error).__name__, str(error)))).split())
    return f"{words} ({notes})" if notes else words


def main() -> None:
    """Do the job named on the command line; leave a result or an error in its folder."""
    path = sys.argv.pop(1)
    with open(path, encoding="utf-8") as stream:
        job = json.load(stream)
    show_stacks()
    try:
        module, _, function = job["run"].partition(":")
        getattr(import_module(module), function)(job, os.path.dirname(path))
    except BaseException as error:
        write_failure(error, os.path.join(os.path.dirname(path), "error.json"))
        sys.exit(1)


def mark(folder: str) -> str:
    """A file that is there while lanes are opened: it says so where the worker cannot any more."""
    path = os.path.join(folder, "opening")
    with open(path, "w", encoding="utf-8"):
        return path
