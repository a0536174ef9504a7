"""A worker's error as a file: its driver trusts that, not what went to stderr."""

from __future__ import annotations

import json
import traceback

from .answers import WrongAnswer


def write(error: BaseException, path: str) -> None:
    """Write kind, one line and traceback of the error as JSON."""
    first = leaf(error)
    kind = "answer" if isinstance(first, WrongAnswer) else "error"
    text = "".join(traceback.format_exception(error))
    record = {"kind": kind, "message": line(first), "traceback": text}
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
    notes = "; ".join(getattr(error, "__notes__", []))
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{words} ({notes})" if notes else words
