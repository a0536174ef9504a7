"""When to look, and what it may spend."""

from __future__ import annotations

import itertools

import pytest

from reports.gate import decision


def test_looks_are_planned_and_come_ever_later():
    found = list(itertools.islice(decision.planned(), 20))
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert found[:5] == [8, 10, 13, 17, 22]
    assert gaps == sorted(gaps) and gaps[0] > 0


def test_however_a_run_stops_its_looks_spend_no_more_than_all_of_the_error():
    for rounds in range(1, 400):
        spent = sum(decision.share(number) for number in range(len(decision.past(rounds))))
        at_a_look = bool(decision.past(rounds)) and decision.past(rounds)[-1] == rounds
        assert spent + (0 if at_a_look else decision.share_at(rounds)) <= 1 + 1e-12


def test_what_is_shown_at_a_look_is_what_it_decides_by():
    for number, look in enumerate(decision.past(100)):
        assert decision.share_at(look) == decision.share(number)


def test_between_two_looks_one_may_spend_what_is_left():
    assert decision.share_at(7) == 1 - decision.share(0)
    assert decision.share_at(9) == pytest.approx(1 - decision.share(0))


def test_the_following_look_may_be_now():
    assert (decision.following(8), decision.following(9), decision.last(9), decision.last(7)) == (
        8,
        10,
        8,
        0,
    )
