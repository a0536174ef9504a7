"""The page of the lessons: one self-contained file in the style of the report's page."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from ..files import write_whole
from ..lessons import figure
from ..lessons.course import TaughtCourse, TaughtLesson
from ..lessons.judgement import ABSENT, FAILS, HOLDS, UNKNOWN
from . import html

_TONES = {HOLDS: "clear", FAILS: "none", UNKNOWN: "tie", ABSENT: "even"}
_STYLES = ("page.css", "parts.css", "lessons.css", "media.css")  # in this order: later rules win


def rendered(course: TaughtCourse) -> str:
    """The whole page."""
    return html.rendered(
        "lessons.html",
        _STYLES,
        course=course,
        say=course.say,
        tones=_TONES,
        figures={lesson.name: _figure(course, lesson) for lesson in course.lessons},
    )


def _figure(course: TaughtCourse, lesson: TaughtLesson) -> dict[str, str]:
    """The picture of a lesson, and how to read it."""
    keys = {"figure": figure.timed(lesson), "rounds": figure.seen(lesson)}
    caption = " ".join(course.say[key] for key, rows in keys.items() if rows)
    return {"svg": Markup(figure.draw(lesson)), "caption": caption}


def write(course: TaughtCourse, path: Path) -> None:
    """Write the page whole.  Raises OSError, naming the path, when it cannot be written."""
    write_whole(path, rendered(course))
