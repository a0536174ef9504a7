"""Sweeps in a run: cells alike in all but one number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import names
from ..cells import Row
from .chart import Block, clean


@dataclass(frozen=True)
class Line:
    """One strategy along the axis: its cells by value, in rising order."""

    name: str
    strategy: str
    points: Mapping[float, Row]


@dataclass(frozen=True)
class Family:
    """What one chart shows: lines over `key`, and cells that do not have it."""

    key: str
    blocks: Sequence[Block]
    lines: Sequence[Line]
    flat: Sequence[Row]


def families(blocks: Sequence[Block]) -> Iterator[Family]:
    """Each axis of two or more values, with all else the same."""
    measured = [(block, row) for block in blocks for row in block.rows if row.batch_seconds]
    keys = dict.fromkeys(key for _, row in measured for key in _numbers(row))
    for key in keys:
        panels: dict[str, list[tuple[Block, Row]]] = {}
        for block, row in measured:
            panels.setdefault(_panel(row, key), []).append((block, row))
        for cells in panels.values():
            lines = _lines([row for _, row in cells], key)
            if any(len(line.points) > 1 for line in lines):
                own = list({block.number: block for block, _ in cells}.values())
                yield Family(key, own, lines, [row for _, row in cells if key not in _numbers(row)])


def _numbers(row: Row) -> dict[str, float]:
    """What could be an axis: the cell's parameters that are numbers."""
    told = {"tasks": row.tasks, **row.workload_params, **row.strategy_params}
    return {
        key: value
        for key, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _panel(row: Row, key: str) -> str:
    """What the cells of one chart have in common."""
    tasks = None if key == "tasks" else row.tasks
    return _text([row.workload, _without(row.workload_params, key), tasks, row.side])


def _lines(rows: Sequence[Row], key: str) -> list[Line]:
    found: dict[str, dict[float, Row]] = {}
    for row in rows:
        if key in _numbers(row):
            same = _text([row.strategy, _without(row.strategy_params, key)])
            found.setdefault(same, {})[_numbers(row)[key]] = row
    firsts = [next(iter(points.values())) for points in found.values()]
    called = names.strategies(
        [replace(row, strategy_params=_without(row.strategy_params, key)) for row in firsts]
    )
    return [
        Line(clean(called[first.id]), first.strategy, dict(sorted(points.items())))
        for first, points in zip(firsts, found.values(), strict=True)
    ]


def _without(params: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != key}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
