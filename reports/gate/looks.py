"""When to look at the evidence, and what a look may spend of the error.

Looking after every round and stopping when it pleases makes an interval of 95 % cover less.  So
there are looks at planned rounds only, each with a part of the error, and the parts add up to no
more than all of it (a union bound, Bonferroni; the intervals are Jennison and Turnbull's of 1989,
"Interim analyses: the repeated confidence interval approach", which hold together at every look,
however one stops).  The looks of reports/stats/stopping.py double; a round
of both sides is dearer than one of a cell, so these are closer.  At 8, ranks first reach such a
part; first looks at 7 to 10, growth by 1.25 to 1.5 and 0.6 to 0.85 left over came to checks that
take as long within a tenth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

FIRST = 8
GROWTH = 1.25
REST = 0.75
"""Of the error that is left, a look leaves this share to those after it."""


def planned() -> Iterator[int]:
    """The rounds at which to look: 8, 10, 13, 17, 22 ... without end."""
    rounds = FIRST
    while True:
        yield rounds
        rounds = math.ceil(rounds * GROWTH)


@lru_cache(maxsize=4096)
def looks(rounds: int) -> tuple[int, ...]:
    """The looks that so many rounds hold."""
    return tuple(takewhile(lambda look: look <= rounds, planned()))


def last(rounds: int) -> int:
    """The last of them; 0 before the first."""
    return max(looks(rounds), default=0)


def following(rounds: int) -> int:
    """The first look at so many rounds or later."""
    return next(look for look in planned() if look >= rounds)


def share(number: int) -> float:
    """The part of the error that this look may spend, the first being 0."""
    return (1 - REST) * REST**number


def share_at(rounds: int) -> float:
    """The part for what is shown after so many rounds, at a look or not.

    Who ends on a budget between two looks may spend what is left; before the first, no more than
    what is left for later ones, as so few rounds promise a little less than they say.
    """
    before = looks(rounds)
    if rounds in before:
        return share(len(before) - 1)
    return float(REST ** max(1, len(before)))
