"""What fails a check, as one writes it."""

from __future__ import annotations

import pytest

from concbench.reports.gate.thresholds import Threshold, idle, of_cell, parse

HTTP, ASYNCIO = ("http_get", "http_get[delay=0.01]"), ("asyncio", "asyncio[workers=16]")


def test_without_a_threshold_five_percent_of_the_batch_time_matter():
    assert parse() == (Threshold("batch", 0.05),)


def test_one_that_is_given_takes_the_place_of_the_default():
    assert parse(["cpu>10%"]) == (Threshold("cpu", 0.1),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one_shot>10%", Threshold("one_shot", 0.1)),
        ("memory > 2.5 %", Threshold("memory", 0.025)),
        ("w:http_get batch>8%", Threshold("batch", 0.08, workload="http_get")),
        ("s:asyncio+to_thread cpu>.5%", Threshold("cpu", 0.005, strategy="asyncio+to_thread")),
        ("s:asyncio w:http_get batch>8%", Threshold("batch", 0.08, "http_get", "asyncio")),
    ],
)
def test_a_threshold_is_a_metric_a_percentage_and_the_cells_it_is_for(text, expected):
    assert parse([text]) == (expected,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("batch", "'batch' is no threshold: write "),
        ("batch>5", "METRIC>PERCENT%"),
        ("batch<5%", "'batch<5%' is no threshold"),
        ("batch>-5%", "'batch>-5%' is no threshold"),
        ("batch>nan%", "'batch>nan%' is no threshold"),
        ("", "'' is no threshold"),
        ("btach>5%", "no metric 'btach': did you mean batch? (there are batch, one_shot, "),
        ("x>5%", "no metric 'x' (there are batch, "),
        ("batch>0%", "above 0 % and at most 1000 %"),
        ("batch>1001%", "above 0 % and at most 1000 %"),
        ("http_get batch>5%", "'http_get' names no cells: write [w:WORKLOAD]"),
        ("w: batch>5%", "'w:' names no cells"),
        ("x:y batch>5%", "'x:y' names no cells"),
        ("w:a w:b batch>5%", "names two of w: write a threshold for each"),
    ],
)
def test_a_threshold_that_does_not_parse_is_quoted_with_what_is_accepted(text, said):
    with pytest.raises(ValueError, match=r"^'") as raised:
        parse([text])
    assert said in str(raised.value) and f"'{text}'" in str(raised.value)


def test_the_more_is_named_the_more_a_threshold_counts():
    given = parse(["w:http_get s:asyncio batch>8%", "s:asyncio batch>6%", "batch>5%", "cpu>10%"])
    assert of_cell(given, HTTP, ASYNCIO) == {"batch": 0.08, "cpu": 0.1}
    assert of_cell(given, ["io_sleep"], ASYNCIO) == {"batch": 0.06, "cpu": 0.1}
    assert of_cell(given, HTTP, ["threading"]) == {"batch": 0.05, "cpu": 0.1}


def test_of_two_for_the_same_cells_the_later_counts():
    assert of_cell(parse(["batch>5%", "batch>9%"]), HTTP, ASYNCIO) == {"batch": 0.09}


def test_a_cell_that_no_threshold_names_is_asked_the_default():
    assert of_cell(parse(["w:io_sleep batch>50%"]), HTTP, ASYNCIO) == {"batch": 0.05}
    assert of_cell(parse(["cpu>50%"]), HTTP, ASYNCIO) == {"cpu": 0.5}


@pytest.mark.parametrize("pattern", ["http_*", "http_ge?", "http_get[delay=*]"])
def test_a_threshold_names_cells_by_a_pattern_too(pattern):
    assert of_cell(parse([f"w:{pattern} batch>50%"]), HTTP, ASYNCIO) == {"batch": 0.5}


def test_a_threshold_that_names_no_cell_is_told():
    given = parse(["batch>5%", "w:http_* batch>8%", "w:htp* s:asyncio batch>8%"])
    assert idle(given, [(HTTP, ASYNCIO)]) == ["w:htp* s:asyncio"]


def test_a_cell_goes_by_its_name_or_by_its_name_with_parameters():
    given = parse(["w:http_get[delay=0.01] batch>7%"])
    assert of_cell(given, HTTP, ASYNCIO) == {"batch": 0.07}
