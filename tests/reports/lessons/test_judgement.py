"""Verdicts on readings that are made up, so that what is right is known."""

from __future__ import annotations

import random

import pytest

from concbench.reports.lessons import figure, words
from concbench.reports.lessons.course import TaughtCourse
from concbench.reports.lessons.judgement import FAILS, HOLDS, MOST_ROUNDS, UNKNOWN, judge
from concbench.reports.page import lessons as page

SEEN = {"kind": "seen", "reading": "a", "value": [1]}


def check(least=None, most=None, limit=None):
    bounds = {"least": least, "most": most, "limit": limit}
    return {"kind": "ratio", "above": "a", "below": "b", **bounds}


def noisy(ratio: float, rounds: int = 7, noise: float = 0.01, seed: int = 1):
    dice = random.Random(seed)
    below = [0.05 * dice.lognormvariate(0, 0.3) for _ in range(rounds)]  # the machine's own pace
    above = [one * ratio * dice.lognormvariate(0, noise) for one in below]
    return {"a": above, "b": below}


@pytest.mark.parametrize(
    ("bounds", "ratio", "outcome"),
    [
        ({"least": 2.7, "limit": 3.0}, 2.95, HOLDS),
        ({"least": 2.7, "limit": 3.0}, 1.0, FAILS),
        ({"least": 2.7, "limit": 3.0}, 2.7, UNKNOWN),
        ({"most": 1.15}, 1.0, HOLDS),
        ({"most": 1.15}, 1.9, FAILS),
        ({"least": 0.9, "most": 1.2}, 1.02, HOLDS),
        ({"least": 0.9, "most": 1.2}, 0.5, FAILS),
        ({"least": 0.9, "most": 1.2}, 1.5, FAILS),
    ],
)
def test_a_ratio_holds_where_its_whole_interval_does(bounds, ratio, outcome):
    judged = judge(check(**bounds), noisy(ratio))
    assert judged.outcome == outcome
    assert judged.low < judged.estimate < judged.high
    assert judged.estimate == pytest.approx(ratio, rel=0.02)


def test_the_border_is_called_one_way_in_a_hundred_at_most():
    """A ratio that is exactly at its bound: to say either is an error."""
    outcomes = [
        judge(check(least=2.0), noisy(2.0, noise=0.05, seed=seed)).outcome for seed in range(1500)
    ]
    assert outcomes.count(HOLDS) <= 1500 * 0.014
    assert outcomes.count(FAILS) <= 1500 * 0.014


def test_one_disturbed_round_turns_no_verdict():
    readings = noisy(2.95)
    readings["b"][3] *= 2
    assert judge(check(least=2.7, limit=3.0), readings).outcome == HOLDS


def test_more_than_theory_allows_never_holds():
    judged = judge(check(least=2.7, limit=3.0), noisy(3.5))
    assert (judged.outcome, judged.beyond) == (UNKNOWN, True)
    assert judge(check(least=2.7, limit=3.0), noisy(3.01)).outcome == HOLDS


def test_a_doubt_says_how_many_rounds_would_end_it():
    bounds = check(least=2.0)
    judged = judge(bounds, noisy(2.2, noise=0.15))
    assert judged.outcome == UNKNOWN
    assert 7 < judged.needed <= MOST_ROUNDS
    more = [
        judge(bounds, noisy(judged.estimate, 2 * judged.needed, 0.15, seed)).outcome
        for seed in range(20)
    ]
    assert more.count(HOLDS) >= 15
    exactly = {"a": [2.0, 2.1, 1.9, 2.0, 2.1, 1.9], "b": [1.0] * 6}
    assert judge(check(least=2.0), exactly).needed in (None, *range(100, MOST_ROUNDS))


@pytest.mark.parametrize(
    ("seen", "outcome", "agreeing"),
    [
        ([[1]] * 7, HOLDS, 7),
        ([[2]] * 7, FAILS, 0),
        ([[1]] * 6 + [[]], UNKNOWN, 6),
        ([[1]] * 2, UNKNOWN, 2),
    ],
)
def test_what_is_seen_holds_where_it_is_seen_in_every_round(seen, outcome, agreeing):
    judged = judge(SEEN, {"a": seen})
    assert (judged.outcome, judged.agreeing) == (outcome, agreeing)


