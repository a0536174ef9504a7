"""A run as flat records: what frames are made of, and cells.csv and rounds.csv beside a run.

Plain Python, not pandas: every run writes these files, and should not wait half a second for it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from math import isnan, nan
from pathlib import Path
from typing import Any

from ..files import write_whole
from ..run.stored import Stored
from ..stats.intervals import Interval
from . import cells as rows
from .cells import Row
from .comparison import Difference, Pair, sided
from .comparison import differences as differences_of

_NAMES = [field.name for field in fields(Row)]
CELLS = tuple(_NAMES[: _NAMES.index("rank_high") + 1])

_CELL = ("workload", "workload_params", "strategy", "strategy_params", "tasks", "workers", "side")
_TIMES = (
    *("seconds", "startup_seconds", "first_batch_seconds", "close_seconds", "one_shot_seconds"),
    *("own_cpu_seconds", "in_process", "form", "client"),
    *("cpu_seconds", "voluntary_switches", "involuntary_switches", "metrics", "gil", "loop"),
    "child_startup_seconds",
)
PROCESSES = ("round", "position", *_CELL, *_TIMES, "delivered", "low")
VALUES = ("round", "position", *_CELL, "value", "seconds")
DIFFERENCES = (
    *("workload", "workload_params", "tasks", "side"),
    *("strategy", "strategy_params", "other", "other_params"),
    *("rounds", "ratio", "ratio_low", "ratio_high", "p", "different"),
)
SIDES = (
    *("workload", "workload_params", "tasks"),
    *("side", "strategy", "strategy_params", "seconds"),
    *("other_side", "other", "other_params", "other_seconds"),
    *("rounds", "ratio", "ratio_low", "ratio_high", "p", "word"),
)
METRICS = (*_CELL, "metric", "per_batch", "per_task")


def cells(stored: Stored) -> list[dict[str, Any]]:
    """One record per cell, with the keys CELLS; parameters are a dict."""
    return [{key: getattr(row, key) for key in CELLS} for row in rows.rows(stored)]


def processes(stored: Stored) -> list[dict[str, Any]]:
    """One record per worker process, with the keys PROCESSES, in the order they ran."""
    cells_of = _by_id(stored)
    canaries = stored.run.counted
    return [
        {
            "round": process.round,
            "position": process.position,
            **cells_of[process.cell],
            **{key: getattr(process, key) for key in _TIMES},
            "delivered": canary and canary.delivered,
            "low": canary and canary.low,
        }
        for process in stored.processes
        for canary in [canaries.get(process.round)]
    ]


def values(stored: Stored) -> list[dict[str, Any]]:
    """One record per value, with the keys VALUES, in the order they were taken."""
    cells_of = _by_id(stored)
    return [
        {
            "round": process.round,
            "position": process.position,
            **cells_of[process.cell],
            "value": number,
            "seconds": seconds,
        }
        for process in stored.processes
        for number, seconds in enumerate(process.values)
    ]


def differences(stored: Stored) -> list[dict[str, Any]]:
    """One record per pair of strategies of a block, with the keys DIFFERENCES."""
    cells_of = _by_id(stored)
    return [
        _difference(one, cells_of[one.first], cells_of[one.second])
        for cells in stored.blocks().values()
        for one in differences_of(stored, cells)
    ]


def sides(stored: Stored) -> list[dict[str, Any]]:
    """One record per cell of the first side and the same of each other, with the keys SIDES."""
    return [_sided(stored, pair) for one in sided(stored) for pair in one.pairs]


def side_means(stored: Stored) -> list[dict[str, Any]]:
    """One record per later side: the geometric mean of its ratios; none of fewer than two."""
    return [
        {
            "side": one.first.title,
            "other_side": one.other.title,
            "cells": one.mean.cells,
            **_ratio(one.mean.ratio),
        }
        for one in sided(stored)
        if one.mean
    ]


def metrics(stored: Stored) -> list[dict[str, Any]]:
    """One record per cell and what its workload counts, with the keys METRICS."""
    return [
        {
            **{key: getattr(row, key) for key in _CELL},
            "metric": name,
            "per_batch": count,
            "per_task": count / row.tasks,
        }
        for row in rows.rows(stored)
        for name, count in row.metrics.items()
    ]


def _difference(one: Difference, first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: first[key] for key in DIFFERENCES[:6]},
        "other": second["strategy"],
        "other_params": second["strategy_params"],
        "rounds": one.rounds,
        **_ratio(one.ratio),
        "p": one.p,
        "different": one.differs,
    }


def _ratio(ratio: Interval) -> dict[str, Any]:
    return {"ratio": ratio.estimate, "ratio_low": ratio.low, "ratio_high": ratio.high}


def _sided(stored: Stored, pair: Pair) -> dict[str, Any]:
    first, other, result = pair.first, pair.other, pair.result
    both = stored.times(first.id).keys() & stored.times(other.id).keys()
    return {
        "workload": first.workload.name,
        "workload_params": first.workload.params,
        "tasks": first.tasks,
        "side": first.side,
        "strategy": first.strategy.name,
        "strategy_params": first.strategy.params,
        "seconds": result.first_seconds,
        "other_side": other.side,
        "other": other.strategy.name,
        "other_params": other.strategy.params,
        "other_seconds": result.other_seconds,
        "rounds": len(both),
        **_ratio(result.ratio or Interval(nan, nan, nan)),
        "p": result.p,
        "word": result.word,
    }


def _by_id(stored: Stored) -> dict[int, dict[str, Any]]:
    planned = (rows.planned(cell, ()) for cell in stored.run.cells)
    return {row.id: {key: getattr(row, key) for key in _CELL} for row in planned}


_CONTROLS = ("\t", "\r", "\n")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write(stored: Stored, folder: Path) -> None:
    """Write both files; a reader sees the old or the new ones, never half.

    Raises OSError when the folder cannot be written to.
    """
    write_whole(folder / "cells.csv", cells_csv(stored))
    write_whole(folder / "rounds.csv", _csv(PROCESSES, processes(stored)))


def cells_csv(stored: Stored) -> str:
    """The text of cells.csv."""
    return _csv(CELLS, cells(stored))


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
