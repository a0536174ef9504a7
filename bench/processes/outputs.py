"""Reads what a child process left, which may be empty, torn or something else entirely.

A full disk or the user's own code may spoil it: a failure of the child, never of the driver.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from concbench.reports.errors import MALFORMED

T = TypeVar("T")


@dataclass(frozen=True)
class Failed:
    """Why a worker gave nothing: `kind` is error, answer, crash, timeout or fork."""

    kind: str
    message: str
    traceback: str = ""


def parsed(text: str | Failed, parse: Callable[[str], T], what: str = "result") -> T | Failed:
    """The text of a worker's file, parsed; Failed where it cannot be, or was before."""
    if isinstance(text, Failed):
        return text
    try:
        return parse(text)
    except MALFORMED as error:
        trace = "".join(traceback.format_exception(error))
        return Failed("crash", f"its {what} cannot be read: {malformed(text, error)}", trace)


def text_of(path: Path, what: str = "result") -> str | Failed:
    """The text of a file that a worker left; Failed where there is none to read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", error)
        return Failed("crash", f"its {what} cannot be read: {why}")


def malformed(text: str, error: Exception) -> str:
    """Why a text cannot be parsed, on one line."""
    if not text.strip():
        return "it is empty (is a disk full?)"
    return " ".join(f"{type(error).__name__}: {error}".split())
