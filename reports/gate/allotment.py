"""Which pairs to measure next: a budget allotted by need, and none of it to what is decided.

Every pair is looked at once.  From then on suspects come first, and alone where that is soon done:
their rounds are few, and what they say fails a build.  Then comes whoever needs the least, so that
as many as possible are decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import decision
from .decision import ALPHA, Evidence, Verdict, judged
from .unpaired import Judged

HOPE = 4.0
"""A pair is given up when it needs so many times what is left: estimates are that uncertain."""


SOON = 0.2
"""Of what is left: so little a suspect may cost for all others to wait."""


VALUES, VALUES_SECONDS = 8, 0.2
"""Values that a process gives: as many as fit, for starting it costs as much.  Of 1, 2 and 4, and
what fits 0.2, 0.3 and 0.6 s, these decide the 18 default cells soonest: noise squared times cost,
from recorded rounds, by `nox -s gate_quality -- --part split`."""


@dataclass(frozen=True)
class Need:
    """What a pair still costs: seconds until all its metrics are decided."""

    cell: int
    suspect: bool
    seconds: float
    looked_at: bool

    @property
    def urgency(self) -> tuple[bool, bool, float, int]:
        """Sorts the most urgent first."""
        return self.looked_at, not self.suspect, self.seconds, self.cell


def wanted(evidence: Sequence[Evidence], left: float, alpha: float = ALPHA) -> tuple[int, ...]:
    """The pairs for the next round with `left` seconds of the budget; none: the run ends."""
    return chosen(judged(evidence, alpha), left)


def chosen(verdicts: Sequence[Verdict | Judged], left: float) -> tuple[int, ...]:
    """The same from what was judged, paired or not."""
    needs = sorted(needed(verdicts), key=lambda one: one.urgency)
    if soon := [one.cell for one in needs if one.suspect and one.seconds <= SOON * left]:
        return tuple(soon)
    found: list[int] = []
    for need in needs:
        fits = need.seconds <= left
        if not need.looked_at or fits or (not found and need.seconds <= HOPE * left):
            found.append(need.cell)
            left -= need.seconds
    return tuple(found)


def values(batch_seconds: float) -> int:
    """How many values a process of either side should give, its number being their median."""
    return max(1, min(VALUES, round(VALUES_SECONDS / batch_seconds)))


def needed(verdicts: Sequence[Verdict | Judged]) -> list[Need]:
    """The needs of the pairs that are not decided."""
    found: dict[int, Need] = {}
    for verdict in verdicts:
        if not verdict.decided:
            need = _need(verdict)
            found[need.cell] = _both(need, found.get(need.cell, need))
    return list(found.values())


def _need(verdict: Verdict | Judged) -> Need:
    of = verdict.evidence
    return Need(
        of.cell, verdict.suspect, verdict.more * of.seconds, verdict.rounds >= decision.FIRST
    )


def _both(one: Need, other: Need) -> Need:
    """What two metrics of a pair need together: they are measured at once."""
    return Need(
        one.cell,
        one.suspect or other.suspect,
        max(one.seconds, other.seconds),
        one.looked_at and other.looked_at,
    )
