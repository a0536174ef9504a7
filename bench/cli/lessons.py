"""`concbench lessons`: what tutorials claim of Python's concurrency, checked on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from ..errors import Exit, UsageError
from . import options, stored
from .exit import Outcome, complain, ending, writing

if TYPE_CHECKING:
    from concbench.reports.lessons.course import TaughtCourse

    from ..course.teaching import Syllabus


def _complete(incomplete: str) -> list[str]:
    from ..course.teaching import names

    return [name for name in names() if name.startswith(incomplete)]


Names = Annotated[
    options.Several,
    Argument(metavar="NAME", help="Lessons to run (default: all).", autocompletion=_complete),
]
Language = Annotated[
    str | None, Option(metavar="LANGUAGE", help="en or zh-Hant (default: by the locale).")
]
Rounds = Annotated[int | None, Option(metavar="N", help="Rounds of each lesson (default: 7).")]
Page = Annotated[Path | None, Option("--html", metavar="FILE", help="Also write a page.")]


def lessons(
    names: Names = None,
    language: Language = None,
    rounds: Rounds = None,
    as_json: options.Json = False,
    page: Page = None,
    timeout: options.Timeout = None,
) -> None:
    """Check what tutorials say of asyncio, threads and processes."""
    with ending() as outcome:
        from ..course import teaching

        syllabus = teaching.syllabus(names or [], rounds, timeout)
        if page:
            stored.check_output(str(page))
        course = teach(syllabus, spoken(language), as_json, outcome)
        if page:
            from concbench.reports.page import lessons as pages

            with writing(page):
                pages.write(course, page)


def teach(syllabus: Syllabus, language: str, as_json: bool, outcome: Outcome) -> TaughtCourse:
    """Print each lesson as it ends, with its code where not all are taught; or JSON of them all."""
    import json

    from concbench.reports.render import lessons as rendered

    console = stored.console()

    def show(one: TaughtCourse) -> None:
        if not as_json:
            rendered.show_lesson(one, one.lessons[0], console, syllabus.named)
            console.print()

    course = taught(syllabus, language, show, _status)
    if as_json:
        print(json.dumps(course.plain(), indent=1, ensure_ascii=False))
    else:
        rendered.show_end(course, console, syllabus.named)
    outcome.failed = course.failed
    if course.interrupted:
        outcome.codes.add(Exit.INTERRUPTED)
        complain(course.interrupted)
    return course


@contextmanager
def _status() -> Iterator[Callable[[str], object]]:
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:

        def watch(where: str) -> None:
            status.update(where)
            status.start() if where else status.stop()  # or it would stand in what is printed

        yield watch


def spoken(language: str | None) -> str:
    """The language that was asked for, else the locale's; UsageError for one that is not spoken."""
    from concbench.reports.lessons.words import LANGUAGES, of_locale

    if language is None:
        return of_locale(os.environ)
    if language not in LANGUAGES:
        raise UsageError(f"no language '{language}': there are {', '.join(LANGUAGES)}")
    return language


def taught(
    syllabus: Syllabus,
    language: str,
    show: Callable[[TaughtCourse], object],
    watching: Callable[[], Any],
) -> TaughtCourse:
    """The course, after `show` had each lesson; an interrupt ends it early, and it says so.

    `watching` opens what is told where it is before each lesson, and an empty text after it.
    """
    from concbench.reports.lessons.course import TaughtCourse

    from ..course import teaching
    from ..driver.lab import workshop

    about, documents, planned = teaching.about(), [], len(syllabus.names)
    try:
        with workshop() as shop, watching() as watch:
            for document in teaching.taught(shop, syllabus, watch):
                documents.append(document)
                watch("")
                show(TaughtCourse({**about, "lessons": [document]}, language, planned))
    except KeyboardInterrupt:  # what is done is kept
        pass
    return TaughtCourse({**about, "lessons": documents}, language, planned)
