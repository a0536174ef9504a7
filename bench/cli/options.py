"""The options that commands share, each with its help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import BadParameter, Option

if TYPE_CHECKING:
    from ..plan.plugins import Kind

RUN = "A run's number, folder or file, a baseline's name; the latest."
Several = list[str] | None


def _names(kind: Kind) -> Callable[[str], list[str]]:
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
        raise BadParameter("--json or --markdown, not both")
    return "json" if as_json else "markdown" if markdown else "table"


# What to measure
Workload = Annotated[
    Several,
    Option(
        "-w",
        "--workload",
        help="NAME, NAME[key=value,...], file.py:Name, a pattern with * and ?, !NAME to leave "
        "one out; repeatable.",
        autocompletion=_names("workloads"),
    ),
]
Strategy = Annotated[
    Several,
    Option(
        "-s", "--strategy", help="The same for strategies.", autocompletion=_names("strategies")
    ),
]
Param = Annotated[
    Several, Option("-P", "--param", help="Sweep: key=1,2,4 or key=1:64:x2; repeatable.")
]
Inputs = Annotated[
    str | None,
    Option(metavar="FILE", help="What tasks take: lines of a file, json, csv, parquet, 'a/*.png'."),
]
Tasks = Annotated[int | None, Option(help="Tasks in a batch.")]
Workers = Annotated[int | None, Option(help="Tasks running at the same time.")]
Start = Annotated[str | None, Option(help="How children start: fork, spawn or forkserver.")]
Reference = Annotated[str | None, Option(help="The strategy that speed-ups refer to: sequential.")]
Margin = Annotated[
    str | None, Option(metavar="SHARE", help="Strategies that differ by less are as good: 5%.")
]

Exact = Annotated[
    bool, Option("--exact", help="Answers: floats equal to the last digit, not within 1e-9.")
]

Warm = Annotated[
    bool, Option("--warm", help="Rank by later batches, also where the first did the work.")
]

Fresh = Annotated[
    bool, Option("--fresh", help="One batch a process, its first: for work that is done once.")
]

# How long, and in which order
Rounds = Annotated[
    int | None, Option(help="Exactly so many rounds; all the time, without --budget.")
]
Timeout = Annotated[
    str | None, Option(help="Kill a worker after this long (default: from its expected work).")
]
Seed = Annotated[int | None, Option(help="Repeat the order of an earlier run.")]

# What becomes of it
Results = Annotated[Path | None, Option(help="The folder of stored runs: .concbench.")]
Resume = Annotated[str | None, Option(help="Go on with an interrupted run (the latest).")]
Report = Annotated[bool, Option("--report", help="Also write the page and the charts.")]
Strict = Annotated[
    bool, Option("--strict", help="Doubt counts as failure: what a cell leaves behind.")
]

# How it is shown
Columns = Annotated[
    str | None,
    Option(metavar="A,B,...", help="The table's columns, the most needed first; or all."),
]
Sort = Annotated[
    str | None, Option(metavar="[-]COLUMN", help="Sort by a column, with - from the highest down.")
]
GroupBy = Annotated[
    str | None,
    Option(metavar="KEY", help="A table per workload, strategy, tasks, workers, parameter."),
]
Quiet = Annotated[bool, Option("-q", "--quiet", help="No progress.")]
Verbose = Annotated[bool, Option("-v", "--verbose", help="A line for each cell.")]
Json = Annotated[bool, Option("--json", help="For a machine.")]
Markdown = Annotated[bool, Option("--markdown", help="For a document.")]
