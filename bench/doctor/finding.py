"""One thing that was looked at: what was seen, whether that is good, what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    """How a finding bears on times: not at all, to be known, to be mended, not to be seen here."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "mend"
    UNKNOWN = "?"


@dataclass(frozen=True)
class Finding:
    """`about` is a word or two, `seen` a few more, `advice` a sentence or nothing."""

    about: str
    seen: str
    level: Level = Level.GOOD
    advice: str = ""


def unknown(about: str, why: str) -> Finding:
    """What cannot be seen on this system."""
    return Finding(about, f"not known here: {why}", Level.UNKNOWN)


def text(root: Path, path: str) -> str | None:
    """A file of the system, stripped; None where it is not there or not for us."""
    try:
        return (root / path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
