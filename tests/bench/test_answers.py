"""What tells the answers of two batches apart, and what does not."""

from __future__ import annotations

import pytest

from concbench.answers import FirstAnswer, WrongAnswer, digest, shown


def test_equal_results_have_equal_digests_whatever_the_order_of_keys():
    assert digest([{"a": 1, "b": [2]}], 1) == digest([{"b": [2], "a": 1}], 1)


@pytest.mark.parametrize("spoilt", [[1, 0, 2], [0, 0, 2], [0, 1, 3]])
def test_swapped_repeated_and_other_results_change_the_digest(spoilt):
    assert digest(spoilt, 3) != digest([0, 1, 2], 3)


def test_a_dropped_result_is_an_error():
    with pytest.raises(WrongAnswer, match="2 results for 3 tasks"):
        digest([0, 1], 3)


def test_an_iterator_is_no_answer():
    with pytest.raises(WrongAnswer, match="list_iterator results for 2 tasks"):
        digest(iter([0, 1]), 2)


def test_what_cannot_be_compared_is_named_with_its_task():
    with pytest.raises(WrongAnswer, match="task 1 returned an object, which cannot be compared"):
        digest([0, object()], 2)


def test_a_coroutine_nobody_awaited_is_named():
    async def never():
        return 0

    coroutine = never()
    with pytest.raises(WrongAnswer, match="task 0 returned a coroutine that nobody awaited"):
        digest([coroutine], 1)
    coroutine.close()


def test_a_later_batch_that_gives_another_answer_is_told_with_the_place_where_they_part():
    first = FirstAnswer([[{"a": 0.13}], 1], 2)
    first.check([[{"a": 0.13 * (1 + 1e-12)}], 1])
    with pytest.raises(WrongAnswer, match=r"task 0: \[0\]\['a'\] is 0\.13, then 0\.84: random"):
        first.check([[{"a": 0.84}], 1])


def test_a_result_that_is_cut_for_a_reader_says_so():
    short, cut = shown(["ab", "c" * 99])
    assert short == '"ab"'
    assert cut == '"' + 56 * "c" + "..."
