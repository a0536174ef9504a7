"""A check for a reader and for CI.

Lines on a terminal, a comment on a pull or merge request, annotations of a GitHub workflow, and
JUnit XML, which every reporter reads.  What is slower comes first, then what nobody knows; what
passed is one line, or folded away.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .. import numbers
from ..codes import pointer
from ..gate import results
from ..gate.decision import Word
from ..gate.results import Check, Result
from ..gate.thresholds import TIMES
from ..table import Table, escaped, grid, headings

WIDTH = 100
WIDEST = 44
"""A longer name moves its own words to the right, and nobody else's."""
SHOWN: tuple[Word, ...] = ("slower", "above", "suspect", "other work", "inconclusive")
MARKS: dict[Word, str] = {
    "slower": "SLOWER",
    "above": "ABOVE",
    "suspect": "SUSPECT",
    "other work": "OTHER",
    "inconclusive": "?",
    "not slower": "=",
    "below": "=",
}

_INDENT = " " * 10


def lines(checked: Check, width: int = WIDTH) -> Iterator[str]:
    """The check, a line at a time, none wider than `width`."""
    about = results.title(checked), results.extent(checked), results.method(checked)
    yield from _wrapped("check: ", "   ".join(about), width)
    each = [(MARKS[one.word], one) for one in checked.of(*SHOWN)]
    marked = [(mark, one.cell, results.reason(one)) for mark, one in each]
    marked += [("FAILED", cell, reason) for cell, reason in checked.failed]
    marked += [("NOT", cell, f"not compared: {reason}") for cell, reason in checked.alone]
    wide = max((len(cell) for _, cell, _ in marked if len(cell) <= WIDEST), default=0)
    for mark, cell, text in marked:
        start = f"  {mark:8}{cell:{wide}}   "
        if len(start) + len(text) <= width:
            yield f"{start}{text}"
        else:
            yield start.rstrip()
            yield from _wrapped(_INDENT, text, width)
    for unknown in checked.unknown:
        yield from _wrapped("  ?       ", unknown, width)
    if passed := checked.passed:
        yield from _wrapped("  =       ", results.within(passed), width)
    for warning in checked.warnings:
        yield from _wrapped("  note    ", warning, width)
    if see := pointer(results.doubts(checked)):
        yield from _wrapped("  ", see, width)


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
    first, passed = checked.of(*SHOWN), checked.passed
    before = checked.before or "before"
    titles = ("", "cell", "metric", before, checked.after, "change", "rounds", "")
    table = Table("", headings(titles, left=(0, 1, 2, 7)), tuple(map(_row, [*first, *passed])))
    heading, rule, *rows = grid(table)
    head = (heading, rule)
    sizes = accumulate(len(row.encode()) + 1 for row in rows)
    fitting = [row for row, size in zip(rows, sizes, strict=True) if size <= ROOM]
    if first:
        lines += [*head, *fitting[: len(first)], ""]
    lines += [f"- failed: {escaped(f'{cell}: {reason}')}" for cell, reason in checked.failed]
    lines += [f"- not known: {escaped(line)}" for line in checked.unknown]
    lines += [f"- not compared: {escaped(f'{cell}: {why}')}" for cell, why in checked.alone]
    lines += [f"- note: {escaped(line)}" for line in checked.warnings]
    if passed:
        summary = f"<details><summary>{results.within(passed)}</summary>"
        lines += ["", summary, "", *head, *fitting[len(first) :], "", "</details>"]
    if left := len(rows) - len(fitting):
        lines += ["", f"{left} more rows do not fit here: see gate.json of the run."]
    run = f"run {escaped(checked.run)}"
    lines += ["", f"{results.extent(checked)}; {results.method(checked)}; {run}"]
    return "\n".join(lines) + "\n"


def _row(one: Result) -> tuple[str, ...]:
    remark = {
        "slower": f"{results.asked(one)}{', confirmed' if one.confirmed else ''}",
        "above": results.asked(one),
        "other work": "the sides give different answers",
        "not slower": f"within {results.percent(one.threshold)}",
        "below": results.asked(one),
    }.get(one.word, f"{results.asked(one)}, {results.doubt(one)}{results.remedy(one)}")
    after, change = results.value(one, one.after), results.change(one)
    if one.bound is not None:
        after, change = results.level(one), numbers.NONE
    before = results.value(one, one.before)
    return (one.word, one.cell, one.metric, before, after, change, str(one.rounds), remark)


