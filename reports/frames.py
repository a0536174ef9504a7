"""A run as pandas frames."""

from __future__ import annotations

import pandas as pd

from . import records
from .stored import Stored


def cells(stored: Stored) -> pd.DataFrame:
    """One row per cell, the columns of cells.csv; parameters are dicts, absent numbers NaN or NA.

    `rank` is Int64, all seconds, speed-ups and `of_limit` are float.
    """
    frame = pd.DataFrame(records.cells(stored), columns=list(records.CELLS))
    first = records.CELLS.index("batch_seconds")
    numbers = dict.fromkeys(records.CELLS[first:-1], "float64")
    return frame.astype({**numbers, "rank": "Int64"})


def processes(stored: Stored) -> pd.DataFrame:
    """One row per worker process in the order they ran, the columns of rounds.csv.

    `seconds` is the median batch of all `tasks`: it is scaled where a sample was measured.
    """
    return pd.DataFrame(records.processes(stored), columns=list(records.PROCESSES))
