"""A check for CI: annotations of a GitHub workflow, and JUnit XML, which every reporter reads.

Annotations are lines on stdout that the runner reads.  Their form:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions; what is escaped:
https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts

JUnit has a testcase for each metric of each cell: slower is a failure, as is a cell that failed;
what nobody knows is skipped, with the words.  Names hold no revision and no number of a run: that
is how a reporter tells a new failure from an old one.  The schema: https://github.com/jenkinsci
/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from .. import numbers
from ..gate import results
from ..gate.results import Check, Result

MOST = 10
"""Of a level, and of a step: GitHub drops further ones, and does not say so."""


def github_annotations(checked: Check) -> Iterator[str]:
    """Errors for what fails the check, warnings for other work, notices for what is not known."""
    errors = [_of(one, "slower", checked) for one in checked.of("slower")]
    errors += [(f"failed: {cell}", reason) for cell, reason in checked.failed]
    warnings = [_of(one, "other work", checked) for one in checked.of("other work")]
    notices = [_of(one, "inconclusive", checked) for one in checked.of("inconclusive")]
    notices += [("not known", line) for line in (*checked.unknown, *checked.warnings)]
    yield from _lines("error", errors)
    yield from _lines("warning", warnings)
    yield from _lines("notice", notices)


def _of(one: Result, word: str, checked: Check) -> tuple[str, str]:
    limit = f"threshold {results.percent(one.threshold)}"
    return f"{word}: {one.cell}", f"{results.reason(one)}   {results.title(checked)}, {limit}"


def _lines(level: str, remarks: Sequence[tuple[str, str]]) -> Iterator[str]:
    first = remarks if len(remarks) <= MOST else remarks[: MOST - 1]
    for title, text in first:
        yield f"::{level} title={_property(title)}::{_data(text)}"
    if left := len(remarks) - len(first):
        yield f"::{level} title=concbench::{left} more: see the summary of the job"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
CLASS = "concbench"


def junit(checked: Check) -> str:
    """The XML, encoded as UTF-8 where it is written."""
    cases = list(_cases(checked))
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": _seconds(checked.seconds),
    }
    root = Element("testsuites", {"name": CLASS, **counts})
    suite = SubElement(root, "testsuite", {"name": _plain(results.title(checked)), **counts})
    suite.extend(cases)
    about = [results.headline(checked), results.method(checked), *checked.warnings]
    SubElement(suite, "system-out").text = "\n".join(map(_plain, about))
    ElementTree.indent(root)
    return f"{HEAD}{ElementTree.tostring(root, encoding='unicode')}\n"


def _cases(checked: Check) -> Iterator[Element]:
    for one in checked.answers:
        yield _answer(one)
    for cell, reason in checked.failed:
        case = _case(cell)
        _result(case, "failure", "failed", reason)
        yield case
    for line in checked.unknown:
        case = _case(line)
        _result(case, "skipped", "not known", line)
        yield case


def _answer(one: Result) -> Element:
    timed = one.metric != "memory" and one.after is not None
    case = _case(f"{one.cell} {one.metric}", one.after if timed else None)
    text = f"{results.reason(one)} (threshold {results.percent(one.threshold)})"
    if one.word == "slower":
        _result(case, "failure", one.word, text)
    elif one.word == "not slower":
        SubElement(case, "system-out").text = _plain(text)
    else:
        _result(case, "skipped", one.word, text)
    return case


def _case(name: str, seconds: float | None = None) -> Element:
    about = {"classname": CLASS, "name": _plain(name), "time": _seconds(seconds or 0.0)}
    return Element("testcase", about)


def _result(case: Element, tag: str, kind: str, text: str) -> None:
    line = _plain(" ".join(text.split()))
    SubElement(case, tag, {"type": kind, "message": f"{kind}: {line}"}).text = line


def _seconds(seconds: float) -> str:
    # No exponent: readers of JUnit take a decimal.
    return f"{seconds:.6f}"


def _plain(text: str) -> str:
    """What XML cannot hold is escaped as Python does."""
    return numbers.printable(text, "utf-8")
