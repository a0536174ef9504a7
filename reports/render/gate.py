"""A check on a terminal: what is slower first, what nobody knows next, the rest in one line.

A check as a comment on a pull or merge request: the verdict on top, what passed folded away.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ..exports.md import escaped
from ..gate import results
from ..gate.decision import Word
from ..gate.results import Check, Result

WIDTH = 100
WIDEST = 44
"""A longer name moves its own words to the right, and nobody else's."""
SHOWN: tuple[Word, ...] = ("slower", "other work", "inconclusive")
MARKS = {"slower": "SLOWER", "inconclusive": "?", "other work": "OTHER", "not slower": "="}


def lines(checked: Check, width: int = WIDTH) -> Iterator[str]:
    """The check, a line at a time, none wider than `width`."""
    yield from _wrapped("check: ", _title(checked), width)
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


def _title(checked: Check) -> str:
    told = results.title(checked), results.extent(checked), results.method(checked)
    return "   ".join(told)


def _line(mark: str, cell: str, wide: int, said: str, width: int) -> Iterator[str]:
    start = f"  {mark:8}{cell:{wide}}   "
    if len(start) + len(said) <= width:
        yield f"{start}{said}"
        return
    yield start.rstrip()
    yield from textwrap.wrap(said, width, initial_indent=" " * 10, subsequent_indent=" " * 10)


def _wrapped(start: str, said: str, width: int) -> Iterator[str]:
    if len(start) + len(said) <= width:
        yield f"{start}{said}"
        return
    indent = " " * 10
    yield from textwrap.wrap(said, width, initial_indent=start, subsequent_indent=indent)


FIRST: tuple[Word, ...] = ("slower", "other work", "inconclusive")
ROOM = 50_000
"""Characters of tables: GitHub refuses a comment above 65,536."""


def document(checked: Check) -> str:
    """Markdown as GitHub and GitLab read it; nothing in a name is taken for markup."""
    lines = [f"**{escaped(results.headline(checked))}** ({escaped(results.title(checked))})", ""]
    told = [one for word in FIRST for one in checked.of(word)]
    passed = checked.of("not slower")
    rows, left = _fitting([*map(_row, told), *map(_row, passed)])
    if told:
        lines += [*_head(checked), *rows[: len(told)], ""]
    lines += [f"- failed: {escaped(f'{cell}: {reason}')}" for cell, reason in checked.failed]
    lines += [f"- not known: {escaped(line)}" for line in checked.unknown]
    lines += [f"- note: {escaped(line)}" for line in checked.warnings]
    if passed:
        summary = f"<details><summary>{results.within(passed)}</summary>"
        lines += ["", summary, "", *_head(checked), *rows[len(told) :], "", "</details>"]
    if left:
        lines += ["", f"{left} more rows do not fit here: see gate.json of the run."]
    lines += ["", f"{results.extent(checked)}; {results.method(checked)}; {_run(checked)}"]
    return "\n".join(lines) + "\n"


def _head(checked: Check) -> Iterator[str]:
    titles = ("", "cell", "metric", checked.before, checked.after, "change", "rounds", "")
    yield _joined([escaped(title) for title in titles])
    yield _joined(["---", "---", "---", "---:", "---:", "---:", "---:", "---"])


def _row(one: Result) -> str:
    before, after = (results.value(one, number) for number in (one.before, one.after))
    fields = (
        *(one.word, one.cell, one.metric, before, after, results.change(one), str(one.rounds)),
        _remark(one),
    )
    return _joined([escaped(field) for field in fields])


def _remark(one: Result) -> str:
    limit = results.percent(one.threshold)
    if one.word == "slower":
        return f"threshold {limit}{', confirmed' if one.confirmed else ''}"
    if one.word == "other work":
        return "the sides give different answers"
    if one.word == "inconclusive":
        return f"too noisy to tell {limit}{results.remedy(one)}"
    return f"within {limit}"


def _fitting(rows: Sequence[str]) -> tuple[list[str], int]:
    """The rows that there is room for, and how many there are more."""
    kept, room = [], ROOM
    for row in rows:
        room -= len(row.encode()) + 1
        if room < 0:
            break
        kept.append(row)
    return kept, len(rows) - len(kept)


def _joined(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"


def _run(checked: Check) -> str:
    return f"run {escaped(checked.run)}"
