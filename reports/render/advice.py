"""An advice for a terminal, as Markdown, and as a notebook shows it: always the same sentences."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from .. import numbers
from ..advice import prediction
from ..advice.answer import AdviceAnswer, headline
from ..advice.findings import Remark
from ..table import Table, escaped, markdown, without_empty
from . import terminal

LABELS = {"measured": "", "predicted": " (predicted)", "open": " (open)"}
WIDEST = 40
"""Signs of the bar of the fastest."""


def show(answer: AdviceAnswer, console: Console, *, whole: bool = True) -> None:
    """Print it; without `whole` only what follows the race."""
    if whole:
        terminal.say(console, f"advice on {answer.title}", "bold")
        for line in [*answer.saw, *_costs(answer)]:
            terminal.say(console, f"  {line}")
        for line in left_out(answer):
            terminal.say(console, f"  {line}")
        console.print()
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for place, one in enumerate(answer.remarks):
        style = "" if place else "bold"
        words = numbers.printable(one.text, console.encoding)
        grid.add_row(Text(f"{one.topic}{LABELS[one.basis]}"), Text(words, style=style))
    console.print(Padding(grid, 0))
    for table in _tables(answer):
        console.print()
        terminal.show([table], console)
    if len(answer.bars) > 1:
        console.print()
        _chart(answer, console)


def _chart(answer: AdviceAnswer, console: Console) -> None:
    """How fast each was that was raced, as bars; of signs that any terminal has."""
    terminal.say(console, "how fast each was, and what a batch took", "bold")
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for justify in ("left", "left", "right"):
        grid.add_column(justify=justify, no_wrap=True)
    room = console.width - max(len(one.name) + len(one.time) for one in answer.bars) - 4
    for one in answer.bars:
        bar = "#" * max(1, round(min(WIDEST, room) * one.share))
        grid.add_row(Text(one.name), Text(bar), Text(numbers.printable(one.time, console.encoding)))
    console.print(Padding(grid, 0))


def show_code(answer: AdviceAnswer, console: Console) -> None:
    """Print the program of what is advised, where there is one."""
    advice = answer.findings.advice
    if advice.code:
        console.print()
        terminal.say(console, f"the program: {advice.code_of} (--write FILE writes it)", "bold")
        lines = (numbers.printable(line, console.encoding) for line in advice.code.splitlines())
        console.print(Text("\n".join(f"  {line}".rstrip() for line in lines)), soft_wrap=True)


def _costs(answer: AdviceAnswer) -> list[str]:
    origin = answer.findings.advice.costs_from
    return [f"what strategies cost a task: {origin}"] if origin else []


def left_out(answer: AdviceAnswer) -> Iterator[str]:
    """Why strategies were not raced, a line for each reason."""
    return prediction.reasons(dict(answer.left_out))


def _tables(answer: AdviceAnswer) -> list[Table]:
    return without_empty([answer.table]) if answer.table.rows else []


def document(answer: AdviceAnswer) -> str:
    """The same as Markdown."""
    lines = [f"**{escaped(_sentence(answer.title))}: {escaped(headline(answer))}**", ""]
    lines += [f"- {escaped(line)}" for line in [*answer.saw, *left_out(answer)]]
    lines += ["", *(f"- *{_label(one)}*: {escaped(one.text)}" for one in answer.remarks), ""]
    lines += [markdown(table) for table in _tables(answer)]
    return "\n".join(lines)


def _label(one: Remark) -> str:
    return f"{one.topic}{LABELS[one.basis]}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def html(answer: AdviceAnswer) -> Iterator[str]:
    """The same for a notebook, its table apart."""
    yield f"<p><strong>{_text(answer.title)}</strong></p>"
    seen = "".join(f"<li>{_text(line)}</li>" for line in [*answer.saw, *left_out(answer)])
    yield f"<ul>{seen}</ul>"
    rows = (
        f'<tr><th style="text-align: left">{_text(_label(one))}</th>'
        f'<td style="text-align: left">{_text(one.text)}</td></tr>'
        for one in answer.remarks
    )
    yield f"<table><tbody>{''.join(rows)}</tbody></table>"
    if code := answer.findings.advice.code:
        yield f"<details><summary>the code</summary><pre>{escape(code)}</pre></details>"


def tables(answer: AdviceAnswer) -> list[Table]:
    """The table, without the columns that say nothing."""
    return _tables(answer)


def _text(text: str) -> str:
    return escape(numbers.printable(text, "utf-8"))
