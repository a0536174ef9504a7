"""A check as annotations of a GitHub workflow: lines on stdout that the runner reads.

The form: https://docs.github.com/actions/reference/workflow-commands-for-github-actions; what is
escaped: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
"""

# Without the usual import from __future__, whose name is that of a function here.

from collections.abc import Iterator, Sequence

from . import words
from .checked import Answer, Checked

MOST = 10
"""Of a level, and of a step: GitHub drops further ones, and does not say so."""


def annotations(checked: Checked) -> Iterator[str]:
    """Errors for what fails the check, warnings for other work, notices for what is not known."""
    errors = [_of(one, "slower", checked) for one in checked.of("slower")]
    errors += [(f"failed: {cell}", reason) for cell, reason in checked.failed]
    warnings = [_of(one, "other work", checked) for one in checked.of("other work")]
    notices = [_of(one, "inconclusive", checked) for one in checked.of("inconclusive")]
    notices += [("not known", line) for line in (*checked.unknown, *checked.warnings)]
    yield from _lines("error", errors)
    yield from _lines("warning", warnings)
    yield from _lines("notice", notices)


def _of(one: Answer, word: str, checked: Checked) -> tuple[str, str]:
    limit = f"threshold {words.percent(one.threshold)}"
    return f"{word}: {one.cell}", f"{words.said(one)}   {words.title(checked)}, {limit}"


def _lines(level: str, told: Sequence[tuple[str, str]]) -> Iterator[str]:
    shown = told if len(told) <= MOST else told[: MOST - 1]
    for title, said in shown:
        yield f"::{level} title={_property(title)}::{_data(said)}"
    if left := len(told) - len(shown):
        yield f"::{level} title=concbench::{left} more: see the summary of the job"


def _data(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")
