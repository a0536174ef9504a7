"""The codes of notes where reports/codes is not there yet."""

from __future__ import annotations

from dataclasses import dataclass

from concbench.reports.run.notes import WORDS

KINDS = {"notes": "Notes beside a cell"}


@dataclass(frozen=True)
class _Entry:
    code: str
    kind: str
    meaning: str
    cause: str
    remedy: str
    example: str


def entries() -> dict[str, _Entry]:
    """As of reports/codes."""
    return {
        code: _Entry(code, "notes", sentence, "", "", text)
        for code, (text, sentence) in WORDS.items()
    }
