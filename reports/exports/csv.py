"""cells.csv."""

from __future__ import annotations

from ..analysis.records import cells_csv
from ..run.stored import Stored


def rendered(stored: Stored) -> str:
    return cells_csv(stored)
