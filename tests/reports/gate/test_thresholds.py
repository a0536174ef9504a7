"""What fails a check, as one writes it."""

from __future__ import annotations

import pytest

from concbench.reports.gate.thresholds import (
    Threshold,
    bounds_of_cell,
    idle,
    of_cell,
    parse,
    rivals,
)

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
        ("p99>10%", Threshold("p99", 0.1)),
        ("s:asyncio* max_lag>50%", Threshold("max_lag", 0.5, strategy="asyncio*")),
        ("w:f rows>5%", Threshold("rows", 0.05, workload="f")),
    ],
)
def test_a_threshold_is_a_metric_a_percentage_and_the_cells_it_is_for(text, expected):
    assert parse([text]) == (expected,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("batch", "'batch' is not a threshold: write "),
        ("batch>5", "METRIC>PERCENT%"),
        ("batch<5%", "'batch<5%' is not a threshold"),
        ("batch>-5%", "'batch>-5%' is not a threshold"),
        ("batch>nan%", "'batch>nan%' is not a threshold"),
        ("", "'' is not a threshold"),
        ("btach>5%", "no metric 'btach': did you mean batch? (there are batch, one_shot, "),
        ("p99<20ms", "what must hold is written --require 'p99<20ms'"),
        ("w:f p99 > 20 ms", "what must hold is written --require 'w:f p99<20ms'"),
        ("batch>0%", "above 0 % and at most 1000 %"),
        ("batch>1001%", "above 0 % and at most 1000 %"),
        ("http_get batch>5%", "'http_get' does not name cells: write [w:WORKLOAD]"),
        ("w: batch>5%", "'w:' does not name cells"),
        ("x:y batch>5%", "'x:y' does not name cells"),
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


@pytest.mark.parametrize(
    ("fails", "holds"),
    [
        (["batch>5%", "batch>9%"], []),
        (["w:f cpu>5%", "batch>5%", "w:f cpu > 9 %"], []),
        ([], ["p99<20ms", "p99<1s"]),
    ],
)
def test_two_for_the_same_metric_and_cells_are_a_mistake_that_names_both(fails, holds):
    with pytest.raises(ValueError, match="for the same metric and cells: keep one") as raised:
        parse(fails, holds)
    assert str(raised.value).count("'") == 4


def test_a_change_and_a_bound_of_one_metric_are_two_things():
    assert len(parse(["p99>5%"], ["p99<20ms"])) == 2


def test_a_name_counts_before_a_pattern():
    given = parse(["w:http_get batch>8%", "w:http_* batch>6%"])
    assert of_cell(given, HTTP, ASYNCIO) == {"batch": 0.08}
    assert rivals(given, [(HTTP, ASYNCIO)]) == []


def test_two_that_are_as_narrow_are_rivals_where_they_meet_and_differ():
    given = parse(["w:http* batch>8%", "s:async* batch>6%", "s:async* cpu>6%", "w:h* cpu>6%"])
    assert rivals(given, [(HTTP, ["threading"]), (["noop"], ASYNCIO)]) == []
    ((one, other),) = rivals(given, [(HTTP, ASYNCIO)])
    assert (str(one), str(other)) == ("w:http* batch>8%", "s:async* batch>6%")


@pytest.mark.parametrize(
    ("text", "metric", "least"),
    [
        ("p99<20ms", "p99", 0.02),
        ("batch < 1.5 s", "batch", 1.5),
        ("max_lag<1min", "max_lag", 60.0),
        ("memory<200MB", "memory", 200e6),
        ("memory<1GiB", "memory", 2.0**30),
        ("w:http_get s:asyncio rows<1000", "rows", 1000.0),
    ],
)
def test_a_bound_is_a_metric_and_a_number_in_its_unit(text, metric, least):
    (found,) = parse((), [text])
    assert (found.metric, found.least, found.bound) == (metric, pytest.approx(least), True)
    assert bounds_of_cell([found], HTTP, ASYNCIO) == {metric: pytest.approx(least)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p99<20", "a bound of p99 is in ns, us, ms, s, min, not in ''"),
        ("p99<20MB", "a bound of p99 is in ns, us, ms, s, min, not in 'MB'"),
        ("memory<1ms", "a bound of memory is in B, kB, MB, "),
        ("rows<5ms", "a number without a unit"),
        ("p99<0ms", "a bound is above 0"),
        ("p99>5%", "is a slow-down: what fails is --fail-on 'p99>5%'"),
        ("p99>5ms", "is not a bound: write [w:WORKLOAD] [s:STRATEGY] METRIC<BOUND"),
        ("p9<5ms", "did you mean p99?"),
        ("http_get p99<5ms", "does not name cells: write [w:WORKLOAD] [s:STRATEGY] METRIC<BOUND"),
    ],
)
def test_a_bound_that_does_not_parse_is_quoted_with_what_is_accepted(text, said):
    with pytest.raises(ValueError, match=r"^'") as raised:
        parse((), [text])
    assert said in str(raised.value)
    assert f"'{text}'" in str(raised.value)


def test_bounds_take_the_default_s_place_and_are_no_slow_downs():
    given = parse((), ["p99<20ms"])
    assert [str(one) for one in given] == ["p99<0.02"]
    assert of_cell(given, HTTP, ASYNCIO) == {"batch": 0.05}
    assert bounds_of_cell(parse(), HTTP, ASYNCIO) == {}


def test_a_cell_that_no_threshold_names_is_asked_the_default():
    assert of_cell(parse(["w:io_sleep batch>50%"]), HTTP, ASYNCIO) == {"batch": 0.05}
    assert of_cell(parse(["cpu>50%"]), HTTP, ASYNCIO) == {"cpu": 0.5}


@pytest.mark.parametrize("pattern", ["http_*", "http_ge?", "http_get[delay=*]"])
def test_a_threshold_names_cells_by_a_pattern_too(pattern):
    assert of_cell(parse([f"w:{pattern} batch>50%"]), HTTP, ASYNCIO) == {"batch": 0.5}


def test_a_threshold_that_names_no_cell_is_told():
    given = parse(["batch>5%", "w:http_* batch>8%", "w:htp* s:asyncio batch>8%"])
    assert [one.cells for one in idle(given, [(HTTP, ASYNCIO)])] == ["w:htp* s:asyncio"]


def test_a_cell_goes_by_its_name_or_by_its_name_with_parameters():
    given = parse(["w:http_get[delay=0.01] batch>7%"])
    assert of_cell(given, HTTP, ASYNCIO) == {"batch": 0.07}
