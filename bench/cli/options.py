"""The options that commands share or that make one long to read, each with its help."""

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
Side = Annotated[
    Several | None,
    typer.Option(
        help="Compare in the same rounds: git:REV, python:PATH, python:3.12, env:KEY=VALUE, "
        "strategy:NAME, or 'working tree'; repeatable."
    ),
]

Probe = Annotated[
    Several | None,
    typer.Option(
        metavar="NAME,...",
        help="Look at each cell once more, untimed: memory, latency, lag (the default), trace, "
        "all, none; repeatable.",
    ),
]
Raw = Annotated[
    bool, typer.Option("--raw", help="Keep each task's own times of the probe latency.")
]

# How long, and in which order

Budget = Annotated[
    str | None,
    typer.Option(help="Time for all rounds: 60s (the default), 10m, 1h; probes: a quarter more."),
]
Rounds = Annotated[
    int | None, typer.Option(help="Exactly so many rounds; all the time, without --budget.")
]
Quick = Annotated[bool, typer.Option("--quick", help="A budget of 30s.")]
Rigorous = Annotated[bool, typer.Option("--rigorous", help="A budget of 10m.")]
Timeout = Annotated[
    str | None, typer.Option(help="Kill a worker after so long (the default: by its work).")
]
Seed = Annotated[int | None, typer.Option(help="Repeat the order of an earlier run.")]
DryRun = Annotated[bool, typer.Option("-n", "--dry-run", help="Run each cell once; store nothing.")]

# What becomes of it

Stored = Annotated[str, typer.Argument(help=RUN)]
Results = Annotated[Path | None, typer.Option(help="The folder of stored runs: .concbench.")]
Resume = Annotated[str | None, typer.Option(help="Go on with an interrupted run (the latest).")]
SaveBaseline = Annotated[
    str | None, typer.Option(metavar="NAME", help="Keep the run to compare later ones with.")
]
Export = Annotated[
    Several | None, typer.Option(metavar="FORMAT[:FILE]", help="Also export; repeatable.")
]
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

# Of one command each

Imports = Annotated[
    bool, typer.Option("-v", "--verbose", help="Also the files that the sides imported.")
]

Project = Annotated[Path, typer.Argument(metavar="FOLDER", help="The project: this folder.")]
Json = Annotated[bool, typer.Option("--json", help="For a machine.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="For a document.")]
Page = Annotated[
    Path | None, typer.Option("-o", "--output", help="The page's file: beside the run.")
]
To = Annotated[
    Several | None,
    typer.Option(
        metavar="FORMAT[:FILE]",
        help="csv, md, json, parquet, html, pyperf, github, openmetrics, benchstat; "
        "repeatable; stdout without a file.",
    ),
]
Followed = Annotated[
    str | None,
    typer.Argument(
        metavar="CELL",
        help="A cell's name or a part of it, WORKLOAD/STRATEGY, or a pattern with * and ?.",
    ),
]
Relative = Annotated[
    bool, typer.Option("--relative", help="Follow ratios to the reference, across machines.")
]
ChartFile = Annotated[
    Path | None, typer.Option("--chart", metavar="FILE", help="Also draw it: .svg or .png.")
]
Traced = Annotated[
    str, typer.Argument(metavar="CELL", help="WORKLOAD/STRATEGY, as -w and -s of run take them.")
]
Trace = Annotated[
    str | None, typer.Option("-o", "--output", help="The file; - for stdout; named after the cell.")
]
