"""`concbench history`, and the earlier runs that a page shows: which folders are looked at."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..storing.writable import check_file
from .reporting import console, short

if TYPE_CHECKING:
    from reports.history import Series
    from reports.stored import Stored

PICTURES = (".svg", ".png")


def history(
    cell: str | None, results: Path | None, *, relative: bool, as_json: bool, chart: Path | None
) -> None:
    """Show all cells, or the runs of some, as text, JSON or a chart."""
    from reports.history import records, table

    from ..planning.settings import resolve

    _check(chart)
    folder = resolve({"results": results}).results
    found, skipped = _series(folder, relative)
    if skipped:
        print(f"concbench: skipped: {'; '.join(skipped)}", file=sys.stderr)
    if not found:
        raise UsageError(_none(folder, skipped, relative))
    shown = _chosen(found, cell) if cell else found
    if chart:
        _draw(shown, chart)
    if as_json:
        print(json.dumps(records.document(shown, skipped), indent=1))
    elif cell:
        table.runs(shown, console())
    else:
        table.overview(shown, console())
    if chart:
        print(f"chart: {short(chart)}", file=sys.stderr)


def before(stored: Stored) -> list[Series]:
    """What the runs beside a stored one, up to it, say of its cells on its machine.

    Nothing for a run that is not among others, or the first of its kind.
    """
    from reports import history

    folder = stored.folder.resolve()
    if folder.parent.name != "runs":
        return []
    beside = (one for one in _runs(folder.parent.parent) if one.name <= folder.name)
    runs, _ = history.read(beside)
    found = history.series(history.cells_of(stored.run, runs))
    return [one for one in found if one.points[-1].id == stored.run.id and len(one.points) > 1]


def _series(folder: Path, relative: bool) -> tuple[list[Series], list[str]]:
    from reports import history

    from ..storing.shelf import located

    folders = [*_runs(folder), *_runs(folder, "baselines")]
    if not folders:
        located(folder, "latest")  # says that there are none
    runs, skipped = history.read(folders)
    return history.series(runs, relative=relative), skipped


def _runs(folder: Path, kind: str = "runs") -> Iterator[Path]:
    return iter(sorted(path.parent for path in (folder / kind).glob("*/run.json")))


def _none(folder: Path, skipped: Sequence[str], relative: bool) -> str:
    if relative and not skipped:
        return f"the runs in {folder} have no reference to be relative to"
    return f"the runs in {folder} hold no times: measure some with `concbench run`"


def _chosen(found: Sequence[Series], cell: str) -> list[Series]:
    from reports.errors import UnknownName
    from reports.history import chosen

    try:
        return chosen(found, cell)
    except UnknownName as error:
        raise UsageError(str(error)) from None


def _check(chart: Path | None) -> None:
    if chart and chart.suffix.lower() not in PICTURES:
        raise UsageError(f"a chart is a file that ends in .svg or .png, not '{chart.name}'")
    if chart:
        check_file(chart)


def _draw(shown: Sequence[Series], chart: Path) -> None:
    from reports.charts.history import save

    try:
        save(shown, chart)
    except OSError as error:
        raise UsageError(f"cannot write {chart}: {error.strerror}") from None
