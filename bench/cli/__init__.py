"""The command line: reads options, prints, exits; everything else is done elsewhere.

What only some commands need is imported by them: help and completion must answer at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from . import gate_commands, look_commands, options
from .options import Several

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exit import Outcome

app = typer.Typer(
    name="concbench",
    help="Threads, processes or asyncio? Measure the same work under every concurrency model.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The entry point of the command `concbench`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # LANG=C has no umlaut
    app(args=_with_default(sys.argv[1:], "--resume", "latest"))


def _with_default(words: list[str], option: str, value: str) -> list[str]:
    """`--resume` alone means the latest run: Typer knows no option whose value may be left out."""
    where = [at for at, word in enumerate(words) if word == option]
    for at in reversed(where):
        if at + 1 == len(words) or words[at + 1].startswith("-"):
            words = [*words[: at + 1], value, *words[at + 1 :]]
    return words


def _version(wanted: bool) -> None:
    if wanted:
        print(f"concbench {__version__}")
        raise typer.Exit


@app.callback()
def concbench(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    workload: options.Workload = None,
    strategy: options.Strategy = None,
    param: options.Param = None,
    tasks: options.Tasks = None,
    workers: options.Workers = None,
    start: options.Start = None,
    budget: options.Budget = None,
    rounds: options.Rounds = None,
    quick: options.Quick = False,
    rigorous: options.Rigorous = False,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    reference: options.Reference = None,
    side: options.Side = None,
    probe: options.Probe = None,
    raw: options.Raw = False,
    strict: options.Strict = False,
    results: options.Results = None,
    resume: options.Resume = None,
    dry_run: options.DryRun = False,
    save_baseline: options.SaveBaseline = None,
    export: options.Export = None,
    report: options.Report = False,
    columns: options.Columns = None,
    sort: options.Sort = None,
    group_by: options.GroupBy = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure, and say which concurrency model to use."""
    given = options.given(locals())
    from .run import run

    end(lambda outcome: run(given, outcome), last_line=True)


@app.command(name="list")
def list_(
    as_json: options.Json = False,
    markdown: options.Markdown = False,
) -> None:
    """Show the workloads and strategies there are, and why one cannot run here."""
    form = options.form(as_json, markdown)
    from .listing import listing

    end(lambda _: listing(form))


@app.command()
def init(folder: options.Project = Path()) -> None:
    """Write a first workload, options and nox sessions into your project."""
    from ..init.project import init

    end(lambda _: init(folder))


@app.command()
def show(
    run: options.Stored = "latest",
    results: options.Results = None,
    columns: options.Columns = None,
    sort: options.Sort = None,
    group_by: options.GroupBy = None,
    verbose: options.Imports = False,
) -> None:
    """Show a stored run again; never measures."""
    from .stored import show

    end(lambda outcome: show(run, results, columns, sort, group_by, verbose=verbose))


@app.command()
def report(
    runs: Annotated[
        Several | None, typer.Argument(help=f"{options.RUN} Several stand side by side.")
    ] = None,
    output: options.Page = None,
    browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    results: options.Results = None,
) -> None:
    """Write one HTML page with verdicts, tables and charts."""
    from .stored import report

    end(lambda outcome: report(runs or [], output, results, browse))


@app.command()
def export(
    run: options.Stored = "latest",
    to: options.To = None,
    results: options.Results = None,
) -> None:
    """Write a stored run in another format."""
    from .stored import export

    end(lambda outcome: export(run, to or ["md"], results))


@app.command()
def compare(
    runs: Annotated[
        Several, typer.Argument(help=f"{options.RUN} Each is compared with the first.")
    ],
    results: options.Results = None,
) -> None:
    """Compare stored runs, cell by cell; never measures."""
    from .stored import compare

    end(lambda outcome: compare(runs, results))


@app.command()
def history(
    cell: options.Followed = None,
    relative: options.Relative = False,
    chart: options.ChartFile = None,
    as_json: options.Json = False,
    results: options.Results = None,
) -> None:
    """Show cells over all stored runs, and where they changed; never measures."""
    from .stored import history

    end(lambda _: history(cell, results, relative=relative, as_json=as_json, chart=chart))


def end(command: Callable[[Outcome], None], *, last_line: bool = False) -> None:
    """Run a command and exit by what became of it."""
    from .exit import ended

    raise typer.Exit(ended(command, last_line=last_line))


app.command()(gate_commands.check)
app.command()(gate_commands.doctor)
app.command()(look_commands.trace)
app.command()(look_commands.behaviour)