MOST = 10
"""Of a level, and of a step: GitHub drops further ones, and does not say so."""


def github_annotations(checked: Check) -> Iterator[str]:
    """Errors for what fails the check, warnings for suspects and other work, notices for the rest.

    Lines on stdout that the runner reads.  Their form:
    https://docs.github.com/actions/reference/workflow-commands-for-github-actions; what is escaped:
    https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    """

    def of(word: Word) -> list[tuple[str, str]]:
        return [
            (
                f"{word}: {one.cell}",
                ", ".join([f"{results.reason(one)}   {results.title(checked)}", *_threshold(one)]),
            )
            for one in checked.of(word)
        ]

    failed = [(f"failed: {cell}", reason) for cell, reason in checked.failed]
    unknown = [("not known", line) for line in (*checked.unknown, *checked.warnings)]
    alone = [(f"not compared: {cell}", reason) for cell, reason in checked.alone]
    yield from _annotations("error", [*of("slower"), *of("above"), *failed])
    yield from _annotations("warning", [*of("suspect"), *of("other work")])
    yield from _annotations("notice", [*of("inconclusive"), *alone, *unknown])


def _threshold(one: Result) -> list[str]:
    """What was asked, where the reason does not say it."""
    return [results.asked(one)] if one.bound is None else []


def _annotations(level: str, remarks: Sequence[tuple[str, str]]) -> Iterator[str]:
    first = remarks if len(remarks) <= MOST else remarks[: MOST - 1]
    for title, text in first:
        name = _data(title).replace(":", "%3A").replace(",", "%2C")
        yield f"::{level} title={name}::{_data(text)}"
    if left := len(remarks) - len(first):
        yield f"::{level} title=concbench::{left} more: see the summary of the job"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
CLASS = "concbench"


def junit(checked: Check) -> str:
    """The XML, encoded as UTF-8 where it is written: a testcase for each metric of each cell.

    Slower is a failure, as is a cell that failed; what nobody knows is skipped, with the words.
    Names hold no revision and no number of a run: that is how a reporter tells a new failure from
    an old one.  The schema: https://github.com/jenkinsci/xunit-plugin/blob/master/src/main
    /resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
    """
    cases = [_answer(one) for one in checked.answers]
    cases += [_case(cell, "failure", "failed", reason) for cell, reason in checked.failed]
    cases += [_case(line, "skipped", "not known", line) for line in checked.unknown]
    cases += [_case(cell, "skipped", "not compared", reason) for cell, reason in checked.alone]
    tags = Counter(case[0].tag for case in cases)
    counts = {
        "tests": str(len(cases)),
        "failures": str(tags["failure"]),
        "errors": "0",
        "skipped": str(tags["skipped"]),
        "time": _seconds(checked.seconds),
    }
    root = Element("testsuites", {"name": CLASS, **counts})
    suite = SubElement(root, "testsuite", {"name": _plain(results.title(checked)), **counts})
    suite.extend(cases)
    about = [results.headline(checked), results.method(checked), *checked.warnings]
    SubElement(suite, "system-out").text = "\n".join(map(_plain, about))
    ElementTree.indent(root)
    return f"{HEAD}{ElementTree.tostring(root, encoding='unicode')}\n"


def _answer(one: Result) -> Element:
    tags = {"slower": "failure", "above": "failure"}
    tags |= dict.fromkeys(("not slower", "below"), "system-out")
    text = " ".join([results.reason(one), *(f"({asked})" for asked in _threshold(one))])
    seconds = one.after if one.metric in TIMES else None
    name = f"{one.cell} {one.metric}{'' if one.bound is None else ' bound'}"
    return _case(name, tags.get(one.word, "skipped"), one.word, text, seconds or 0.0)


def _case(name: str, tag: str, word: str, text: str, seconds: float = 0.0) -> Element:
    about = {"classname": CLASS, "name": _plain(name), "time": _seconds(seconds)}
    case = Element("testcase", about)
    if tag == "system-out":
        SubElement(case, tag).text = _plain(text)
    else:
        line = _plain(" ".join(text.split()))
        SubElement(case, tag, {"type": word, "message": f"{word}: {line}"}).text = line
    return case


def _seconds(seconds: float) -> str:
    # No exponent: readers of JUnit take a decimal.
    return f"{seconds:.6f}"


def _plain(text: str) -> str:
    """What XML cannot hold is escaped as Python does."""
    return numbers.printable(text, "utf-8")
