"""The sweeps of a run: cells that are alike in all but one number, and their times by round."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Any

from ..analysis import names
from ..analysis.cells import Row
from ..run.stored import Stored

Points = Mapping[float, Row]


@dataclass(frozen=True)
class SweptStrategy:
    """One strategy along the axis: its cells by value, in rising order."""

    name: str
    strategy: str
    points: Points

    def seconds(self, stored: Stored, places: Sequence[float]) -> list[list[float]]:
        """The batch times at these places of each round of the run, NaN where it has none."""
        times = [stored.times(self.points[place].id) for place in places]
        rounds = sorted({process.round for process in stored.processes})
        return [[one.get(number, nan) for one in times] for number in rounds]


@dataclass(frozen=True)
class Family:
    """Cells that differ in `key` alone: a line for each strategy, and cells that do not have it.

    `blocks` are the numbers of the tables that they stand in; `name` is that of the workload.
    """

    key: str
    name: str
    blocks: tuple[int, ...]
    lines: tuple[SweptStrategy, ...]
    flat: tuple[Row, ...]

    @property
    def places(self) -> list[float]:
        """All that was tried of the axis, in rising order."""
        return sorted({at for line in self.lines for at in line.points})

    def params(self, line: SweptStrategy) -> dict[str, Any]:
        """The parameters of its strategy that are not the axis."""
        return _without(next(iter(line.points.values())).strategy_params, self.key)

    @property
    def every_line(self) -> list[SweptStrategy]:
        """The lines, and those of the cells without the key: the same at every place."""
        flat = names.strategies(self.flat)
        return [
            *self.lines,
            *(
                SweptStrategy(flat[row.id], row.strategy, dict.fromkeys(self.places, row))
                for row in self.flat
            ),
        ]


def families(tables: Sequence[Sequence[Row]]) -> Iterator[Family]:
    """Each axis of two or more values, with all else the same; a table for each block of a run."""
    measured = [row for rows in tables for row in rows if row.batch_seconds]
    titles = {
        rows[0].block: title for title, rows in zip(names.blocks(tables), tables, strict=True)
    }
    for key in dict.fromkeys(key for row in measured for key in _numbers(row)):
        panels: dict[str, list[Row]] = {}
        for row in measured:
            panels.setdefault(_panel(row, key), []).append(row)
        for rows in panels.values():
            lines = _lines(rows, key)
            if any(len(line.points) > 1 for line in lines):
                flat = tuple(row for row in rows if key not in _numbers(row))
                numbers = tuple(dict.fromkeys(row.block for row in rows))
                title = titles[numbers[0]] if len(numbers) == 1 else _across(rows[0])
                yield Family(key, title, numbers, tuple(lines), flat)


def _across(row: Row) -> str:
    """The name of what several blocks have in common."""
    return f"{row.workload}, {row.side}" if row.side else row.workload


def best(rows: Sequence[Row]) -> dict[int, str]:
    """The rows of a block that no other number of the same sweep beats, by id.

    Their names are those of strategies, without what was swept.
    """
    swept = {family.key for family in families([rows])}
    fastest: dict[str, Row] = {}
    for row in rows:
        params = {key: one for key, one in row.strategy_params.items() if key not in swept}
        plain = replace(row, strategy_params=params)
        like = _text([row.strategy, params])
        other = fastest.setdefault(like, plain)
        if (row.batch_seconds or inf) < (other.batch_seconds or inf):
            fastest[like] = plain
    return names.strategies(list(fastest.values()))


def _numbers(row: Row) -> dict[str, float]:
    """What could be an axis: the cell's parameters that are numbers."""
    every = {"tasks": row.tasks, **row.workload_params, **row.strategy_params}
    # A bool is an int, and no axis.
    return {key: value for key, value in every.items() if type(value) in (int, float)}


def _panel(row: Row, key: str) -> str:
    """What the cells of one family have in common."""
    tasks = None if key == "tasks" else row.tasks
    return _text([row.workload, _without(row.workload_params, key), tasks, row.side])


def _lines(rows: Sequence[Row], key: str) -> list[SweptStrategy]:
    groups: dict[str, dict[float, Row]] = {}
    for row in rows:
        if key in _numbers(row):
            same = _text([row.strategy, _without(row.strategy_params, key)])
            groups.setdefault(same, {})[_numbers(row)[key]] = row
    firsts = [next(iter(points.values())) for points in groups.values()]
    plain = [replace(row, strategy_params=_without(row.strategy_params, key)) for row in firsts]
    labels = names.strategies(plain)
    return [
        SweptStrategy(labels[first.id], first.strategy, dict(sorted(points.items())))
        for first, points in zip(firsts, groups.values(), strict=True)
    ]


def _without(params: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != key}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
