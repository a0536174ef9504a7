"""How strategies behave, on a terminal and in Markdown: a table for each group of questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from ..analysis.behaviour import Behaviour, Question
from . import terminal
from .table import Heading, Table, escaped, markdown


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
        titles = ["strategy", *(question.name for question in questions)]
        yield Table(
            group,
            tuple(Heading(title, left=True) for title in titles),
            tuple(
                (one.name, *(one.answers[question.name].answer for question in questions))
                for one in behaviour.able
            ),
            notes=tuple(_notes(behaviour, questions)),
        )


def _notes(behaviour: Behaviour, questions: Sequence[Question]) -> Iterator[tuple[str, str]]:
    for question in questions:
        yield question.name, "\n".join([question.asks, *behaviour.reasons(question)])


def _unable(behaviour: Behaviour) -> Iterator[str]:
    for one in behaviour.unable:
        yield f"cannot run here: {one.name}: {one.reason}"
