from __future__ import annotations

import pytest

from concbench.worker import WrongAnswer, digest


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


def test_what_is_not_json_is_named_with_its_task():
    with pytest.raises(WrongAnswer, match="task 1 returned a bytes, which is not JSON"):
        digest([0, b"raw"], 2)


def test_a_coroutine_nobody_awaited_is_named():
    async def never():
        return 0

    coroutine = never()
    with pytest.raises(WrongAnswer, match="task 0 returned a coroutine that nobody awaited"):
        digest([coroutine], 1)
    coroutine.close()
