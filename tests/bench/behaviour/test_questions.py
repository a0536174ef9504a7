"""Every entry of the table, and for each question a strategy that is broken on purpose."""

from __future__ import annotations

import re

import pytest

from concbench.behaviour.questions import NAMES, find
from concbench.probes import leftovers

from .asked import ask, asked, soon, strategy
from .table import LINES

NUMBER = r"(< )?[\d.]+ (ms|MB)"
ENTRIES = [
    (name, line[0], answer)
    for line in LINES[1:]
    for name, answer in zip(LINES[0][1:], line[1:], strict=True)
]
BROKEN = [
    ("order", strategy("Sequential", how="dropping"), "lost"),
    ("order", strategy("Threads", how="unsorted"), "as they end"),
    ("running", strategy("Killing"), "killed"),
    ("waiting", strategy("Threads", how="thorough"), "run"),
    ("error", strategy("Sequential", how="collecting"), "in the results"),
    ("error", strategy("Sequential", how="wrapping"), "RuntimeError"),
    ("error", strategy("Threads", how="unsorted"), "first in time"),
    ("timeout", strategy("Sequential", how="deaf"), "never"),
    ("timeout", strategy("Inline"), "after the task"),
    ("timeout", strategy("Background"), "at once"),
    ("behind", strategy("Background"), "goes on"),
    ("behind", strategy("Killing"), "killed"),
    ("cancel", strategy("Loop", how="shielding"), "nothing"),
    ("cancel", strategy("Killing"), "killed"),
    ("shield", strategy("Loop", how="sweeping"), "does not"),
    ("interrupt", strategy("Sequential", how="stubborn"), "goes on"),
    ("interrupt", strategy("Sequential", how="littering"), "leaves 1 process"),
    ("interrupt", strategy("Background"), "leaves 1 thread"),
    ("context", strategy("Loop", how="bare"), "lost"),
    ("context", strategy("Threads", how="contextual"), "arrives"),
    ("arguments", strategy("Sequential", how="pickling"), "must pickle"),
    ("loop", strategy("Inline"), "stands still"),
]


@pytest.fixture(scope="module", autouse=True)
def _several_at_once(request):
    """All that the tests to be run will ask."""
    for item in request.session.items:
        given = item.callspec.params if hasattr(item, "callspec") else {}
        if item.module is request.module and {"name", "question"} <= given.keys():
            soon(strategy(given["name"]), given["question"])
        if item.module is request.module and {"spec", "question"} <= given.keys():
            soon(given["spec"], given["question"])


@pytest.mark.parametrize(("name", "question", "answer"), ENTRIES)
def test_an_entry_of_the_table_is_so(name, question, answer):
    found = ask(strategy(name), question)
    if answer == "(number)":
        assert re.fullmatch(NUMBER, found["answer"]), found
    else:
        assert found["answer"] == answer, found
    assert bool(found["why"]) == (answer == "-")


def test_every_question_is_in_the_table():
    assert [line[0] for line in LINES[1:]] == list(NAMES)


@pytest.mark.parametrize(
    ("question", "spec", "answer"), BROKEN, ids=lambda one: getattr(one, "label", None)
)
def test_a_strategy_broken_on_purpose_changes_its_row(question, spec, answer):
    found = ask(spec, question)
    assert found["answer"] == answer, found


def test_time_outs_are_classed_by_what_came_first_and_measured():
    at_once, late = ask(strategy("asyncio"), "timeout"), ask(strategy("threading"), "timeout")
    for found in (at_once, late):
        assert found["measured"]["limit"] <= found["measured"]["raised"]
        assert found["measured"]["raised"] < found["measured"]["task"]
    assert at_once["measured"]["closed"] < late["measured"]["closed"]
    assert late["measured"]["closed"] >= late["measured"]["task"]


def test_a_strategy_may_offer_a_time_out_of_its_own():
    assert ask(strategy("OwnTimeout"), "timeout")["answer"] == "at once"
    assert ask(strategy("OwnTimeout"), "behind")["answer"] == "killed"


def test_memory_is_that_of_one_more_worker():
    greedy = ask(strategy("Threads", how="greedy"), "memory")
    assert greedy["measured"]["bytes"] == pytest.approx(20_000_000, rel=0.1)
    assert ask(strategy("threading"), "memory")["measured"]["bytes"] < 2_000_000


def test_start_up_is_that_of_one_more_worker():
    slow = ask(strategy("Threads", how="slow"), "startup")["measured"]["seconds"]
    assert slow > 0.04  # of 0.05 that are slept for each
    assert ask(strategy("asyncio"), "startup")["measured"]["seconds"] < slow


def test_processes_start_slower_than_threads_and_hold_more():
    for question, unit in (("startup", "seconds"), ("memory", "bytes")):
        threads, processes = (
            ask(strategy(name), question)["measured"][unit]
            for name in ("threading", "multiprocessing")
        )
        assert processes > threads


@pytest.mark.parametrize(
    "question", ["running", "waiting", "error", "timeout", "arguments", "interrupt"]
)
def test_an_error_of_the_strategy_is_no_answer(question):
    found = ask(strategy("Sequential", how="absent"), question)
    assert found["answer"] == "failed"
    assert found["message"].startswith("LookupError: nobody is here")


def test_an_interrupted_task_would_outlast_the_look_at_what_is_left():
    assert find("interrupt").seconds > leftovers.SETTLING_SECONDS


def test_ctrl_c_is_pressed_where_a_background_job_would_not_hear_it():
    deaf = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    assert asked(strategy("sequential"), "interrupt", deaf)["answer"] == "at once"


def test_arguments_that_are_not_the_callers_tell_nothing():
    found = ask(strategy("Sequential", how="counting"), "arguments")
    assert (found["answer"], found["why"]) == ("-", "its tasks get other arguments")


def test_all_that_begins_at_once_has_nothing_waiting():
    found = ask(strategy("threading", pool="thread-per-task"), "waiting")
    assert (found["answer"], found["why"]) == ("-", "all tasks begin at once")
