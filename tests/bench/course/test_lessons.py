"""The lessons themselves: what they say, what they run, and that a broken one does not hold."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from typing import ClassVar

import pytest

from concbench.course import teaching, trial
from concbench.plan.plugins import loaded
from concbench.reports.lessons.judgement import FAILS, HOLDS, judge

from .broken import BROKEN

NAMES = teaching.names()
MAINLAND = re.compile(
    "线|进程|协|异步|環境變量|線程|進程|異步|循環|信號量|隊列|內存|默認|服務器|程序"
)
"""Words of Simplified Chinese, or that Taiwan has others for."""


def lesson(name: str, module: object = None):
    kind = loaded(teaching.spec(name))
    return getattr(module, kind.__name__) if module else kind


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_says_all_in_both_languages(name):
    about = teaching.describe(name)
    texts = [about[part] for part in ("title", "why", "scale")]
    for claim in about["claims"].values():
        texts += filter(None, [claim["says"], claim["instead"]])
    for text in texts:
        assert not re.search("[\u4e00-\u9fff]", text["en"])
        assert re.search("[\u4e00-\u9fff]", text["zh-Hant"])
        assert not MAINLAND.search(text["zh-Hant"])
        assert not re.search("[\u4e00-\u9fff][,:;?!()]", text["zh-Hant"])


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_short_and_complete(name):
    code = teaching.describe(name)["code"]
    assert len([line for line in code.splitlines() if line.strip()]) <= 40
    assert "Claim" not in code
    exec(compile(code, name, "exec"), {"__name__": name})


def test_lessons_are_numbered_as_they_are_taught():
    numbers = [loaded(teaching.spec(name)).number for name in teaching.chosen([])]
    assert numbers == list(range(1, len(NAMES) + 1))


def test_every_lesson_is_broken_once():
    assert sorted(BROKEN) == NAMES


@pytest.mark.once
@pytest.mark.parametrize("name", NAMES)
def test_a_broken_lesson_does_not_hold(name, tmp_path, monkeypatch):
    text, other, claims = BROKEN[name]
    kind = lesson(name)
    source = Path(sys.modules[kind.__module__].__file__).read_text(encoding="utf-8")
    assert source.count(text) == 1
    broken = source.replace(text, other).replace("from ..", "from concbench.course.")
    own = f"broken_{name}"
    (tmp_path / f"{own}.py").write_text(broken, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))  # children that are spawned import it, too
    module = importlib.import_module(own)
    monkeypatch.setattr(module, "SECOND", 0.01, raising=False)
    before = threading.active_count()
    with ExitStack() as stack:
        taught = lesson(name, module)()
        if hasattr(taught, "fixture"):
            taught = replace(taught, **stack.enter_context(taught.fixture()))
        found = trial.readings(taught, 3)
    for claim in claims:
        check = taught.claims[claim].plain()["check"]
        judged = judge(check, found)
        assert judged.outcome != HOLDS, claim
        if check["kind"] == "seen":
            assert judged.outcome == FAILS, claim
        else:  # its interval may be wide on a busy machine
            assert not (check["least"] or 0) <= judged.estimate <= (check["most"] or inf), claim
    assert threading.active_count() == before


def test_ways_take_turns_and_the_first_round_does_not_count():
    order = []

    class Made:
        claims: ClassVar = {}

        def ways(self):
            return {name: partial(order.append, name) for name in ("a", "b")}

    found = trial.readings(Made(), 3)
    assert "".join(order) == "abbaabba"
    assert {name: len(values) for name, values in found.items()} == {"a": 3, "b": 3}
