"""When to look, and what it may spend."""

from __future__ import annotations

import itertools

import pytest

from concbench.reports.gate import evidence


def test_looks_are_planned_and_come_ever_later():
    found = list(itertools.islice(evidence.planned(), 20))
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert found[:5] == [8, 10, 13, 17, 22]
    assert gaps == sorted(gaps) and gaps[0] > 0


def test_however_a_run_stops_its_looks_spend_no_more_than_all_of_the_error():
    for rounds in range(1, 400):
        spent = sum(evidence.share(number) for number in range(len(evidence.looks(rounds))))
        at_a_look = bool(evidence.looks(rounds)) and evidence.looks(rounds)[-1] == rounds
        assert spent + (0 if at_a_look else evidence.share_at(rounds)) <= 1 + 1e-12


def test_what_is_shown_at_a_look_is_what_it_decides_by():
    for number, look in enumerate(evidence.looks(100)):
        assert evidence.share_at(look) == evidence.share(number)


def test_between_two_looks_one_may_spend_what_is_left():
    assert evidence.share_at(7) == 1 - evidence.share(0)
    assert evidence.share_at(9) == pytest.approx(1 - evidence.share(0))


def test_the_following_look_may_be_now():
    assert (evidence.following(8), evidence.following(9), evidence.last(9), evidence.last(7)) == (
        8,
        10,
        8,
        0,
    )
