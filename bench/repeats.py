"""Which round to measure again as a whole, because the machine gave it so much less."""

from __future__ import annotations

from .facts.delivered import MUCH_LESS, is_low
from .storing.history import History

SHARE = 4
"""One repeat for so many rounds that count: what is low more often is how this machine is."""


def due(history: History) -> int | None:
    """The round that got least, if it is to be measured again now.

    Each is repeated once, and a repeat never is; not while the machine gives little or no more than
    then; and only if all its cells were still measured last, so that no block that was stopped is
    looked at again.
    """
    got, now = history.canaries.delivered(), history.canaries.now()
    if SHARE * (len(history.again) + 1) > history.counted or now is None or is_low(now, got):
        return None
    done = {*history.again, *history.again.values()}
    last = set(history.orders[-1])
    left = {
        number: cpus
        for number in history.low() - done
        if (cpus := got[number]) is not None
        and cpus < MUCH_LESS * now
        and last.issuperset(history.still(number))
    }
    return min(sorted(left), key=left.__getitem__, default=None)