@pytest.mark.parametrize("readings", [{"a": [1, 2], "b": [1, 1]}, {"a": [1, 0, 1], "b": [1] * 3}])
def test_no_ratio_no_verdict(readings):
    judged = judge(check(least=0.5), readings)
    assert (judged.outcome, judged.estimate) == (UNKNOWN, None)


def document(**more):
    both = {"en": "<b>words</b>", "zh-Hant": "文字"}
    claim = {"says": both, "claimed": "3x", "instead": both, "check": check(least=2.7, limit=3.0)}
    lesson = {
        "name": "one", "number": 1, "title": both, "why": both, "scale": both, "code": "<code>",
        "claims": {"slow": claim, "seen": {**claim, "check": SEEN}, "far": {**claim}},
        "rounds": 7, "failure": None, "readings": noisy(1.5) | {"a": noisy(1.5)["a"]},
        "absent": {"far": both},
    }  # fmt: skip
    about = {"schema": 1, "python": "CPython 3.12.1", "gil": True, "cpus": 2, "platform": "Linux"}
    return {**about, "taught": "2026-01-01", "lessons": [{**lesson, **more}]}


def test_a_claim_that_does_not_hold_says_on_which_python_and_what_is_so():
    (one,) = TaughtCourse(document(), "en", 1).lessons
    slow, seen, far = one.claims
    assert slow.outcome == FAILS
    assert slow.sentence.startswith("on CPython 3.12.1: a / b: 1.5")
    assert slow.sentence.endswith(". <b>words</b>")
    assert "holds from 2.70x on, limit 3.00x." in slow.sentence
    assert seen.sentence.startswith("on CPython 3.12.1: seen in none of 7 rounds, but ")
    assert far.sentence == "not checked here: <b>words</b>"


def test_a_doubt_is_said_with_its_way_out():
    for language, start in (("en", "about "), ("zh-Hant", "大約 ")):
        found = document(readings=noisy(2.8, noise=0.05))
        claim = TaughtCourse(found, language, 1).lessons[0].claims[0]
        assert claim.outcome == UNKNOWN
        assert start in claim.sentence
        assert "concbench lessons one --rounds " in claim.sentence


def test_both_languages_have_all_words():
    english, chinese = words.TEXTS.values()
    assert english.keys() == chinese.keys()
    assert [key for key, text in english.items() if not text.isascii()] == []
    assert [key for key, text in chinese.items() if text.isascii()] == []


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-Hant"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_HK"}, "zh-Hant"),
        ({"LANG": "zh_TW", "LC_MESSAGES": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_Hant_TW.UTF-8"}, "zh-Hant"),
    ],
)
def test_the_language_is_the_locale_s(variables, language):
    assert words.of_locale(variables) == language


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_is_one_file_and_takes_no_text_for_markup(language):
    html = page.rendered(TaughtCourse(document(), language, 2))
    assert f'<html lang="{language}">' in html
    assert "<b>words" not in html
    assert "&lt;code&gt;" in html
    assert "<script" not in html
    assert " src=" not in html
    assert html.count('href="http') == 0
    assert html.count("<svg ") == 1
    assert words.TEXTS[language]["interrupted"].format(done=1, lessons=2) in html


def test_a_failed_lesson_has_no_claims_and_fails_the_course():
    found = TaughtCourse(document(failure={"message": "crashed", "traceback": ""}), "en", 1)
    assert (found.failed, found.lessons[0].claims) == (1, ())
    assert "this lesson failed: crashed" in page.rendered(found)
    assert found.summary == "1 lesson, 0 claims: failed 1"


def test_a_picture_has_a_row_for_each_reading_and_a_dot_for_each_round():
    (one,) = TaughtCourse(document(), "en", 1).lessons
    svg = figure.draw(one)
    assert svg.count("<circle") == 2 * 7
    assert svg.count("<rect") == 2 * 2 + 7
    assert svg.count("stroke-dasharray") == 1
