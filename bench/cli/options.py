"""The options that commands share, each with its help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import BadParameter, Option

if TYPE_CHECKING:
    from ..plan.plugins import Kind


def runs(incomplete: str) -> list[str]:
    """Numbers of stored runs, the latest first, and names of baselines."""
    from ..plan.settings import resolve
    from ..store.runs import names

    return [name for name in names(resolve({}).results) if name.startswith(incomplete)]


def formats(incomplete: str) -> list[str]:
    """Formats of a stored run."""
    from concbench.reports.render.exports import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def choices(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Completes one of these."""
    return lambda incomplete: [one for one in known if one.startswith(incomplete)]


RUN = "A run: its number, folder or file, or a baseline's name (default: latest)."
Several = list[str] | None


def _names(kind: Kind) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        from ..plan.plugins import names

        return [name for name in names(kind) if name.startswith(incomplete)]

    return complete


def given(options: Mapping[str, object]) -> dict[str, object]:
    """The options that were given; a 0 is one of them, and an error."""
    return {key: v for key, v in options.items() if v is not None and v is not False}


def refuse(command: str, word: str) -> None:
    """Raise UsageError for a word that no option takes, with the option that was meant."""
    from ..errors import UsageError
    from ..plan.plugins import names

    option = "-s" if word in names("strategies") else "-w"
    raise UsageError(f"{command} takes options only: did you mean {option} {word}?")


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
        metavar="WORKLOAD",
        help="What to run: NAME, NAME[key=value,...], file.py:Name, a pattern with * and ?, or "
        "!NAME to leave one out; repeatable.",
        autocompletion=_names("workloads"),
    ),
]
Strategy = Annotated[
    Several,
    Option(
        "-s",
        "--strategy",
        metavar="STRATEGY",
        help="How to run it, in the same forms; repeatable.",
        autocompletion=_names("strategies"),
    ),
]
Param = Annotated[
    Several,
    Option(
        "-P",
        "--param",
        metavar="KEY=VALUES",
        help="Sweep a parameter: key=1,2,4 or key=1:64:x2 (doubling); repeatable.",
    ),
]
Inputs = Annotated[
    str | None,
    Option(
        metavar="FILE", help="Inputs of the tasks: a file (lines, json, csv, parquet) or 'a/*.png'."
    ),
]
Tasks = Annotated[int | None, Option(metavar="N", help="Tasks in a batch.")]
Workers = Annotated[int | None, Option(metavar="N", help="Tasks that run at the same time.")]
Start = Annotated[
    str | None,
    Option(
        metavar="METHOD",
        help="How processes start: fork, spawn or forkserver.",
        autocompletion=choices(("fork", "spawn", "forkserver")),
    ),
]
Reference = Annotated[
    str | None, Option(metavar="STRATEGY", help="Baseline for speed-ups (default: sequential).")
]
Margin = Annotated[
    str | None,
    Option(metavar="SHARE", help="Strategies that differ by less count as equal (default: 5%)."),
]

Exact = Annotated[
    bool, Option("--exact", help="Compare floats in results to the last digit, not within 1e-9.")
]

Warm = Annotated[
    bool, Option("--warm", help="Rank by later batches, even if the first one did the work.")
]

# How long, and in which order
Rounds = Annotated[
    int | None, Option(metavar="N", help="Run N rounds; no time limit unless --budget is given.")
]
Timeout = Annotated[
    str | None,
    Option(metavar="TIME", help="Kill a worker after this long (default: from its expected work)."),
]
Seed = Annotated[
    int | None,
    Option(
        metavar="N", help="Seed for the order of cells: that of an earlier run repeats its order."
    ),
]

# What becomes of it
Results = Annotated[
    Path | None, Option(metavar="FOLDER", help="Folder for stored runs (default: .concbench).")
]
Resume = Annotated[
    str | None, Option(metavar="RUN", help="Resume an interrupted run (default: latest).")
]
Report = Annotated[bool, Option("--report", help="Also write an HTML page and charts.")]
Strict = Annotated[
    bool, Option("--strict", help="Fail if a cell leaves threads, processes or files behind.")
]

# How it is shown
Columns = Annotated[
    str | None,
    Option(metavar="A,B,...", help="Columns to show, most important first; or all."),
]
Sort = Annotated[
    str | None, Option(metavar="[-]COLUMN", help="Sort by a column; with -, highest first.")
]
GroupBy = Annotated[
    str | None,
    Option(metavar="KEY", help="One table per workload, strategy, tasks, workers or parameter."),
]
Quiet = Annotated[bool, Option("-q", "--quiet", help="Show no progress.")]
Verbose = Annotated[
    bool, Option("-v", "--verbose", help="Show a line per cell, and tracebacks of failures.")
]
Json = Annotated[bool, Option("--json", help="Print JSON.")]
Markdown = Annotated[bool, Option("--markdown", help="Print Markdown.")]
