"""The lessons on a terminal and in a notebook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from .. import numbers
from ..lessons import figure
from ..lessons.course import JudgedClaim, TaughtCourse, TaughtLesson
from ..lessons.judgement import FAILS, HOLDS, UNKNOWN
from . import terminal

_STYLES = {HOLDS: "green", FAILS: "red", UNKNOWN: "yellow"}


def show_lesson(course: TaughtCourse, lesson: TaughtLesson, console: Console, code: bool) -> None:
    """Print a lesson: its claims with verdicts, and with `code` its program and why it is so."""
    say = course.say
    terminal.say(console, say["colon"].join(filter(None, [lesson.name, lesson.title])), "bold")
    if code and lesson.code:
        console.print()
        for line in lesson.code.splitlines():
            terminal.say(console, f"    {line}")
        console.print()
    if lesson.failure:
        terminal.say(console, say["lesson failed"].format(message=lesson.failure), "red")
        return
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for claim in lesson.claims:
        style = _STYLES.get(claim.outcome, "")
        grid.add_row(
            _text(f"  {claim.verdict}", console, style), _text(told(course, claim), console)
        )
        grid.add_row("", _text(claim.sentence, console))
    console.print(grid)
    terminal.say(console, f"  {lesson.scale}")
    if code:
        console.print()
        terminal.say(console, lesson.why)


def show_end(course: TaughtCourse, console: Console, code: bool) -> None:
    """Print what it was measured on, how many claims hold, and where the code is to be seen."""
    terminal.say(console, course.here)
    terminal.say(console, course.summary, "bold")
    if not code:
        terminal.say(console, course.say["code"])


def told(course: TaughtCourse, claim: JudgedClaim) -> str:
    """The claim with the numbers that it comes with."""
    if not claim.claimed:
        return claim.says
    claimed = course.say["claimed"].format(claimed=claim.claimed)
    return course.say["with numbers"].format(says=claim.says, claimed=claimed)


def _text(text: str, console: Console, style: str = "") -> Text:
    return Text(numbers.printable(text, console.encoding), style=style)


@dataclass(frozen=True, repr=False)
class Lessons:
    """Lessons that were taught: a notebook shows them, and `print` prints what the command does."""

    course: TaughtCourse

    def __str__(self) -> str:
        page = io.StringIO()
        console = Console(file=page, width=100, highlight=False)
        for lesson in self.course.lessons:
            show_lesson(self.course, lesson, console, code=True)
            console.print()
        show_end(self.course, console, code=True)
        return page.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self.course.summary, self.course.interrupted]))

    def _repr_html_(self) -> str:
        head = map(escape, filter(None, [self.course.here, self.course.summary]))
        return "\n".join(["<div>", f"<p>{'<br>'.join(head)}</p>", *self._lessons(), "</div>"])

    def _lessons(self) -> Iterator[str]:
        """Each lesson, without colours of its own: a notebook may be light or dark."""
        say = self.course.say
        for lesson in self.course.lessons:
            yield f"<h4>{escape(lesson.name)}{say['colon']}{escape(lesson.title)}</h4>"
            if lesson.failure:
                yield f"<p>{escape(say['lesson failed'].format(message=lesson.failure))}</p>"
                continue
            rows = "".join(
                f'<tr><td style="text-align: left; vertical-align: top"><b>{escape(one.verdict)}'
                f'</b></td><td style="text-align: left">{escape(told(self.course, one))}<br>'
                f"<small>{escape(one.sentence)}</small></td></tr>"
                for one in lesson.claims
            )
            yield f"<table><tbody>{rows}</tbody></table>"
            yield f'<div style="overflow-x: auto">{figure.draw(lesson)}</div>'
            yield f"<p>{escape(lesson.why)} {escape(lesson.scale)}</p>"
            summary = f"<summary>{escape(say['the code'])}</summary>"
            yield f"<details>{summary}<pre>{escape(lesson.code)}</pre></details>"
