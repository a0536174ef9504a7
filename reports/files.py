"""cells.csv and rounds.csv: a run for a spreadsheet, beside its run.json.

Plain csv, not pandas: every run writes these, and should not wait half a second for it.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from . import records
from .stored import Stored

_CONTROLS = ("\t", "\r", "\n")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write(stored: Stored, folder: Path) -> None:
    """Write both files; a reader sees the old or the new ones, never half.

    Raises OSError when the folder cannot be written to.
    """
    _replace(folder / "cells.csv", cells_csv(stored))
    _replace(folder / "rounds.csv", _csv(records.PROCESSES, records.processes(stored)))


def cells_csv(stored: Stored) -> str:
    """The text of cells.csv."""
    return _csv(records.CELLS, records.cells(stored))


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _field(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _field(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, str):
        # A spreadsheet would run such a text as a formula, some after blanks, some full-width.
        danger = value[:1] in _CONTROLS or value.lstrip()[:1] in _FORMULA
        safe = f"'{value}" if value and danger else value
        return safe.replace("\r", " ")  # which the csv module of 3.11 leaves bare, to end the row
    return value


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # A name may hold what UTF-8 cannot: half a character from a file system.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
