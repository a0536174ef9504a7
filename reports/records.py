"""A run as flat records, plain Python: what frames and files are made of."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from . import cells as rows
from .cells import Row
from .stored import Process, Stored

_NAMES = [field.name for field in fields(Row)]
CELLS = tuple(_NAMES[: _NAMES.index("rank") + 1])

_CELL = ("workload", "workload_params", "strategy", "strategy_params", "tasks", "workers")
_TIMES = (
    "seconds",
    "startup_seconds",
    "first_batch_seconds",
    "close_seconds",
    "one_shot_seconds",
    "own_cpu_seconds",
    "in_process",
    "form",
    "client",
)
PROCESSES = ("round", "position", *_CELL, *_TIMES)


def cells(stored: Stored) -> list[dict[str, Any]]:
    """One record per cell, with the keys CELLS; parameters are a dict."""
    return [{key: getattr(row, key) for key in CELLS} for row in rows.rows(stored)]


def processes(stored: Stored) -> list[dict[str, Any]]:
    """One record per worker process, with the keys PROCESSES, in the order they ran."""
    known = {
        row.id: {key: getattr(row, key) for key in _CELL}
        for row in (rows.planned(cell, ()) for cell in stored.run.cells)
    }
    return [_record(process, known[process.cell]) for process in stored.processes]


def _record(process: Process, cell: dict[str, Any]) -> dict[str, Any]:
    return {
        "round": process.round,
        "position": process.position,
        **cell,
        **{key: getattr(process, key) for key in _TIMES},
    }
