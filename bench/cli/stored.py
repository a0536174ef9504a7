"""The commands that read stored runs, and what other commands need of them; none measures."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from concbench.reports.codes import coded

from ..errors import NotComparable, UsageError
from . import options
from .exit import ending, writing

if TYPE_CHECKING:
    from rich.console import Console

    from concbench.reports.analysis.behaviour import Behaviour
    from concbench.reports.history.series import Series
    from concbench.reports.run.stored import Stored

WIDTH = 100
"""Columns where there is no terminal."""
PICTURES = (".svg", ".png")
BINARY = ("parquet",)
"""Formats that no terminal can show."""

Run = Annotated[str, Argument(metavar="RUN", help=options.RUN, autocompletion=options.runs)]


Imports = Annotated[
    bool, Option("-v", "--verbose", help="Also list the files that each side imported.")
]


def show(
    run: Run = "latest",
    results: options.Results = None,
    columns: options.Columns = None,
    sort: options.Sort = None,
    group_by: options.GroupBy = None,
    margin: options.Margin = None,
    verbose: Imports = False,
) -> None:
    """Show a stored run again, without measuring."""
    with ending():
        from concbench.reports.analysis import tables
        from concbench.reports.render import summary
        from concbench.reports.run import imports

        (stored,) = _runs([run], results, margin)
        view = tables.wanted(columns, sort, group_by, tables.params(stored))
        summary.show(stored, console(), view)
        if verbose and stored.run.imports:
            print(f"\nwhat was compared: {imports.summary(stored.run)}")
            for line in imports.lines(stored.run):
                print(f"  {line}")


ReportRuns = Annotated[
    options.Several,
    Argument(
        metavar="RUN",
        help=f"{options.RUN} Several are shown side by side.",
        autocompletion=options.runs,
    ),
]
Output = Annotated[
    Path | None,
    Option(
        "-o", "--output", metavar="FILE", help="File for the page (default: in the run's folder)."
    ),
]
Browse = Annotated[bool, Option("--open", help="Open the page in a browser.")]


def report(
    runs: ReportRuns = None,
    output: Output = None,
    browse: Browse = False,
    margin: options.Margin = None,
    results: options.Results = None,
) -> None:
    """Write an HTML page with verdicts, tables and charts."""
    with ending():
        if output:
            check_output(str(output))
        page = write_page(_runs(runs or ["latest"], results, margin), output)
        if browse:
            import webbrowser

            webbrowser.open(page.resolve().as_uri())


To = Annotated[
    options.Several,
    Option(
        metavar="FORMAT[:FILE]",
        help="csv, md, json, parquet, html, pyperf, github, openmetrics, benchstat; "
        "repeatable; without a file to stdout.",
        autocompletion=options.formats,
    ),
]


def export(run: Run = "latest", to: To = None, results: options.Results = None) -> None:
    """Convert a stored run to another format."""
    with ending():
        targets = to or ["md"]
        check_targets(targets)
        (stored,) = _runs([run], results)
        write_targets(stored, targets)


CompareRuns = Annotated[
    list[str],
    Argument(
        metavar="RUN",
        help=f"{options.RUN} Each is compared with the first.",
        autocompletion=options.runs,
    ),
]


def compare(runs: CompareRuns, results: options.Results = None) -> None:
    """Compare stored runs cell by cell, without measuring."""
    with ending():
        from concbench.reports.render import summary

        if len(runs) < 2:
            raise UsageError("compare needs at least two runs: concbench compare 1 2")
        all_runs = _runs(runs, results)
        cells = [{one.run.called(cell) for cell in one.run.cells} for one in all_runs]
        if not set.intersection(*cells):
            raise NotComparable("these runs have no cell in common")
        summary.show_comparison(all_runs, console())


Cell = Annotated[
    str | None,
    Argument(
        metavar="CELL",
        help="A cell: its name or a part of it, WORKLOAD/STRATEGY, or a pattern with * and ?.",
    ),
]
Relative = Annotated[
    bool,
    Option("--relative", help="Follow speed-ups instead of times, which compare across machines."),
]
Chart = Annotated[
    Path | None, Option("--chart", metavar="FILE", help="Also draw a chart (.svg or .png).")
]


def history(
    cell: Cell = None,
    relative: Relative = False,
    chart: Chart = None,
    as_json: options.Json = False,
    results: options.Results = None,
) -> None:
    """Show how cells changed over all stored runs, without measuring."""
    with ending():
        import json

        from concbench.reports.history import marks
        from concbench.reports.render import history as rendered

        if chart and chart.suffix.lower() not in PICTURES:
            raise UsageError(f"a chart's file ends in .svg or .png, not '{chart.name}'")
        if chart:
            check_output(str(chart))
        series, skipped = _series(_folder(results), cell, relative)
        if chart:
            from concbench.reports.charts.history import save

            with writing(chart):
                save(series, chart)
        if as_json:
            print(json.dumps(marks.document(series, skipped), indent=1))
        elif cell:
            rendered.runs(series, console())
        else:
            rendered.overview(series, console())
        if chart:
            print(f"chart: {short(chart)}", file=sys.stderr)


def _folder(results: Path | None) -> Path:
    from ..plan.settings import resolve

    return resolve({"results": results}).results


def _runs(names: Sequence[str], results: Path | None, margin: str | None = None) -> list[Stored]:
    """The runs that the names mean, read; with a margin of their own unless one is given."""
    from ..plan.settings import resolve
    from ..store.runs import located

    settings = resolve({"results": results, "margin": margin})
    runs = [read(located(settings.results, name)) for name in names]
    return [one.with_margin(settings.margin) for one in runs] if margin else runs


def read(path: Path) -> Stored:
    """A stored run; UsageError when it is damaged."""
    from concbench.reports import read
    from concbench.reports.errors import DamagedRun

    try:
        return read(path)
    except DamagedRun as error:
        raise UsageError(str(error)) from None


def earlier(stored: Stored) -> list[Series]:
    """What the runs beside a stored one, up to it, say of its cells on its machine.

    Nothing for a run that is not among others, or the first of its kind.
    """
    from concbench.reports import history
    from concbench.reports.history.series import series

    folder = stored.folder.resolve()
    if folder.parent.name != "runs":
        return []
    beside = (one for one in _folders(folder.parent.parent) if one.name <= folder.name)
    runs, _ = history.read(beside)
    cells = series(history.cells_of(stored.run, runs))
    return [one for one in cells if one.points[-1].id == stored.run.id and len(one.points) > 1]


def _series(folder: Path, cell: str | None, relative: bool) -> tuple[list[Series], list[str]]:
    """The series of the cells that are asked for, and the runs that cannot be read, a line each."""
    from concbench.reports import history
    from concbench.reports.history.series import select, series

    from ..store.runs import located

    folders = _folders(folder) + _folders(folder, "baselines")
    if not folders:
        located(folder, "latest")  # says that there are none
    runs, skipped = history.read(folders)
    if skipped:
        line = coded("skipped-run", f"skipped: {'; '.join(skipped)}")
        print(f"concbench: {line}", file=sys.stderr)
    every = series(runs, relative=relative)
    if not every and relative and not skipped:
        raise UsageError(f"no run in {folder} has a reference, which --relative needs")
    if not every:
        raise UsageError(f"the runs in {folder} hold no times; measure with `concbench run`")
    return select(every, cell) if cell else every, skipped


def _folders(results: Path, kind: str = "runs") -> list[Path]:
    return sorted(path.parent for path in (results / kind).glob("*/run.json"))


def console() -> Console:
    """Stdout as wide as the terminal, COLUMNS, or 100 columns."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH
    return Console(width=width, highlight=False)


