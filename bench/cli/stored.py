"""The commands that read stored runs: show, report, export, compare.  None measures.

`concbench history`, and the earlier runs that a page shows: which folders are looked at.
"""

from __future__ import annotations

import json
import os
import sys
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NotComparable, UsageError
from ..store.runs import check_file

if TYPE_CHECKING:
    from rich.console import Console

    from reports.analysis.behaviour import Behaviour
    from reports.analysis.columns import View
    from reports.history.series import Series
    from reports.run.stored import Stored


WIDTH = 100
"""Columns where there is no terminal."""


def show(
    name: str, results: Path | None, columns: str | None, sort: str | None, group_by: str | None
) -> None:
    """Show a stored run again."""
    from reports.analysis import groups
    from reports.render import summary

    (stored,) = stored_runs([name], results)
    view = viewed(columns, sort, group_by, groups.params(stored))
    summary.show(stored, console(), view)


def viewed(
    columns: str | None, sort: str | None, group_by: str | None, params: Sequence[str]
) -> View:
    """The view that options ask for; UsageError names the columns or groups that there are."""
    from reports.analysis.columns import wanted
    from reports.errors import UnknownName

    try:
        return wanted(columns, sort, group_by, params)
    except UnknownName as error:
        raise UsageError(str(error)) from None


def report(names: Sequence[str], file: Path | None, results: Path | None, browse: bool) -> None:
    """Write the page of one run, or of several side by side, and the charts of each."""
    if file:
        check_file(file)
    runs = stored_runs(names or ["latest"], results)
    page = written_report(runs, file)
    if browse:
        webbrowser.open(page.resolve().as_uri())


def written_report(runs: Sequence[Stored], file: Path | None = None) -> Path:
    """Write page and charts beside the first run, or to a file of the user's; print where."""
    from reports import charts, page

    beside = runs[0].folder
    path = file or beside / "report.html"
    try:
        page.write(runs, path, before(runs[0]) if len(runs) == 1 else (), _behaviour(beside))
        print(f"page: {short(path)}")
        if file is None:
            for stored in runs:
                charts.save(stored, stored.folder / "charts")
                print(f"charts: {short(stored.folder / 'charts')}")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or path}: {error.strerror}") from None
    return path


def _behaviour(run: Path) -> Behaviour | None:
    """How strategies behave, where that is kept beside the runs."""
    from reports.analysis import behaviour
    from reports.errors import DamagedRun

    try:
        return behaviour.read(run.parent.parent)
    except DamagedRun as error:
        print(f"left out of the page: {error} (ask again: concbench behaviour --save)")
        return None


def export(name: str, targets: Sequence[str], results: Path | None) -> None:
    """Write a run in other formats, each `FORMAT` or `FORMAT:FILE`."""
    check_targets(targets)
    (stored,) = stored_runs([name], results)
    exported(stored, targets)


def check_targets(targets: Sequence[str], sides: int = 0) -> None:
    """Raise UsageError unless each can be written: its format, here, of so many sides; its file.

    To be called before anything is measured.
    """
    from reports import exports

    for target in targets:
        form, _, file = target.partition(":")
        if form not in exports.FORMATS:
            raise UsageError(f"no format '{form}' (there are: {', '.join(exports.FORMATS)})")
        try:
            exports.check(form)
        except ImportError as error:
            raise UsageError(str(error)) from None
        check_output(file or _default(form))
        if form == "pyperf" and sides > 1:
            raise UsageError(
                "pyperf's file holds one side: the run's folder will have samples.json of the "
                "first and samples-2.json of the second, so leave out --export pyperf"
            )


def exported(stored: Stored, targets: Sequence[str]) -> None:
    """Write each target; `-` or no file is stdout, and github's is its step summary."""
    from reports.errors import DamagedRun
    from reports.exports import rendered

    for target in targets:
        form, _, file = target.partition(":")
        try:
            content = rendered(stored, form)
        except (ImportError, DamagedRun) as error:
            raise UsageError(str(error)) from None
        written(content, form, file or _default(form))


def _default(form: str) -> str:
    return os.environ.get("GITHUB_STEP_SUMMARY", "-") if form == "github" else "-"


