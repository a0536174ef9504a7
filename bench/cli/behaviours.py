"""`concbench behaviour`: ask, show, and keep when asked to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ..behaviour import asking
from ..driver import runnable
from ..driver.lab import workshop
from ..errors import Exit, UsageError
from ..plan.settings import resolve
from ..store.runs import check_file
from .exit import Outcome

FILE = "behaviour.json"


def behaviour(given: Mapping[str, Any], form: str, save: bool, outcome: Outcome) -> None:
    """Print what the strategies answer as a table, `json` or `markdown`; exit 3 if one failed."""
    from reports.analysis.behaviour import checked
    from reports.render import behaviour_table

    from .stored import console, short

    settings = resolve(given)
    if save:
        check_file(settings.results / FILE, makes_folders=True)
    planned = runnable(asking.strategies(settings))
    with workshop(settings.results) as shop, _progress() as status:
        found = asking.document(
            shop,
            planned,
            settings.timeout or asking.SECONDS,
            lambda strategy, question: status and status.update(f"{strategy}: {question}"),
        )
    if save:
        path = _saved(settings.results, found)
    read = checked(found, Path(FILE))
    if form == "json":
        print(json.dumps(found, indent=1))
    elif form == "markdown":
        print(behaviour_table.markdown(read), end="")
    else:
        behaviour_table.show(read, console())
    if save and form == "table":
        print(f"\nsaved: {short(path)} (`concbench report` shows it)")
    outcome.failed = sum(
        answer.answer == "failed" for one in read.strategies for answer in one.answers.values()
    )
    if outcome.failed:
        outcome.codes.add(Exit.FAILED)


def show(name: str) -> None:
    """Print the code of a question."""
    print(asking.code(name), end="")


def _progress() -> Any:
    import sys

    from rich.console import Console

    console = Console(stderr=True)
    return console.status("asking") if sys.stderr.isatty() else nullcontext()


def _saved(results: Path, found: Mapping[str, Any]) -> Path:
    from ..store import runs

    path = results / FILE
    try:
        results.mkdir(parents=True, exist_ok=True)
        runs.keep_out_of_git(results)
        path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return path