def short(path: Path) -> str:
    """The path from here, where it is below."""
    whole, here = path.resolve(), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else path)


def write_page(runs: Sequence[Stored], file: Path | None = None) -> Path:
    """Write page and charts beside the first run, or to a file of the user's; print where.

    A page of several runs has a name of its own, and so has that of a file that was read.  Raises
    UsageError where a page stands there that is not ours.
    """
    from concbench.reports import charts, page
    from concbench.reports.analysis import names

    beside = runs[0].folder
    called = "-".join(map(_slug, names.labels(runs)))
    path = file or beside / (f"report-{called}.html" if _apart(runs) else "report.html")
    # A link is replaced, and never written through.
    if path.is_file() and not path.is_symlink() and not page.is_ours(path):
        raise UsageError(f"{short(path)} is no page of concbench: name another file with -o")
    with writing(path):
        page.write(runs, path, earlier(runs[0]) if len(runs) == 1 else (), _behaviour(beside))
        print(f"page: {short(path)}")
        for stored in runs if file is None else ():
            name = f"charts-{_slug(stored.run.id)}" if _apart([stored]) else "charts"
            charts.save(stored, stored.folder / name)
            print(f"charts: {short(stored.folder / name)}")
    return path


def _apart(runs: Sequence[Stored]) -> bool:
    """Whether these are not one run in a folder of its own."""
    return len(runs) > 1 or (runs[0].folder / runs[0].run.id).is_file()


