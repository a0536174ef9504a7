"""The lessons as pages, from what `concbench lessons` measured once: docs/runs/lessons.json.

Their words stand in the lessons themselves, in both languages, so no catalogue has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import record
from program import literal

from concbench.course import teaching
from concbench.reports.files import write_whole
from concbench.reports.lessons import figure
from concbench.reports.lessons.course import JudgedClaim, TaughtCourse, TaughtLesson
from concbench.reports.lessons.words import CHINESE
from concbench.reports.render.lessons import told

DOCS = Path(__file__).parents[1]
TAUGHT = DOCS / "runs" / "lessons.json"
STUB = "% Made by docs/ext/lessons.py.\n"
SAID = ("title", "why", "scale", "claims")
"""What a lesson says of its program; its readings are of that program."""


@cache
def course(language: str) -> TaughtCourse:
    """All lessons, judged, in a language."""
    document = json.loads(TAUGHT.read_text(encoding="utf-8"))
    return TaughtCourse(document, language, len(document["lessons"]))


def current(document: dict[str, Any]) -> dict[str, Any]:
    """What was measured, with what its lessons say now; one whose program is another is left."""
    for one in document["lessons"]:
        now = teaching.describe(one["name"])
        if (now["code"], now["claims"].keys()) == (one["code"], one["claims"].keys()):
            one |= {part: now[part] for part in SAID}
    return document


def update() -> None:
    """Write the lessons with what they say now."""
    record.write(TAUGHT, current(json.loads(TAUGHT.read_text(encoding="utf-8"))))


def write_stubs() -> None:
    """A file for each lesson: Sphinx reads what there is, and `page` puts the words in."""
    for one in course("en").lessons:
        path = DOCS / "lessons" / f"{one.name}.md"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            write_whole(path, STUB)


def page(taught: TaughtCourse, name: str) -> str:
    """The page of a lesson in Markdown."""
    one = next(one for one in taught.lessons if one.name == name)
    return "\n\n".join(_parts(taught, one)) + "\n"


def _parts(taught: TaughtCourse, one: TaughtLesson) -> Iterator[str]:
    say = taught.say
    yield f"# {literal(one.title)}"
    yield f"```python\n{one.code}```"
    yield from (_claim(taught, claim) for claim in one.claims)
    if drawing := figure.draw(one):
        caption = [say["figure"]] if figure.timed(one) else []
        caption += [say["rounds"]] if figure.seen(one) else []
        between = "" if taught.language == CHINESE else " "
        below = escape(between.join([*caption, one.scale, f"{taught.here}{say['stop']}".rstrip()]))
        picture = f'<div class="scroll">{drawing}</div><figcaption>{below}</figcaption>'
        yield f'```{{raw}} html\n<figure class="chart">{picture}</figure>\n```'
    yield f"## {say['why']}\n\n{literal(one.why)}"
    yield f"```sh\nconcbench lessons {one.name}\n```"


def _claim(taught: TaughtCourse, one: JudgedClaim) -> str:
    says = literal(told(taught, one))
    return f"**{one.verdict}**{taught.say['colon']}{says}\n: {literal(one.sentence)}"
