"""Names of cells and blocks, with no more parameters than it takes to tell them apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import numbers
from ..run.schema import Planned
from ..run.stored import Stored
from . import cells
from .cells import Row


def strategies(rows: Sequence[Row]) -> dict[int, str]:
    """The name of each cell of a block, by id: `threading`, or `threading[workers=4]`."""
    return _names({row.id: row for row in rows}, "strategy")


def blocks(tables: Sequence[Sequence[Row]]) -> list[str]:
    """The name of each block: `io_sleep`, `io_sleep[seconds=0.02] x 128`, `io_sleep, git:main`."""
    firsts = [rows[0] for rows in tables]
    plain = _names(dict(enumerate(firsts)), "workload")
    same = [(name, row.side) for name, row in zip(plain.values(), firsts, strict=True)]
    alike = Counter(same)
    return [
        _on_side(f"{name} x {row.tasks:,}" if alike[name, side] > 1 else name, side)
        for (name, side), row in zip(same, firsts, strict=True)
    ]


def _on_side(name: str, side: str) -> str:
    return f"{name}, {side}" if side else name


def grouped(rows: Sequence[Row], kind: str) -> dict[int, str]:
    """The name of each cell of a table that is no block, by id.

    `kind` is `workload` (`io_sleep`, `io_sleep, workers=4`), `strategy`, or for both `cell`
    (`io_sleep / asyncio`).  Where rows are of several sides, theirs follows.
    """
    names = _grouped(rows, kind)
    if len({row.side for row in rows}) < 2:
        return names
    return {row.id: _on_side(names[row.id], row.side) for row in rows}


def _grouped(rows: Sequence[Row], kind: str) -> dict[int, str]:
    plain = _names({row.id: row for row in rows}, "workload")
    sizes = {(plain[row.id], row.tasks) for row in rows}
    alike = Counter(name for name, _ in sizes)
    work = {
        row.id: f"{plain[row.id]} x {row.tasks:,}" if alike[plain[row.id]] > 1 else plain[row.id]
        for row in rows
    }
    how: dict[int, str] = {}
    for name in set(work.values()):
        how |= strategies([row for row in rows if work[row.id] == name])
    if kind == "strategy":
        return how
    if kind == "cell":
        return {key: f"{work[key]} / {how[key]}" for key in work}
    inner = {row.id: how[row.id].removeprefix(row.strategy).strip("[]") for row in rows}
    return {key: ", ".join(filter(None, (work[key], inner[key]))) for key in work}


_RUN = re.compile(r"0*(\d+)-\d{8}T\d{6}Z")


def labels(runs: Sequence[Stored]) -> list[str]:
    """What each of these is called beside the others: `run 3`, a baseline, a file.

    Its whole id where two would be called alike, and then its folder.
    """
    for form in (_label, lambda one: one.run.id, lambda one: f"{one.folder.name}/{one.run.id}"):
        called = [numbers.printable(form(one), "utf-8") for one in runs]
        if len(set(called)) == len(called):
            return called
    return [f"{name} ({place})" for place, name in enumerate(called, start=1)]


def _label(stored: Stored) -> str:
    if stored.folder.parent.name == "baselines":
        return stored.folder.name
    match = _RUN.fullmatch(stored.run.id)
    return f"run {match[1]}" if match else stored.run.id


def of_runs(runs: Sequence[Stored]) -> dict[str, tuple[str, str]]:
    """Block and strategy of each cell of several runs, by what it is called in any run.

    As short as tells them apart within a run; in full what would be called alike in two runs.
    """
    short: dict[str, str] = {}
    work: dict[str, str] = {}
    for stored in runs:
        names = {cell.id: stored.run.called(cell) for cell in stored.run.cells}
        planned = stored.blocks().values()
        tables = [[cells.planned(cell, ()) for cell in block] for block in planned]
        for block, rows in zip(blocks(tables), tables, strict=True):
            for cell, strategy in strategies(rows).items():
                short.setdefault(names[cell], strategy)
                work.setdefault(names[cell].partition(" / ")[0], block)
    same = Counter(work.values())
    work = {full: name if same[name] == 1 else full for full, name in work.items()}
    pairs = {full: (work[full.partition(" / ")[0]], strategy) for full, strategy in short.items()}
    alike = Counter(pairs.values())
    return {
        full: pair if alike[pair] == 1 else (pair[0], full.partition(" / ")[2])
        for full, pair in pairs.items()
    }


def of_pairs(stored: Stored) -> dict[int, str]:
    """What the cells of a pair are called, by its number: `io_sleep / asyncio`.

    Without the strategy where the sides are a choice of that.
    """
    paired: dict[int, list[Planned]] = {}
    for cell in stored.run.cells:
        if cell.pair is not None:
            paired.setdefault(cell.pair, []).append(cell)
    same = all(len({cell.strategy.name for cell in those}) == 1 for those in paired.values())
    rows = [replace(cells.planned(those[0], ()), side="") for those in paired.values()]
    titles = grouped(rows, "cell" if same else "workload")
    return {pair: titles[those[0].id] for pair, those in paired.items()}


def _names(rows: Mapping[int, Row], kind: str) -> dict[int, str]:
    """The name of each row's `kind`, workload or strategy."""
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows.values():
        alike.setdefault(getattr(row, kind), []).append(getattr(row, f"{kind}_params"))
    differing = {name: _differing(params) for name, params in alike.items()}
    names = {}
    for key, row in rows.items():
        name = getattr(row, kind)
        telling = [
            f"{param}={plain(value)}"
            for param, value in getattr(row, f"{kind}_params").items()
            if param in getattr(row, f"{kind}_unusual")
            or (value is not None and param in differing[name])
        ]
        names[key] = f"{name}[{','.join(telling)}]" if telling else name
    return names


def _differing(params: Sequence[Mapping[str, Any]]) -> set[str]:
    """The parameters that are not the same in all; a file of others may have thousands of them."""
    first = params[0]
    return {key for one in params for key in {*one, *first} if one.get(key) != first.get(key)}


def plain(value: Any) -> str:
    """A parameter as the command line takes it: text bare, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