def _slug(label: str) -> str:
    """A run's label as a part of a file's name: `3` of `run 3`, `old` of `old.json`."""
    name = label.removeprefix("run ").removesuffix(".gz").removesuffix(".json")
    return re.sub(r"[^\w.]+", "_", name).strip("_.")[:60]


def _behaviour(run: Path) -> Behaviour | None:
    """How strategies behave, where that is kept beside the runs."""
    from concbench.reports.analysis import behaviour
    from concbench.reports.errors import DamagedRun

    try:
        return behaviour.read(run.parent.parent)
    except DamagedRun as error:
        line = f"left out of the page: {error}: run concbench behaviour --save"
        print(coded("behaviour-unreadable", line))
        return None


def check_targets(targets: Sequence[str], sides: int = 0) -> None:
    """Raise UsageError unless each can be written: its format, here, of so many sides; its file.

    To be called before anything is measured.
    """
    from concbench.reports.render import exports

    for form, file in map(_parts, targets):
        if form not in exports.FORMATS:
            raise UsageError(f"no format '{form}' (there are: {', '.join(exports.FORMATS)})")
        try:
            exports.check(form)
        except ImportError as error:
            raise UsageError(str(error)) from None
        check_output(file)
        if form in BINARY and file == "-" and sys.stdout.isatty():
            raise UsageError(f"{form} is binary: name a file, {form}:cells.{form}")
        if form == "pyperf" and sides > 1:
            raise UsageError(
                "pyperf's file holds one side: the run's folder will have samples.json of the "
                "first and samples-2.json of the second, so leave out --export pyperf"
            )


def write_targets(stored: Stored, targets: Sequence[str]) -> None:
    """Write each target; `-` or no file is stdout, and github's is its step summary."""
    from concbench.reports.render.exports import rendered

    for form, file in map(_parts, targets):
        write_output(rendered(stored, form), form, file)


def _parts(target: str) -> tuple[str, str]:
    """Format and file of `FORMAT[:FILE]`."""
    form, _, file = target.partition(":")
    return form, file or (os.environ.get("GITHUB_STEP_SUMMARY", "-") if form == "github" else "-")


def summaries() -> list[str]:
    """The file to which a step of GitHub's workflows adds its summary, where there is one."""
    return [file] if (file := os.environ.get("GITHUB_STEP_SUMMARY")) else []


def check_output(file: str, *, makes_folders: bool = False) -> None:
    """Raise UsageError unless the file can be written; `-` is stdout."""
    from ..store.runs import check_file

    if file != "-":
        check_file(Path(file), makes_folders=makes_folders)


def write_output(content: str | bytes, form: str, file: str) -> None:
    """Write it to a file of the user's; `-` is stdout."""
    data = content.encode() if isinstance(content, str) else content
    if file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    # The step summary belongs to all steps of a job: added to, never replaced.
    with writing(Path(file)), Path(file).open("ab" if form == "github" else "wb") as stream:
        stream.write(data)
