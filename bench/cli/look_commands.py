"""The commands that look at how strategies work, beside those of bench/cli/__init__.py."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options


def trace(
    cell: options.Traced,
    output: options.Trace = None,
    param: options.Param = None,
    tasks: options.Tasks = None,
    workers: options.Workers = None,
    start: options.Start = None,
    timeout: options.Timeout = None,
) -> None:
    """Run a cell once and write what it did when, for Perfetto: Chrome trace events."""
    named = {"param": param, "tasks": tasks, "workers": workers, "start": start, "timeout": timeout}
    from . import end
    from .trace import trace

    end(lambda outcome: trace(cell, output, named, outcome))


def _completed(incomplete: str) -> list[str]:
    from ..behaviour.questions import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


def behaviour(
    strategy: options.Strategy = None,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="QUESTION",
            help="Print the code that asks it, and ask nothing.",
            autocompletion=_completed,
        ),
    ] = None,
    as_json: options.Json = False,
    markdown: options.Markdown = False,
    save: Annotated[
        bool, typer.Option("--save", help="Keep it for the pages of `concbench report`.")
    ] = False,
    timeout: options.Timeout = None,
    results: options.Results = None,
) -> None:
    """Ask what strategies do on errors, time-outs and Ctrl-C, what crosses, what workers cost."""
    given = {"strategy": strategy, "timeout": timeout, "results": results}
    form = options.form(as_json, markdown)
    from . import behaviours, end

    if show is not None:
        end(lambda _: behaviours.show(show))
    end(lambda outcome: behaviours.behaviour(given, form, save, outcome))
