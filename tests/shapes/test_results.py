"""What a task may return, and when two results are the same."""

from __future__ import annotations

import math
from array import array
from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from concbench import answers
from concbench.answers import FirstAnswer, WrongAnswer, digest
from concbench.reports.run.answers import RTOL, difference, equal, same

Pair = namedtuple("Pair", "x y")


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Reading:
    value: float
    taken: int = field(default=0, compare=False)


@dataclass(eq=False)
class Unequal:
    value: int


class Money:
    def __init__(self, cents):
        self.cents = cents

    def __eq__(self, other):
        return self.cents == other.cents

    def __hash__(self):
        return self.cents


SHAPES = {
    "int": (1, 2),
    "text": ("a", "b"),
    "surrogates": ("\ud800", "\ud801"),
    "none": (None, False),
    "float": (0.1, 0.2),
    "sign": (1.0, -1.0),
    "zero": (0.0, 1e-300),
    "nan": (math.nan, math.inf),
    "complex": (1 + 2j, 1 - 2j),
    "bytes": (b"ab", b"ac"),
    "bytearray": (bytearray(b"ab"), bytearray(b"b")),
    "tuple": ((1, 2), (2, 1)),
    "nested": ([1, [2, {"a": 0.5}]], [1, [2, {"a": 0.6}]]),
    "borders": (["ab", "c"], ["a", "bc"]),
    "named tuple": (Pair(1, 2), Pair(1, 3)),
    "dict": ({1: 2, "1": 3}, {1: 3, "1": 2}),
    "set": ({1, 2}, {1, 3}),
    "frozen set of tuples": (frozenset({(1, 2)}), frozenset({(2, 1)})),
    "date": (date(2026, 1, 1), date(2026, 1, 2)),
    "datetime": (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)),
    "timedelta": (timedelta(1), timedelta(2)),
    "decimal": (Decimal("0.10"), Decimal("0.11")),
    "fraction": (Fraction(1, 3), Fraction(2, 3)),
    "uuid": (UUID(int=1), UUID(int=2)),
    "path": (Path("a"), Path("b")),
    "address": (ip_address("10.0.0.1"), ip_address("10.0.0.2")),
    "enum": (Colour.RED, Colour.BLUE),
    "range": (range(3), range(4)),
    "deque": (deque([1, 2]), deque([2, 1])),
    "array": (array("d", [1.0]), array("d", [2.0])),
    "counter": (Counter("ab"), Counter("aab")),
    "ordered": (OrderedDict(a=1), OrderedDict(a=2)),
    "dataclass": (Reading(0.5), Reading(0.6)),
    "dataclass without ==": (Unequal(1), Unequal(2)),
    "object with ==": (Money(1), Money(2)),
    "exception": (ValueError("a"), ValueError("b")),
    "numpy int": (np.int64(1), np.int64(2)),
    "numpy float32": (np.float32(0.1), np.float32(0.2)),
    "numpy bool": (np.bool_(True), np.bool_(False)),
    "numpy array": (np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.000001])),
    "numpy shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "numpy ints": (np.arange(3), np.arange(3)[::-1]),
    "numpy complex": (np.array([1j]), np.array([-1j])),
    "numpy objects": (np.array([None, "a"]), np.array([None, "b"])),
    "numpy nan": (np.array([np.nan, 0.0]), np.array([0.0, np.nan])),
    "series": (pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0], index=[1, 2])),
    "frame": (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [2.0]})),
}


@pytest.mark.parametrize(("one", "other"), SHAPES.values(), ids=SHAPES)
def test_a_result_of_any_kind_equals_itself_and_not_another(one, other):
    text = digest([one], 1)
    assert equal(text, digest([one], 1))
    assert not equal(text, digest([other], 1))
    assert answers.exactly(text) != answers.exactly(digest([other], 1))
    first = FirstAnswer([one], 1)
    first.check([one])
    with pytest.raises(WrongAnswer, match="a later batch gave another answer"):
        first.check([other])


def changed(value, by):
    return [value * (1 + by), {"a": np.array([value, 2.0, -3.0]) * (1 + by)}]


@pytest.mark.parametrize("value", [1e-300, 0.13, 1.7e9, 1e300])
def test_floats_are_equal_within_a_tolerance_whatever_their_size(value):
    text = digest([changed(value, 0)], 1)
    assert equal(text, digest([changed(value, 1e-13)], 1))
    assert equal(text, digest([changed(value, 0.9e-9)], 1))
    assert not equal(text, digest([changed(value, 1.1e-9)], 1))


