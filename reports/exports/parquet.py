"""The frame of values, the cell and its parameters in every row, as Parquet."""

from __future__ import annotations

import io
import json

from ..run.stored import Stored


def rendered(stored: Stored) -> bytes:
    """Parameters are JSON texts."""
    from ..analysis import frames

    frame = frames.values(stored)
    for column in ("workload_params", "strategy_params"):
        frame[column] = frame[column].map(json.dumps)
    file = io.BytesIO()
    frame.to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()
