"""A check as other tools read it: JUnit XML, Markdown, GitHub's annotations."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from concbench.reports.render import gate

from ..gate.checks import alike, checked, noisy, other, slower

EVIL = 'a|b "<b>&`*_[x](http://x)@you\x00\r\n::error::no%'
WHOLE = checked(
    *(slower(), slower("http_get / threading", "cpu"), noisy(), other(), *alike(16)),
    failed=(("mine / uvloop", "git:main (1a2b3c4): boom"),),
    unknown=("memory is not known here of a / b",),
    warnings=("only the working tree has mine",),
)


def suites(check):
    return ElementTree.fromstring(gate.junit(check).encode())


def test_junit_has_a_testcase_for_each_metric_of_each_cell_and_for_each_that_failed():
    names = [case.get("name") for case in suites(WHOLE).iter("testcase")]
    assert names[:4] == [
        "http_get / asyncio batch",
        "http_get / threading cpu",
        "cpu_sum / threading batch",
        "mine / asyncio batch",
    ]
    assert names[20:] == ["mine / uvloop", "memory is not known here of a / b"]


def test_junit_counts_what_it_holds_on_both_levels():
    root = suites(WHOLE)
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    for level in (root, suite):
        told = {key: level.get(key) for key in ("tests", "failures", "errors", "skipped")}
        assert told == {"tests": "22", "failures": "3", "errors": "0", "skipped": "3"}
        assert level.get("time") == "400.000000"
        assert level.get("name")


def test_junit_is_of_the_schema_that_reporters_share():
    """Each testcase has class, name and a decimal time, and one kind of result at most."""
    cases = list(suites(WHOLE).iter("testcase"))
    for case in cases:
        assert case.get("classname")
        assert re.fullmatch(r"\d+\.\d+", case.get("time"))
        assert [child.tag for child in case] in (["failure"], ["skipped"], ["system-out"])
    for told in (child for case in cases for child in case if child.tag != "system-out"):
        assert told.get("message")
        assert told.text
    assert len({case.get("name") for case in cases}) == len(cases)


@pytest.mark.parametrize(
    ("name", "tag", "kind"),
    [
        ("http_get / asyncio batch", "failure", "slower"),
        ("mine / uvloop", "failure", "failed"),
        ("cpu_sum / threading batch", "skipped", "inconclusive"),
        ("mine / asyncio batch", "skipped", "other work"),
        ("memory is not known here of a / b", "skipped", "not known"),
    ],
)
def test_junit_fails_what_is_slower_or_failed_and_skips_what_nobody_knows(name, tag, kind):
    (case,) = (one for one in suites(WHOLE).iter("testcase") if one.get("name") == name)
    assert (case[0].tag, case[0].get("type")) == (tag, kind)
    assert case[0].get("message").startswith(f"{kind}: ")


def test_junit_says_why():
    told = suites(WHOLE)[0][2][0].get("message")
    assert told == (
        "inconclusive: too noisy: +3.0 % [-4.0, +10.0], about 40 more rounds would tell "
        "(threshold 5 %)"
    )


def test_junit_names_hold_nothing_that_changes_from_run_to_run():
    names = " ".join(case.get("name") + case.get("classname") for case in suites(WHOLE)[0][:4])
    assert not re.search("1a2b3c4|0008", names)


def test_any_name_leaves_xml_that_can_be_read():
    check = checked(slower(EVIL), failed=((EVIL, EVIL),), unknown=(EVIL,), warnings=(EVIL,))
    assert suites(check)[0][0].get("name").startswith('a|b "<b>&`*_')


def html(check):
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(gate.document(check))


def test_a_comment_begins_with_the_verdict():
    first = gate.document(WHOLE).partition("\n")[0]
    assert first == (
        "**slower: 2 of 20 cells; failed: 1 cell; other work: 1 cell; inconclusive: 1 cell; "
        "not known: 1; not slower: 16 cells** (working tree against git:main (1a2b3c4))"
    )


def test_a_comment_shows_what_matters_and_folds_what_passed():
    above, below = html(WHOLE).split("<details>")
    assert above.count("<tr>") == 1 + 4
    assert below.count("<tr>") == 1 + 16
    assert "<summary>16 cells within 5 %</summary>" in below
    for words in ("+22.6 % [+18.1, +27.0]", "about 40 more rounds", "boom", "memory is not known"):
        assert words in above
    assert "only the working tree has mine" in above


def test_a_comment_without_anything_to_say_has_no_empty_table():
    assert html(checked(*alike(2))).count("<table>") == 1
    assert html(checked(slower())).count("<table>") == 1
    assert html(checked()).count("<table>") == 0


def test_nothing_in_a_name_is_taken_for_markup():
    check = checked(
        *(slower(EVIL), *alike(1)),
        failed=((EVIL, EVIL),),
        unknown=(EVIL,),
        warnings=(EVIL,),
    )
    page = html(check)
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    assert {len(re.findall("<t[hd]", row)) for row in rows} == {8}
    assert not re.search("<(b|a|em|code)[ >]", page)
    assert "@you" not in page


def test_a_comment_fits_where_github_takes_it():
    many = [slower(f"workload[size={number}] / {'s' * 100}") for number in range(900)]
    text = gate.document(checked(*many, *alike(900)))
    assert len(text.encode()) < 65_536
    shown = text.count("| slower |")
    assert f"{1800 - shown} more rows do not fit here" in text


def test_annotations_are_errors_for_what_fails_and_less_for_the_rest():
    levels = [line.split(" ")[0] for line in gate.github_annotations(WHOLE)]
    assert levels == ["::error"] * 3 + ["::warning"] + ["::notice"] * 3


def test_annotations_escape_what_github_would_take_for_its_own():
    (line,) = gate.github_annotations(checked(failed=((EVIL, EVIL),)))
    assert line == (
        '::error title=failed%3A a|b "<b>&`*_[x](http%3A//x)@you\x00%0D%0A%3A%3Aerror%3A%3Ano%25'
        '::a|b "<b>&`*_[x](http://x)@you\x00%0D%0A::error::no%25'
    )
    (line,) = gate.github_annotations(checked(slower("w[a=1,b=2] / s")))
    assert line.startswith("::error title=slower%3A w[a=1%2Cb=2] / s::56.2 -> 68.9 ms   +22.6 %25")


def test_more_annotations_than_github_shows_are_counted():
    lines = list(gate.github_annotations(checked(*[slower(str(number)) for number in range(25)])))
    assert len(lines) == 10
    assert lines[-1] == "::error title=concbench::16 more: see the summary of the job"
    assert len(list(gate.github_annotations(checked(*[slower(str(n)) for n in range(10)])))) == 10


def test_a_check_that_passes_annotates_nothing():
    assert list(gate.github_annotations(checked(*alike(3)))) == []
