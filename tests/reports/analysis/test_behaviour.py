"""What strategies answer, read from a file and shown."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from concbench.reports import page, read
from concbench.reports.analysis import behaviour
from concbench.reports.errors import DamagedRun
from concbench.reports.render import summary

from ..made import folder, sequential


def answer(said: str, why: str = "", **measured: float) -> dict[str, Any]:
    return {"answer": said, "why": why, "measured": measured}


DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "concbench": "1.0",
    "asked": "2026-11-21T04:50:00Z",
    "python": "CPython 3.11.7",
    "platform": "Linux",
    "questions": [
        {"name": "order", "group": "errors", "asks": "What comes first.", "code": "a < b"},
        {"name": "startup", "group": "costs", "asks": "How long.", "code": "def ask(): ..."},
    ],
    "strategies": [
        {
            "name": "one|<b>",
            "reason": "",
            "answers": {"order": answer("in order"), "startup": answer("9.0 ms", seconds=0.009)},
        },
        {
            "name": "two",
            "reason": "",
            "answers": {
                "order": answer("-", "no tasks"),
                "startup": answer("12 ms", seconds=0.012),
            },
        },
        {"name": "three", "reason": "not installed", "answers": {}},
    ],
}


def kept(place: Path, found: object) -> Path:
    (place / behaviour.FILE).write_text(json.dumps(found))
    return place


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    assert behaviour.read(tmp_path) is None
    found = behaviour.read(kept(tmp_path, DOCUMENT))
    assert found is not None
    assert list(found.groups) == ["errors", "costs"]
    assert [one.name for one in found.able] == ["one|<b>", "two"]
    assert [one.reason for one in found.unable] == ["not installed"]
    assert list(found.reasons(found.questions[0])) == ["-: no tasks (two)"]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "was not written by concbench"),
        ({**DOCUMENT, "schema": 2}, "was written by a newer concbench"),
        ({**DOCUMENT, "questions": 3}, "questions"),
        (
            {**DOCUMENT, "strategies": [{"name": "one", "reason": "", "answers": {}}]},
            "one has no answer to order and startup",
        ),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(
    tmp_path: Path, found: object, message: str
) -> None:
    with pytest.raises(DamagedRun, match=message) as caught:
        behaviour.read(kept(tmp_path, found))
    assert behaviour.FILE in str(caught.value)


def test_the_terminal_shows_answers_questions_and_reasons(tmp_path: Path) -> None:
    found = behaviour.read(kept(tmp_path, DOCUMENT))
    assert found is not None
    console = Console(file=io.StringIO(), width=100)
    summary.show_behaviour(found, console)
    lines = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert lines[:6] == [
        "errors",
        "strategy order",
        "one|<b> in order",
        "two -",
        "order What comes first.",
        "-: no tasks (two)",
    ]
    assert "cannot run here: three: not installed" in lines


def test_no_name_becomes_markup_in_markdown(tmp_path: Path) -> None:
    found = behaviour.read(kept(tmp_path, DOCUMENT))
    assert found is not None
    said = summary.behaviour_document(found)
    assert "| one\\|&lt;b\\> | in order |\n| two | \\- |\n" in said
    assert "- *order*: What comes first. \\-: no tasks (two).\n" in said
    assert said.endswith("- cannot run here: three: not installed\n")


def test_the_page_shows_what_was_kept_with_its_code(tmp_path: Path) -> None:
    stored = read(folder(tmp_path / "run", [sequential([0.1] * 3)]))
    assert 'id="behaviour"' not in page.rendered(stored)
    found = behaviour.read(kept(tmp_path, DOCUMENT))
    html = page.rendered(stored, (), found)
    assert 'href="#behaviour"' in html
    assert "one|<b>" not in html
    assert "a &lt; b" in html
    assert 'data-value="0.009">9.0 ms' in html
    assert "<b>order</b> -: no tasks (two)" in html
    assert "<b>three</b> cannot run there: not installed" in html
