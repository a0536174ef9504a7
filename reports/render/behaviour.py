"""How strategies behave, on a terminal and in Markdown: a table for each group of questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console

from ..analysis.behaviour import Behaviour
from . import terminal
from .table import Table, escaped, headings, markdown


def show(behaviour: Behaviour, console: Console) -> None:
    """Print the tables, each with what its questions ask and why some have no answer."""
    for table in tables(behaviour):
        terminal.show([table], console)
        console.print()
    for line in _unable(behaviour):
        terminal.say(console, line)
    terminal.say(console, "the code that was run: concbench behaviour --show QUESTION")


def document(behaviour: Behaviour) -> str:
    """The same for documents, as Markdown."""
    parts = []
    for table in tables(behaviour):
        title = f"{table.title[0].upper()}{table.title[1:]}"
        parts.append(markdown(replace(table, title=title)))
    if lines := [f"- {escaped(line)}\n" for line in _unable(behaviour)]:
        parts.append("".join(lines))
    return "\n".join(parts)


def tables(behaviour: Behaviour) -> Iterator[Table]:
    """Answers of the strategies that could be asked, a table for each group of questions."""
    for group, questions in behaviour.groups.items():
        names = [question.name for question in questions]
        answers = [(one.name, [one.answers[name] for name in names]) for one in behaviour.able]
        asked = ("\n".join([one.asks, *behaviour.reasons(one)]) for one in questions)
        yield Table(
            group,
            headings(["strategy", *names], left=range(len(names) + 1)),
            tuple((name, *(one.answer for one in those)) for name, those in answers),
            notes=tuple(zip(names, asked, strict=True)),
            values=tuple((name, *(one.value for one in those)) for name, those in answers),
        )


def _unable(behaviour: Behaviour) -> Iterator[str]:
    for one in behaviour.unable:
        yield f"cannot run here: {one.name}: {one.reason}"
