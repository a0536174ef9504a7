"""When to look at the evidence, and what a look may spend of the error.

Looking after every round and stopping when it pleases makes an interval of 95 % cover less.  So
there are looks at planned rounds only, each with a part of the error, and the parts add up to no
more than all of it (a union bound, Bonferroni; the intervals are Jennison and Turnbull's of 1989,
"Interim analyses: the repeated confidence interval approach", which hold together at every look,
however one stops).  The looks of reports/stats/stopping.py double; a round of both sides is dearer
than one of a cell, so these are closer.

A search looks early, for an interval that excludes what matters may come after few rounds: with
looks at 4 and 6 a slow-down of 10 % was told in 54 %, and one of 5 % in 64 % of the time, from
recorded rounds.  A confirmation is by ranks, which reach such a part at 8 first.  First looks at 7
to 10 there, growth by 1.25 to 1.5 and 0.6 to 0.85 left over came to checks that take as long within
a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

FIRST = 8
GROWTH = 1.25
REST = 0.75
"""Of the error that is left, a look leaves this share to those after it."""


@dataclass(frozen=True)
class Looks:
    """The rounds at which to look: those before FIRST, then 8, 10, 13, 17, 22 ... without end."""

    early: tuple[int, ...] = ()

    def planned(self) -> Iterator[int]:
        """All of them, without end."""
        yield from self.early
        rounds = FIRST
        while True:
            yield rounds
            rounds = math.ceil(rounds * GROWTH)

    @property
    def first(self) -> int:
        """The first of them."""
        return next(self.planned())

    def until(self, rounds: int) -> tuple[int, ...]:
        """Those that so many rounds hold."""
        return _until(self, rounds)

    def last(self, rounds: int) -> int:
        """The last of those; 0 before the first."""
        return max(self.until(rounds), default=0)

    def following(self, rounds: int) -> int:
        """The first look at so many rounds or later."""
        return next(look for look in self.planned() if look >= rounds)

    def share_at(self, rounds: int) -> float:
        """The part of the error for what is shown after so many rounds, at a look or not.

        Who ends on a budget between two looks may spend what is left; before the first, no more
        than what is left for later ones, as so few rounds promise a little less than they say.
        """
        before = self.until(rounds)
        if rounds in before:
            return share(len(before) - 1)
        return float(REST ** max(1, len(before)))


SEARCH, CONFIRMATION = Looks((4, 6)), Looks()


@lru_cache(maxsize=4096)
def _until(looks: Looks, rounds: int) -> tuple[int, ...]:
    return tuple(takewhile(lambda look: look <= rounds, looks.planned()))


def share(number: int) -> float:
    """The part of the error that this look may spend, the first being 0."""
    return (1 - REST) * REST**number
