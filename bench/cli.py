"""The command line: reads options, prints, exits; everything else is done elsewhere.

What only some commands need is imported by them: help and completion must answer at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from .outcome import Outcome
    from .plugins import Kind

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


def _completing(kind: Kind) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        from .plugins import names

        return [name for name in names(kind) if name.startswith(incomplete)]

    return complete


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


Several = list[str]


@app.command()
def run(
    workload: Annotated[
        Several | None,
        typer.Option(
            "-w",
            "--workload",
            help="NAME, NAME[key=value,...], file.py:Name, a pattern with * and ?, !NAME to leave "
            "one out; repeatable.",
            autocompletion=_completing("workloads"),
        ),
    ] = None,
    strategy: Annotated[
        Several | None,
        typer.Option(
            "-s",
            "--strategy",
            help="The same for strategies.",
            autocompletion=_completing("strategies"),
        ),
    ] = None,
    param: Annotated[
        Several | None,
        typer.Option("-P", "--param", help="Sweep: key=1,2,4 or key=1:64:x2; repeatable."),
    ] = None,
    tasks: Annotated[int | None, typer.Option(help="Tasks in a batch.")] = None,
    workers: Annotated[int | None, typer.Option(help="Tasks running at the same time.")] = None,
    start: Annotated[
        str | None, typer.Option(help="How children start: fork, spawn or forkserver.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Time for the whole run: 60s (the default), 10m, 1h.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(help="Exactly so many rounds; all the time, without --budget.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A budget of 30s.")] = False,
    rigorous: Annotated[bool, typer.Option("--rigorous", help="A budget of 10m.")] = False,
    timeout: Annotated[
        str | None, typer.Option(help="Kill a worker after so long (the default: by its work).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Repeat the order of an earlier run.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="The strategy that speed-ups refer to: sequential.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="The folder of stored runs: .concbench.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with an interrupted run (the latest).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Run each cell once; store nothing.")
    ] = False,
    save_baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Keep the run to compare later ones with.")
    ] = None,
    export: Annotated[
        Several | None, typer.Option(metavar="FORMAT[:FILE]", help="Also export; repeatable.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Also write the page and the charts.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line for each cell.")] = False,
) -> None:
    """Measure, and say which concurrency model to use."""
    # Not `in`: a 0 is given, and an error.
    given = {key: v for key, v in locals().items() if v is not None and v is not False}
    from .commands import run

    _end(lambda outcome: run(given, outcome), last_line=True)


@app.command(name="list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="For a machine.")] = False,
) -> None:
    """Show the workloads and strategies there are, and why one cannot run here."""
    from .commands import listing

    _end(lambda outcome: listing(as_json))


Results = Annotated[Path | None, typer.Option(help="The folder of stored runs.")]
RUN = "A run's number, folder or file, a baseline's name; the latest."


@app.command()
def show(run: Annotated[str, typer.Argument(help=RUN)] = "latest", results: Results = None) -> None:
    """Show a stored run again; never measures."""
    from .reporting import show

    _end(lambda outcome: show(run, results))


@app.command()
def report(
    runs: Annotated[
        Several | None, typer.Argument(help=f"{RUN} Several stand side by side.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The page's file: beside the run.")
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    results: Results = None,
) -> None:
    """Write one HTML page with verdicts, tables and charts."""
    from .reporting import report

    _end(lambda outcome: report(runs or [], output, results, browse))


@app.command()
def export(
    run: Annotated[str, typer.Argument(help=RUN)] = "latest",
    to: Annotated[
        Several | None,
        typer.Option(
            metavar="FORMAT[:FILE]",
            help="csv, md, json, parquet, html, pyperf, github, openmetrics, benchstat; "
            "repeatable; stdout without a file.",
        ),
    ] = None,
    results: Results = None,
) -> None:
    """Write a stored run in another format."""
    from .reporting import export

    _end(lambda outcome: export(run, to or ["md"], results))


@app.command()
def compare(
    runs: Annotated[Several, typer.Argument(help=f"{RUN} Each is compared with the first.")],
    results: Results = None,
) -> None:
    """Compare stored runs, cell by cell; never measures."""
    from .reporting import compare

    _end(lambda outcome: compare(runs, results))


def _end(command: Callable[[Outcome], None], *, last_line: bool = False) -> None:
    from .outcome import ended

    raise typer.Exit(ended(command, last_line=last_line))
