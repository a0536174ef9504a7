"""Whether a claim holds: it does, it does not, or that cannot be told from these readings.

Never from one number: a ratio is taken round by round, and holds where its whole 99 % interval does
(the trimmed mean of reports.stats.robust, on logarithms); what is seen holds where it is seen in
every round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..stats import robust

HOLDS, FAILS, UNKNOWN, ABSENT = "holds", "does not hold", "cannot tell", "not checked"
OUTCOMES = (HOLDS, FAILS, UNKNOWN, ABSENT)
MISSES = 0.005
"""How likely the ratio is beyond either end of its interval: together 1 %."""
FEWEST = 3
"""Rounds below which nothing is said."""
BEYOND = 1.02
"""A ratio that is above its limit by more than that is an error of measuring."""
MOST_ROUNDS = 500
"""To ask for more is no way out."""


@dataclass(frozen=True)
class Judgement:
    """What the rounds say of a claim.

    Of a ratio there are `estimate`, `low` and `high`, and where it is in doubt the `needed` rounds
    (None: more than MOST_ROUNDS).  Of what is seen there are the `agreeing` rounds and the
    `other` value that was seen most.  It is `beyond` where it is above what theory allows.
    """

    outcome: str
    rounds: int
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    needed: int | None = None
    agreeing: int | None = None
    other: Any = None
    beyond: bool = False


def judge(check: Mapping[str, Any], readings: Mapping[str, Sequence[Any]]) -> Judgement:
    """The judgement of a claim's check on the readings of all rounds."""
    if check["kind"] == "seen":
        return _seen(check["value"], readings[check["reading"]])
    above, below = readings[check["above"]], readings[check["below"]]
    if min(len(above), len(below)) < FEWEST or min(*above, *below) <= 0:
        return Judgement(UNKNOWN, len(above))
    return _ratio(check, [math.log(a / b) for a, b in zip(above, below, strict=True)])


def _seen(value: Any, seen: Sequence[Any]) -> Judgement:
    agreeing = sum(one == value for one in seen)
    others = [one for one in seen if one != value]
    other = max(others, key=others.count) if others else None
    outcome = HOLDS if agreeing == len(seen) else UNKNOWN if agreeing else FAILS
    if len(seen) < FEWEST:
        outcome = UNKNOWN
    return Judgement(outcome, len(seen), agreeing=agreeing, other=other)


def _ratio(check: Mapping[str, Any], logarithms: Sequence[float]) -> Judgement:
    centre, rounds = robust.mean(logarithms), len(logarithms)
    low, high = map(_exp, robust.bounds(logarithms, MISSES))
    least, most, limit = check["least"], check["most"], check["limit"]
    edges = [one for one in (least, most) if one is not None]
    beyond = most is None and limit is not None and low > BEYOND * limit
    outcome, needed = UNKNOWN, None
    if beyond:
        pass
    elif (least is None or low >= least) and (most is None or high <= most):
        outcome = HOLDS
    elif (least is not None and high < least) or (most is not None and low > most):
        outcome = FAILS
    else:
        needed = _needed(logarithms, [math.log(one) for one in edges])
    return Judgement(outcome, rounds, math.exp(centre), low, high, needed, beyond=beyond)


def _exp(logarithm: float) -> float:
    # Few rounds far apart give bounds beyond what a float holds.
    return math.exp(max(-700.0, min(700.0, logarithm)))


def _needed(logarithms: Sequence[float], edges: Sequence[float]) -> int | None:
    """Rounds after which the interval would not reach over any edge, if they are like these."""
    distance = min(abs(robust.mean(logarithms) - one) for one in edges)
    error = robust.expected_error(logarithms)
    for rounds in range(len(logarithms) + 1, MOST_ROUNDS + 1):
        quantile = robust.quantile(robust.inner_count(rounds) - 1, MISSES)
        if quantile * error(rounds) < distance:
            return rounds
    return None