def test_small_floats_beside_large_ones_count_as_much():
    stamped = [[1.7e9 + i, 0.13, 1e-12] for i in range(100)]
    spoilt = [*stamped[:77], [stamped[77][0], 0.14, 1e-12], *stamped[78:]]
    assert not equal(digest(stamped, 100), digest(spoilt, 100))


def test_many_floats_are_compared_in_groups_without_a_false_alarm():
    numbers = np.random.default_rng(1).normal(size=300_000)
    jitter = 1 + 1e-10 * np.random.default_rng(2).uniform(-1, 1, numbers.size)
    text = digest([numbers], 1)
    assert equal(text, digest([numbers * jitter], 1))
    spoilt = numbers.copy()
    spoilt[[5, 69]] = spoilt[[69, 5]]  # of one group
    assert not equal(text, digest([spoilt], 1))
    spoilt = numbers.copy()
    spoilt[200_000] *= 1.01
    assert not equal(text, digest([spoilt], 1))


def test_floats_in_lists_and_in_arrays_are_summed_alike():
    numbers = np.random.default_rng(3).normal(size=200)
    one, other = answers.Summary(), answers.Summary()
    one.add(numbers)
    for number in numbers.tolist():
        other.add(number)
    assert one.text.split("~")[2] == other.text.split("~")[2] == "200"
    sums = [np.frombuffer(_slots(each.text)) for each in (one, other)]
    assert np.allclose(*sums, rtol=1e-12)


def _slots(text):
    from base64 import b64decode

    return b64decode(text.split("~")[3])


def test_a_worker_and_a_report_have_the_same_tolerance():
    assert answers.RTOL == RTOL


def test_exactly_is_to_the_last_digit():
    near = 0.1 + 2e-17 * 3
    first = FirstAnswer([0.1], 1, exact=True)
    assert "~" not in first.text
    first.check([0.1])
    assert near != 0.1
    with pytest.raises(WrongAnswer, match=r"task 0: the result is 0\.1, then 0\.1000"):
        first.check([near])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "an object, which cannot be compared: return what it holds"),
        (lambda: 0, "a function, which cannot be compared"),
        ((i for i in ()), "a generator, which cannot be compared"),
    ],
)
def test_what_cannot_be_compared_is_told_with_the_way_out(value, words):
    with pytest.raises(WrongAnswer, match=f"task 0 returned {words}"):
        digest([value], 1)


def test_a_result_that_holds_itself_is_told():
    loop = []
    loop.append(loop)
    with pytest.raises(WrongAnswer, match="task 0 returned a list that holds itself"):
        digest([loop], 1)


class WithNormal:
    def normal(self, result):
        return result["value"]


def test_a_workload_may_say_what_counts_of_a_result():
    first = FirstAnswer([{"value": 1, "at": 0.1}], 1, WithNormal())
    first.check([{"value": 1, "at": 0.2}])
    with pytest.raises(WrongAnswer, match="task 0: the result is 1, then 2"):
        first.check([{"value": 2, "at": 0.1}])


@pytest.mark.parametrize(
    ("results", "alike"),
    [([None] * 4, True), ([1, 1, 1], True), ([1, 2], False), ([7], False), ([[0.5], [0.5]], True)],
)
def test_results_that_are_all_equal_prove_nothing(results, alike):
    assert FirstAnswer(results, len(results)).alike is alike


def test_sets_of_answers_are_the_same_where_each_has_its_like():
    a, near, b = digest([0.5], 1), digest([0.5 + 1e-12], 1), digest([0.6], 1)
    assert same([a], [near])
    assert not same([a, b], [near])
    assert not same([a], [b])
    assert not equal("abc~d~x~y", "abd~d~x~y")


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (
            ["[1]", '[{"a": 0.13}]'],
            ["[1]", '[{"a": 0.84}]'],
            ": task 1: [0]['a'] is 0.13, then 0.84",
        ),
        (["0.1"], ["0.10000000000001"], ""),
        (["1"], ["1.0"], ": task 0: 1, then 1.0"),
        (["[1]"], ["[1, 2]"], ": task 0: [1] is null, then 2"),
        (['"cut of'], ['"cut o'], ': task 0: "cut of, then "cut o'),
        ([], [], ""),
    ],
)
def test_samples_tell_where_they_part(first, second, words):
    assert difference(first, second) == words
