"""`concbench behaviour`: ask what strategies do, show it, and keep it when asked to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from . import options, stored
from .exit import Outcome, ending, writing

FILE = "behaviour.json"


def _complete(incomplete: str) -> list[str]:
    from ..behaviour.questions import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


Show = Annotated[
    str | None,
    Option(
        metavar="QUESTION",
        help="Print the code of one question instead of asking.",
        autocompletion=_complete,
    ),
]
Save = Annotated[bool, Option("--save", help="Store the answers for `concbench report`.")]


def behaviour(
    strategy: options.Strategy = None,
    show: Show = None,
    as_json: options.Json = False,
    markdown: options.Markdown = False,
    save: Save = False,
    timeout: options.Timeout = None,
    results: options.Results = None,
) -> None:
    """Show what strategies do on errors, time-outs and Ctrl-C."""
    given = {"strategy": strategy, "timeout": timeout, "results": results}
    form = options.form(as_json, markdown)
    with ending() as outcome:
        if show is None:
            ask(given, form, save, outcome)
        else:
            from ..behaviour import asking

            print(asking.code(show), end="")


def ask(given: Mapping[str, Any], form: str, save: bool, outcome: Outcome) -> None:
    """Print what the strategies answer as a table, `json` or `markdown`; exit 3 if one failed."""
    import json

    from rich.console import Console

    from concbench.reports.analysis.behaviour import checked
    from concbench.reports.render import summary

    from ..behaviour import asking
    from ..driver import runnable
    from ..driver.lab import workshop
    from ..plan.settings import resolve
    from ..store import runs

    settings = resolve(given)
    path = settings.results / FILE
    if save:
        stored.check_output(str(path), makes_folders=True)
    cells = runnable(asking.strategies(settings))
    seconds = settings.timeout or asking.SECONDS
    line: Any = Console(stderr=True).status("asking") if sys.stderr.isatty() else nullcontext()
    with workshop() as shop, line as status:
        document = asking.document(
            shop, cells, seconds, lambda *asked: status and status.update(": ".join(asked))
        )
    text = json.dumps(document, indent=1)
    if save:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            runs.keep_out_of_git(path.parent)
            path.write_text(text, encoding="utf-8")
    answers = checked(document, Path(FILE))
    if form == "json":
        print(text)
    elif form == "markdown":
        print(summary.behaviour_document(answers), end="")
    else:
        summary.show_behaviour(answers, stored.console())
    if save and form == "table":
        print(f"\nsaved: {stored.short(path)} (`concbench report` shows it)")
    outcome.failed = sum(
        answer.answer == "failed" for one in answers.strategies for answer in one.answers.values()
    )
