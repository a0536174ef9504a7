"""`concbench trace`: one instrumented pass of a cell, as a file to look at."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import Exit, UsageError
from ..storing.writable import check_file
from .chrome import document
from .flights import Pass

if TYPE_CHECKING:
    from ..command_line.outcome import Outcome
    from ..lab import Lab
    from ..outputs import Failed
    from ..planning.plan import Planned
    from ..planning.settings import Settings

NAME = r"[^/:\[\]]+"
PLUGIN = rf"(?:[^:\[\]]+\.py:{NAME}|{NAME}(?::{NAME})?)(?:\[.*\])?"
VIEWER = "https://ui.perfetto.dev"


def trace(cell: str, output: str | None, given: Mapping[str, Any], outcome: Outcome) -> None:
    """Run the cell once with every instrument and write Chrome trace events; `-` is stdout."""
    from ..laboratory import laboratory
    from ..planning.settings import resolve

    workload, strategy = parted(cell)
    settings = resolve({**given, "workload": [workload], "strategy": [strategy]})
    planned = _planned(cell, settings)
    path = None if output == "-" else Path(output or f"trace-{_plain(planned)}.json")
    if path:
        check_file(path)
    with laboratory(settings.results, (planned,)) as lab:
        recorded = _recorded(lab, planned, settings)
    if not isinstance(recorded, Pass):
        print(f"concbench: {planned.cell.name}: {recorded.message}", file=sys.stderr)
        outcome.failed, outcome.codes = 1, {*outcome.codes, Exit.FAILED}
        return
    if recorded.disorder:
        raise UsageError(f"{planned.cell.name} cannot be drawn: {recorded.disorder}")
    about = {"cell": planned.cell.name, "concbench": __version__}
    _write(json.dumps(document(recorded, about)), path)
    seconds = (recorded.ended - recorded.began) * 1e-9
    told = f"{len(recorded.flights)} tasks in {1000 * seconds:.1f} ms"
    print(f"{path or 'stdout'}: {told}; open it in {VIEWER}", file=sys.stderr)


def parted(cell: str) -> tuple[str, str]:
    """Workload and strategy of `WORKLOAD/STRATEGY`, both as -w and -s take them.

    Files and parameters may have slashes of their own.
    """
    for slash in re.finditer("/", cell):
        both = cell[: slash.start()], cell[slash.end() :]
        if all(re.fullmatch(PLUGIN, text) for text in both):
            return both
    raise UsageError(
        f"a cell is WORKLOAD/STRATEGY, such as io_sleep/asyncio or file.py:Name/threading, "
        f"not {cell!r}"
    )


def _planned(cell: str, settings: Settings) -> Planned:
    from ..driver import runnable
    from ..planning.plan import plan

    cells = runnable(plan(settings))
    if len(cells) > 1:
        names = ", ".join(planned.cell.name for planned in cells[:3])
        raise UsageError(f"{cell} is {len(cells)} cells ({names} ...): a trace is of one")
    return cells[0]


def _recorded(lab: Lab, planned: Planned, settings: Settings) -> Pass | Failed:
    from ..driver import limits

    patience = limits(settings).patience
    task = lab.scout(planned, patience(None))
    if not isinstance(task, float):
        return task
    return lab.recorded(planned, patience(task * planned.cell.tasks))


def _plain(planned: Planned) -> str:
    name = f"{planned.cell.workload.name}-{planned.cell.strategy.name}"
    return re.sub(r"[^\w.+-]+", "-", name)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
