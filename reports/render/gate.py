"""A check for a reader: lines on a terminal, and a comment on a pull or merge request.

What is slower comes first, then what nobody knows; what passed is one line, or folded away.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ..gate import results
from ..gate.decision import Word
from ..gate.results import Check, Result
from .table import Heading, Table, escaped, grid

WIDTH = 100
WIDEST = 44
"""A longer name moves its own words to the right, and nobody else's."""
SHOWN: tuple[Word, ...] = ("slower", "other work", "inconclusive")
MARKS = {"slower": "SLOWER", "inconclusive": "?", "other work": "OTHER", "not slower": "="}


_INDENT = " " * 10


def lines(checked: Check, width: int = WIDTH) -> Iterator[str]:
    """The check, a line at a time, none wider than `width`."""
    about = results.title(checked), results.extent(checked), results.method(checked)
    yield from _wrapped("check: ", "   ".join(about), width)
    names = [one.cell for one in checked.answers if one.word != "not slower"]
    names += [cell for cell, _ in checked.failed]
    wide = max((len(name) for name in names if len(name) <= WIDEST), default=0)
    for word in SHOWN:
        for one in checked.of(word):
            yield from _line(MARKS[word], one.cell, wide, results.reason(one), width)
    for cell, reason in checked.failed:
        yield from _line("FAILED", cell, wide, reason, width)
    for unknown in checked.unknown:
        yield from _wrapped("  ?       ", unknown, width)
    if passed := checked.of("not slower"):
        yield from _wrapped("  =       ", results.within(passed), width)
    for warning in checked.warnings:
        yield from _wrapped("  note    ", warning, width)


def _line(mark: str, cell: str, wide: int, text: str, width: int) -> Iterator[str]:
    start = f"  {mark:8}{cell:{wide}}   "
    if len(start) + len(text) <= width:
        yield f"{start}{text}"
    else:
        yield start.rstrip()
        yield from _wrapped(_INDENT, text, width)


def _wrapped(start: str, text: str, width: int) -> Iterator[str]:
    if len(start) + len(text) <= width:
        yield f"{start}{text}"
    else:
        yield from textwrap.wrap(text, width, initial_indent=start, subsequent_indent=_INDENT)


ROOM = 50_000
"""Characters of tables: GitHub refuses a comment above 65,536."""


def document(checked: Check) -> str:
    """Markdown as GitHub and GitLab read it; nothing in a name is taken for markup."""
    lines = [f"**{escaped(results.headline(checked))}** ({escaped(results.title(checked))})", ""]
    first = [one for word in SHOWN for one in checked.of(word)]
    passed = checked.of("not slower")
    heading, rule, *rows = grid(_table(checked, [*first, *passed]))
    head = (heading, rule)
    fitting = list(_fitting(rows))
    if first:
        lines += [*head, *fitting[: len(first)], ""]
    lines += [f"- failed: {escaped(f'{cell}: {reason}')}" for cell, reason in checked.failed]
    lines += [f"- not known: {escaped(line)}" for line in checked.unknown]
    lines += [f"- note: {escaped(line)}" for line in checked.warnings]
    if passed:
        summary = f"<details><summary>{results.within(passed)}</summary>"
        lines += ["", summary, "", *head, *fitting[len(first) :], "", "</details>"]
    if left := len(rows) - len(fitting):
        lines += ["", f"{left} more rows do not fit here: see gate.json of the run."]
    run = f"run {escaped(checked.run)}"
    lines += ["", f"{results.extent(checked)}; {results.method(checked)}; {run}"]
    return "\n".join(lines) + "\n"


def _table(checked: Check, answers: Sequence[Result]) -> Table:
    return Table(
        title="",
        headings=(
            *(Heading(text, left=True) for text in ("", "cell", "metric")),
            *(Heading(text) for text in (checked.before, checked.after, "change", "rounds")),
            Heading("", left=True),
        ),
        rows=tuple(map(_row, answers)),
        folding=1,
    )


def _row(one: Result) -> tuple[str, ...]:
    before, after = (results.value(one, number) for number in (one.before, one.after))
    return (
        *(one.word, one.cell, one.metric, before, after, results.change(one), str(one.rounds)),
        _remark(one),
    )


def _remark(one: Result) -> str:
    limit = results.percent(one.threshold)
    if one.word == "slower":
        return f"threshold {limit}{', confirmed' if one.confirmed else ''}"
    if one.word == "other work":
        return "the sides give different answers"
    if one.word == "inconclusive":
        return f"too noisy to tell {limit}{results.remedy(one)}"
    return f"within {limit}"


def _fitting(rows: Sequence[str]) -> Iterator[str]:
    """The first rows, as many as there is room for."""
    room = ROOM
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            return
        yield row
