"""Workloads against strategies: speed-up as text, the share of the limit as shade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import names, text
from ..cells import Row


@dataclass(frozen=True)
class Square:
    """One cell of the grid, shaded by its `share` of the limit; `why` is the reason of no time."""

    text: str
    said: str
    share: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Grid:
    """A row of squares for each workload, under the names of strategies; None where no cell is."""

    strategies: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Square | None, ...]], ...]


def grid(titles: Sequence[str], tables: Sequence[Sequence[Row]]) -> Grid:
    """The grid of a run, strategies in the order of its plan."""
    known = [names.strategies(rows) for rows in tables]
    planned = [sorted(rows, key=lambda row: row.id) for rows in tables]
    columns = tuple(
        dict.fromkeys(
            name[row.id] for name, rows in zip(known, planned, strict=True) for row in rows
        )
    )
    found = []
    for title, name, rows in zip(titles, known, planned, strict=True):
        squares = {name[row.id]: _square(row) for row in rows}
        found.append((title, tuple(squares.get(column) for column in columns)))
    return Grid(columns, tuple(found))


def _square(row: Row) -> Square:
    if row.batch_seconds is None:
        return Square("n/a", "", why=f"{row.status}: {row.reason}" if row.reason else row.status)
    shown = text.ratio(row.speedup) if row.speedup else text.duration(row.batch_seconds)
    if row.of_limit is None:
        return Square(shown, "")
    share = round(min(1.0, max(0.0, row.of_limit)), 4)
    return Square(shown, f"{text.percent(row.of_limit)} of limit", share)
