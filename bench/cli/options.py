"""The options that commands share, each with its help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..plan.plugins import Kind

RUN = "A run's number, folder or file, a baseline's name; the latest."

Several = list[str]


def _completing(kind: Kind) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        from ..plan.plugins import names

        return [name for name in names(kind) if name.startswith(incomplete)]

    return complete


def given(options: Mapping[str, object]) -> dict[str, object]:
    """The options that were given; a 0 is one of them, and an error."""
    return {key: v for key, v in options.items() if v is not None and v is not False}


def form(as_json: bool, markdown: bool) -> str:
    """What a command prints: one of the two, if any."""
    if as_json and markdown:
        raise typer.BadParameter("--json or --markdown, not both")
    return "json" if as_json else "markdown" if markdown else "table"


# What to measure

Workload = Annotated[
    Several | None,
    typer.Option(
        "-w",
        "--workload",
        help="NAME, NAME[key=value,...], file.py:Name, a pattern with * and ?, !NAME to leave "
        "one out; repeatable.",
        autocompletion=_completing("workloads"),
    ),
]
Strategy = Annotated[
    Several | None,
    typer.Option(
        "-s",
        "--strategy",
        help="The same for strategies.",
        autocompletion=_completing("strategies"),
    ),
]
Param = Annotated[
    Several | None,
    typer.Option("-P", "--param", help="Sweep: key=1,2,4 or key=1:64:x2; repeatable."),
]
Tasks = Annotated[int | None, typer.Option(help="Tasks in a batch.")]
Workers = Annotated[int | None, typer.Option(help="Tasks running at the same time.")]
Start = Annotated[str | None, typer.Option(help="How children start: fork, spawn or forkserver.")]
Reference = Annotated[
    str | None, typer.Option(help="The strategy that speed-ups refer to: sequential.")
]

# How long, and in which order

Rounds = Annotated[
    int | None, typer.Option(help="Exactly so many rounds; all the time, without --budget.")
]
Timeout = Annotated[
    str | None,
    typer.Option(help="Kill a worker after this long (default: from its expected work)."),
]
Seed = Annotated[int | None, typer.Option(help="Repeat the order of an earlier run.")]

# What becomes of it

Results = Annotated[Path | None, typer.Option(help="The folder of stored runs: .concbench.")]
Resume = Annotated[str | None, typer.Option(help="Go on with an interrupted run (the latest).")]
Report = Annotated[bool, typer.Option("--report", help="Also write the page and the charts.")]

Strict = Annotated[
    bool, typer.Option("--strict", help="Doubt counts as failure: what a cell leaves behind.")
]

# How it is shown

Columns = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="The table's columns, the most needed first; or all."),
]
Sort = Annotated[
    str | None,
    typer.Option(metavar="[-]COLUMN", help="Sort by a column, with - from the highest down."),
]
GroupBy = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="A table per workload, strategy, tasks, workers, parameter."),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="A line for each cell.")]
Json = Annotated[bool, typer.Option("--json", help="For a machine.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="For a document.")]
