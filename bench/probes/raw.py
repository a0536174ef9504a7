"""Every task's own times, kept in the run's folder when they are asked for."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

from ..errors import UsageError
from . import flights

COLUMNS = ("task", "lane", "submitted", "started", "ended")


def write(folder: Path, cell: int, text: str) -> None:
    """Write `latency/CELL.csv.gz` from what the worker left: seconds since the batch began.

    `submitted` is empty where nobody knows it.  Raises UsageError when it cannot be written.
    """
    path = folder / "latency" / f"{cell}.csv.gz"
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(exist_ok=True)
        partial.write_bytes(gzip.compress(_table(text).encode(), mtime=0))
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _table(text: str) -> str:
    recorded = flights.read(json.loads(text))
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in recorded.flights:
        times = [_seconds(at - recorded.began) for at in (one.started, one.ended)]
        known = _seconds(one.submitted - recorded.began) if one.submitted else ""
        rows.writerow([one.task, recorded.lanes[one.lane].name, known, *times])
    return stream.getvalue()


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e9:.9f}"
