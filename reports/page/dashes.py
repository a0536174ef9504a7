"""Why a table has dashes, or lacks a column, in words that everyone sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import text
from ..cells import Row
from ..probed import Probed
from .columns import COLUMNS


def absent(row: Row, probes: Mapping[int, Probed]) -> Mapping[str, str]:
    """By probe, the reason why it saw nothing of this cell."""
    return probes[row.id].absent if row.id in probes else {}


def reasons(
    rows: Sequence[Row], names: Mapping[int, str], probes: Mapping[int, Probed]
) -> list[tuple[str, str, str]]:
    """Every reason once for the same rows: titles of columns, the reason, and whose."""
    found: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for column in COLUMNS:
        of_column: dict[str, list[int]] = {}
        for row in rows:
            why = absent(row, probes).get(column.probe)
            if why and column.value(row) is None:
                of_column.setdefault(why, []).append(row.id)
        for why, cells in of_column.items():
            found.setdefault((why, tuple(cells)), []).append(column.title)
    return [
        (
            text.listed(titles),
            why,
            "all" if len(cells) == len(rows) else ", ".join(names[cell] for cell in cells),
        )
        for (why, cells), titles in found.items()
    ]
