"""Which round to measure again as a whole, because the machine gave it so much less."""

from __future__ import annotations

from .delivered import is_low
from .history import History

SHARE = 4
"""One repeat for so many rounds that count: what is low more often is how this machine is."""


def due(history: History) -> int | None:
    """The round that got least, if it is to be measured again now.

    Each is repeated once, and a repeat never is; not while the machine still gives little; and only
    if all its cells were still measured last, so that no block that was stopped is looked at again.
    """
    got, now = history.canaries.delivered(), history.canaries.now()
    if SHARE * (len(history.again) + 1) > history.counted or now is None or is_low(now, got):
        return None
    done = {*history.again, *history.again.values()}
    last = set(history.orders[-1])
    left = [n for n in history.low() - done if last.issuperset(history.still(n))]
    return min(left, key=lambda number: (got[number] or 0.0, number), default=None)
