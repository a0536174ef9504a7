"""When to look, and what it may spend."""

from __future__ import annotations

import itertools

import pytest

from concbench.reports.gate.looks import CONFIRMATION, SEARCH, share

BOTH = pytest.mark.parametrize("looks", [SEARCH, CONFIRMATION])


@pytest.mark.parametrize(("looks", "first"), [(SEARCH, [4, 6, 8]), (CONFIRMATION, [8, 10, 13])])
def test_looks_are_planned_and_come_ever_later(looks, first):
    found = list(itertools.islice(looks.planned(), 20))
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    assert found[:3] == first and looks.first == first[0]
    assert gaps == sorted(gaps) and gaps[0] > 0


@BOTH
def test_however_a_run_stops_its_looks_spend_no_more_than_all_of_the_error(looks):
    for rounds in range(1, 400):
        spent = sum(share(number) for number in range(len(looks.until(rounds))))
        at_a_look = looks.last(rounds) == rounds
        assert spent + (0 if at_a_look else looks.share_at(rounds)) <= 1 + 1e-12


@BOTH
def test_what_is_shown_at_a_look_is_what_it_decides_by(looks):
    for number, look in enumerate(looks.until(100)):
        assert looks.share_at(look) == share(number)


def test_between_two_looks_one_may_spend_what_is_left():
    assert SEARCH.share_at(3) == SEARCH.share_at(5) == pytest.approx(1 - share(0))
    assert SEARCH.share_at(7) == pytest.approx(1 - share(0) - share(1))
    assert CONFIRMATION.share_at(9) == pytest.approx(1 - share(0))


def test_the_following_look_may_be_now():
    looks = CONFIRMATION
    assert (looks.following(8), looks.following(9), looks.last(9), looks.last(7)) == (8, 10, 8, 0)
