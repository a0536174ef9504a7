"""`concbench behaviour`: ask, show, and keep when asked to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ..command_line.outcome import Outcome
from ..driver import runnable
from ..errors import Exit, UsageError
from ..laboratory import workshop
from ..planning.settings import resolve
from ..storing.writable import check_file
from . import asking

FILE = "behaviour.json"


def behaviour(given: Mapping[str, Any], form: str, save: bool, outcome: Outcome) -> None:
    """Print what the strategies answer as a table, `json` or `markdown`; exit 3 if one failed."""
    from reports import behaviour, behaviour_table

    from ..command_line.reporting import console, short

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
    read = behaviour.checked(found, Path(FILE))
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
    from ..storing import store

    path = results / FILE
    try:
        results.mkdir(parents=True, exist_ok=True)
        store.keep_out_of_git(results)
        path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return path
