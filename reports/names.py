"""Names of cells and blocks, with no more parameters than it takes to tell them apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .cells import Row


def strategies(rows: Sequence[Row]) -> dict[int, str]:
    """The name of each cell of a block, by id: `threading`, or `threading[workers=4]`."""
    return _names({row.id: (row.strategy, row.strategy_params) for row in rows})


def blocks(tables: Sequence[Sequence[Row]]) -> list[str]:
    """The name of each block: `io_sleep`, or `io_sleep[seconds=0.02] x 128`."""
    firsts = [rows[0] for rows in tables]
    plain = _names({place: (row.workload, row.workload_params) for place, row in enumerate(firsts)})
    same = list(plain.values())
    return [
        f"{name} x {row.tasks:,}" if same.count(name) > 1 else name
        for name, row in zip(same, firsts, strict=True)
    ]


def _names(cells: Mapping[int, tuple[str, dict[str, Any]]]) -> dict[int, str]:
    found = {}
    for key, (name, params) in cells.items():
        alike = [other for like, other in cells.values() if like == name]
        telling = {
            param: value
            for param, value in params.items()
            if any(param not in other or other[param] != value for other in alike)
        }
        inner = ",".join(f"{param}={_plain(value)}" for param, value in telling.items())
        found[key] = f"{name}[{inner}]" if inner else name
    return found


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