def summaries() -> list[str]:
    """The file to which a step of GitHub's workflows adds its summary, where there is one."""
    return [file] if (file := os.environ.get("GITHUB_STEP_SUMMARY")) else []


def check_output(file: str) -> None:
    """Raise UsageError unless `written` could write it."""
    if file != "-":
        check_file(Path(file))


def written(content: str | bytes, form: str, file: str) -> None:
    """Write it to a file of the user's; `-` is stdout."""
    data = content.encode() if isinstance(content, str) else content
    if file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        # The step summary belongs to all steps of a job: added to, never replaced.
        with Path(file).open("ab" if form == "github" else "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None


def compare(names: Sequence[str], results: Path | None) -> None:
    """Compare stored runs with the first of them."""
    from reports.analysis import compare as comparison

    if len(names) < 2:
        raise UsageError("compare needs two runs or more: concbench compare 1 2")
    runs = stored_runs(names, results)
    shared = set.intersection(
        *({stored.run.called(cell) for cell in stored.run.cells} for stored in runs)
    )
    if not shared:
        raise NotComparable("these runs have no cell in common")
    comparison.show(runs, console())


def stored_runs(names: Sequence[str], results: Path | None) -> list[Stored]:
    """The runs that the names mean, read."""
    from ..plan.settings import resolve
    from ..store.runs import located

    folder = resolve({"results": results}).results
    return [read(located(folder, name)) for name in names]


def read(path: Path) -> Stored:
    """A stored run; UsageError when it is damaged."""
    from reports import read
    from reports.errors import DamagedRun

    try:
        return read(path)
    except DamagedRun as error:
        raise UsageError(str(error)) from None


def console() -> Console:
    """Stdout as wide as the terminal, COLUMNS, or 100 columns."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    return Console(width=width, highlight=False)


def short(path: Path) -> str:
    """The path from here, where it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


PICTURES = (".svg", ".png")


def history(
    cell: str | None, results: Path | None, *, relative: bool, as_json: bool, chart: Path | None
) -> None:
    """Show all cells, or the runs of some, as text, JSON or a chart."""
    from reports.history import marks
    from reports.render import history_table

    from ..plan.settings import resolve

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
        print(json.dumps(marks.document(shown, skipped), indent=1))
    elif cell:
        history_table.runs(shown, console())
    else:
        history_table.overview(shown, console())
    if chart:
        print(f"chart: {short(chart)}", file=sys.stderr)


def before(stored: Stored) -> list[Series]:
    """What the runs beside a stored one, up to it, say of its cells on its machine.

    Nothing for a run that is not among others, or the first of its kind.
    """
    from reports.history import cells_of
    from reports.history import read as read_of_history
    from reports.history.series import series

    folder = stored.folder.resolve()
    if folder.parent.name != "runs":
        return []
    beside = (one for one in _runs(folder.parent.parent) if one.name <= folder.name)
    runs, _ = read_of_history(beside)
    found = series(cells_of(stored.run, runs))
    return [one for one in found if one.points[-1].id == stored.run.id and len(one.points) > 1]


def _series(folder: Path, relative: bool) -> tuple[list[Series], list[str]]:
    from reports.history import read as read_of_history
    from reports.history.series import series

    from ..store.runs import located

    folders = [*_runs(folder), *_runs(folder, "baselines")]
    if not folders:
        located(folder, "latest")  # says that there are none
    runs, skipped = read_of_history(folders)
    return series(runs, relative=relative), skipped


def _runs(folder: Path, kind: str = "runs") -> Iterator[Path]:
    return iter(sorted(path.parent for path in (folder / kind).glob("*/run.json")))


def _none(folder: Path, skipped: Sequence[str], relative: bool) -> str:
    if relative and not skipped:
        return f"the runs in {folder} have no reference to be relative to"
    return f"the runs in {folder} hold no times: measure some with `concbench run`"


def _chosen(found: Sequence[Series], cell: str) -> list[Series]:
    from reports.errors import UnknownName
    from reports.history.series import select

    try:
        return select(found, cell)
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
