"""From a stored run to statistics, frames, tables and verdicts; never measures.

Importing this costs nothing: pandas, SciPy, pyperf and Rich are loaded by what needs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run.stored import Stored

__all__ = ["read"]


def read(path: Path) -> Stored:
    """The run in a folder; raises `concbench.reports.errors.DamagedRun` when it cannot be read."""
    from .run.stored import read as stored  # loads pyperf and pydantic: 0.1 s

    return stored(path)
