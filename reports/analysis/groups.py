"""Tables of a run: its blocks, or its cells grouped by something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..run.stored import Stored
from . import cells, explanations, names
from .cells import Row
from .columns import RANK, Line, View
from .explanations import Footnote


@dataclass(frozen=True)
class Group:
    """A table: its name, its rows, and what each is called in it.

    Cells are compared within blocks: only a group that is a `block` has ranks and a verdict.
    """

    name: str
    rows: tuple[Row, ...]
    names: Mapping[int, str]
    block: bool

    def lines(self, view: View, printable: Callable[[str], str] = str) -> list[Line]:
        """The rows as the view orders them; those that were not measured stay below."""
        lines = [Line(row, printable(self.names[row.id]), "", "") for row in self.rows]
        measured = view.ordered([line for line in lines if line.row.batch_seconds is not None])
        rows = [line.row for line in measured]
        rows += [row for row in self.rows if row.batch_seconds is None]
        told = explanations.footnotes(rows)
        return [
            Line(
                row,
                printable(self.names[row.id]),
                explanations.marks(row, told),
                printable(f"{row.status}: {row.reason}" if row.reason else row.status),
            )
            for row in rows
        ]


def explained(lines: Sequence[Line]) -> list[Footnote]:
    """The notes of a table, lettered from `a` in the order of its lines."""
    return explanations.footnotes([line.row for line in lines])


def blocks(stored: Stored) -> list[Group]:
    """The cells that are compared with each other, a group each."""
    tables = [cells.block(stored, planned) for planned in stored.blocks().values()]
    return [
        Group(name, tuple(rows), names.strategies(rows), block=True)
        for name, rows in zip(names.blocks(tables), tables, strict=True)
    ]


def grouped(blocks: Sequence[Group], by: str) -> list[Group]:
    """The same cells by `workload`, `strategy`, `tasks`, `workers`, `side`, a parameter, or in one.

    Without `by` they stay in their blocks.  A group that is a block keeps its name.
    """
    if not by:
        return list(blocks)
    rows = [row for block in blocks for row in block.rows]
    apart: dict[str, list[Row]] = {}
    for row in rows:
        apart.setdefault(_label(row, by), []).append(row)
    whole = {frozenset(block.names): block for block in blocks}
    found = {label: whole.get(frozenset(row.id for row in apart[label])) for label in apart}
    kinds = {_kind(those) for label, those in apart.items() if not found[label]}
    kind = kinds.pop() if len(kinds) == 1 else "cell"
    return [
        found[label] or Group(label, tuple(those), names.grouped(those, kind), block=False)
        for label, those in sorted(apart.items(), key=_first)
    ]


def comparable(view: View, groups: Sequence[Group]) -> View:
    """The view without ranks, unless all groups are blocks: elsewhere a rank would mislead."""
    if all(group.block for group in groups):
        return view
    return replace(view, columns=tuple(one for one in view.columns if one != RANK))


def naming(groups: Sequence[Group]) -> str:
    """What the lines of these groups are names of: `strategy`, `workload` or, of both, `cell`."""
    kinds = {"strategy" if group.block else _kind(group.rows) for group in groups}
    return kinds.pop() if len(kinds) == 1 else "cell"


def _kind(rows: Sequence[Row]) -> str:
    if len({row.strategy for row in rows}) == 1:
        return "workload"
    return "strategy" if len({row.block for row in rows}) == 1 else "cell"


def params(stored: Stored) -> list[str]:
    """The parameters that the cells of a run have, in the order they are met."""
    cells = stored.run.cells
    plugins = (plugin for cell in cells for plugin in (cell.workload, cell.strategy))
    return list(dict.fromkeys(key for plugin in plugins for key in plugin.params))


def _first(group: tuple[str, list[Row]]) -> int:
    return min(row.id for row in group[1])


def _label(row: Row, by: str) -> str:
    if by == "none" or (by == "side" and not row.side):
        return "all cells"
    if by in ("workload", "strategy", "side"):
        return {"workload": row.workload, "strategy": row.strategy, "side": row.side}[by]
    if by in ("tasks", "workers"):
        return f"{by}={row.tasks if by == 'tasks' else row.workers}"
    params = {**row.strategy_params, **row.workload_params}
    if by not in params:
        return f"without {by}"
    value = params[by]
    return f"{by}={value if isinstance(value, str) else json.dumps(value)}"
