"""Every note and warning has a code with an entry, and no entry is of a code that nobody prints."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from concbench.reports import codes
from concbench.reports.codes import coded, codes_in, entries, pointer
from concbench.reports.gate import results
from concbench.reports.run.notes import TEXT, WORDS

ROOT = Path(__file__).parents[2]
ENTRIES = entries()
FACTS = {"python", "gil", "jit", "tail-calls"}
"""What the doctor only reports: it says nothing against the machine."""


def calls(*names: str) -> Iterator[ast.Call]:
    for package in ("bench", "reports"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    yield node


def texts(node: ast.Call, place: int) -> Iterator[str]:
    argument = node.args[place] if len(node.args) > place else None
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value


def of(kind: str) -> set[str]:
    return {code for code, one in ENTRIES.items() if one.kind == kind}


def test_every_code_that_can_be_printed_has_an_entry_and_the_reverse() -> None:
    written = {code for call in calls("coded") for code in texts(call, 0)}
    assert all(list(texts(call, 0)) for call in calls("coded") if not _passes_on(call))
    findings = {text for call in calls("Finding", "unknown") for text in texts(call, 0)}
    findings |= {text for call in calls("judge") for text in texts(call, 1)}
    named = {about.lower().replace(" ", "-") for about in findings} - FACTS
    notes = {*WORDS} - {TEXT}
    assert of("notes") == notes
    assert of("doctor") == named
    assert {*ENTRIES} == notes | written | named | {*results.CODES.values()}


def _passes_on(call: ast.Call) -> bool:
    """Whether it is the one that takes the code of a footnote."""
    return ast.unparse(call.args[0]) == "self.code"


@pytest.mark.parametrize("code", ENTRIES)
def test_an_entry_says_all_in_sentences(code: str) -> None:
    one = ENTRIES[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code) and one.kind in codes.KINDS
    assert one.meaning and one.cause and one.remedy and one.example
    assert one.meaning.endswith(".") and not one.example.endswith(".")
    if one.kind == "warnings":
        assert codes_in([one.example]) == [code]


@pytest.mark.parametrize("code", sorted({*WORDS} - {TEXT}))
def test_the_example_of_a_note_is_the_line_that_is_printed(code: str) -> None:
    line = ": ".join(WORDS[code])
    form = re.sub(r"\\\{.*?\\\}", ".+", re.escape(line))
    assert re.fullmatch(form, ENTRIES[code].example)
    assert len(f"  a  {coded(code, ENTRIES[code].example)}") <= 100 or code in LONG


LONG = {"idle-workers"}
"""What needs a second line of 100 columns."""


def test_a_code_stands_at_the_end_of_the_first_line() -> None:
    line = coded("fixture-ended", "it ended\n  Traceback [most recent]")
    assert line == "it ended [fixture-ended]\n  Traceback [most recent]"
    assert codes_in([line, "http_get[delay=0.1]", coded("load", "a"), coded("load", "b")]) == [
        "fixture-ended",
        "load",
    ]
    assert pointer([]) == "" and pointer(["a", "b", "a"]) == "see: concbench explain a b"
