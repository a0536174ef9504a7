"""cells.csv."""

from __future__ import annotations

from ..files import cells_csv
from ..stored import Stored


def rendered(stored: Stored) -> str:
    return cells_csv(stored)
