"""How strategies behave, on a terminal and in Markdown: a table for each group of questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .. import numbers
from ..analysis.behaviour import Behaviour, Question, Strategy
from .contrast_table import widths

_GAP = 2


def show(found: Behaviour, console: Console) -> None:
    """Print the tables, each with what its questions ask and why some have no answer."""
    for group, questions in found.groups.items():
        console.print(Text(group, style="bold"))
        if found.able:
            console.print(_table(found, questions, console.width))
        console.print(_asked(found, questions))
        console.print()
    for line in map(_unable, found.unable):
        console.print(Text(line))
    console.print(Text("the code that was run: concbench behaviour --show QUESTION"))


def _unable(one: Strategy) -> str:
    return f"cannot run here: {one.name}: {one.reason}"


def _lines(found: Behaviour, questions: Sequence[Question]) -> list[tuple[str, ...]]:
    return [(one.name, *(one.answers[q.name].answer for q in questions)) for one in found.able]


def _table(found: Behaviour, questions: Sequence[Question], width: int) -> Table:
    titles, lines = _titles(questions), _lines(found, questions)
    made = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for title, wide in zip(titles, widths(titles, lines, width), strict=True):
        made.add_column(Text(title), width=wide, overflow="fold")
    for line in lines:
        made.add_row(*map(Text, line))
    return made


def _asked(found: Behaviour, questions: Sequence[Question]) -> Padding:
    made = Table.grid(padding=(0, _GAP, 0, 0))
    for question in questions:
        said = "\n".join([question.asks, *found.reasons(question)])
        made.add_row(Text(question.name), Text(said))
    return Padding(made, (0, 0, 0, 2))


def _titles(questions: Sequence[Question]) -> list[str]:
    return ["strategy", *(question.name for question in questions)]


def markdown(found: Behaviour) -> str:
    """The same for documents."""
    return "\n".join(_markdown(found)) + "\n"


def _markdown(found: Behaviour) -> Iterator[str]:
    for group, questions in found.groups.items():
        titles = _titles(questions)
        yield f"**{group[0].upper()}{group[1:]}**"
        yield ""
        yield _row(titles)
        yield _row(["---"] * len(titles))
        yield from map(_row, _lines(found, questions))
        yield ""
        for question in questions:
            said = " ".join([question.asks, *(f"{one}." for one in found.reasons(question))])
            yield f"- *{question.name}*: {_plain(said)}"
        yield ""
    yield from (f"- {_plain(line)}" for line in map(_unable, found.unable))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(said: str) -> str:
    return numbers.printable(said, "utf-8").replace("|", "\\|").replace("<", "&lt;")
