"""Scaling: the law that times follow over workers, and what a batch costs by its size.

All arrays of seconds are (rounds, points) float, as those of `curves`.

The Universal Scalability Law (Gunther 2007, "Guerrilla Capacity Planning", eq. 4.32) is a sum of
terms for the time of a batch over n workers:

    seconds(n) = shared / n + serial + exchange * (n - 1)

It is tasks / X(n) with X(n) = X(1) n / (1 + contention (n - 1) + coherency n (n - 1)), where
contention = serial / (shared + serial), coherency = exchange / (shared + serial), and X is highest
at N* = sqrt(shared / exchange).  Amdahl's law (1967) lacks the last term.  So N*, contention,
coherency and where costs are equal are all ratios of coefficients.

`benchmarks/scaling.py` measures how often intervals hold: 97 to 100 % of what is said of N*, where
bootstraps of rounds (percentile, BCa) hold in 69 to 92 % below ten rounds; the delta method holds
in 92 to 98 %, and says nothing of what lies beyond.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from .curves import FEWEST_ROUNDS, Array, Curve, Terms, complete, curve, fieller
from .intervals import CONFIDENCE, Interval
from .robust import quantile

FEWEST_POINTS = 5
MARGIN = 0.05
"""Less is no gain."""
OFF = 0.1
"""Points so much off a law, besides their noise, do not follow it: it tells no N*."""


def usl(workers: Array) -> Array:
    """The terms of the Universal Scalability Law: shared, serial, exchange."""
    return np.column_stack((1 / workers, np.ones_like(workers), workers - 1))


def amdahl(workers: Array) -> Array:
    """The terms of Amdahl's law: shared, serial."""
    return usl(workers)[:, :2]


LAWS: dict[str, Terms] = {"Amdahl": amdahl, "USL": usl}

Outcome = Literal["few points", "few rounds", "flat", "stops", "rises", "open", "off"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """How the time of a batch goes with the workers, from `first` to `last` of them.

    `outcome` is
      `few points`   fewer than five numbers of workers: no law is fitted;
      `few rounds`   one round gives no interval;
      `flat`         no other number surely gains as much as the margin over the first;
      `stops`        throughput is highest at N*, whose whole interval was measured;
      `rises`        it still rises at the last point: N* is beyond;
      `open`         N* may lie between points or beyond the last;
      `off`          the points follow no law, so nothing of it is told.

    `stops` is N*; its bounds are between `first` and, where it may be beyond, infinity, and so may
    its estimate be.  `peak` is the gain over `first` at N*, or at `last` where that is beyond.
    `enough` is the least number of workers over which none of the larger ones gains as much as the
    margin, for certain; None where that is not known of any.
    """

    outcome: Outcome
    first: float
    last: float
    points: int
    rounds: int
    margin: float = MARGIN
    law: str = ""
    curve: Curve | None = None
    contention: Interval | None = None
    coherency: Interval | None = None
    stops: Interval | None = None
    peak: Interval | None = None
    enough: float | None = None

    @property
    def words(self) -> str:
        """`stops at 22 [18, 27]`, `still rising at the last point: N* beyond 64`."""
        match self.outcome:
            case "few points":
                return f"too few points ({self.points}, below {FEWEST_POINTS})"
            case "few rounds":
                return f"too few rounds ({self.rounds}, below {FEWEST_ROUNDS})"
            case "flat":
                return "does not scale"
            case "rises":
                return f"still rising at the last point: N* beyond {self.last:g}"
            case "off":
                off = 100 * self.curve.misfit if self.curve else 0.0
                return f"follows no law: its points lie {off:.0f} % off"
            case "open" if self.stops and self.stops.low == self.first:
                return "does not show yet where it stops"
        return f"stops at {self.where}"

    @property
    def where(self) -> str:
        """N*: `22 [18, 27]`, `30 or more`, `beyond 64`, `not known yet`; "" where no law tells."""
        if self.stops is None or self.stops.low is None or self.stops.high is None:
            return ""
        if self.outcome == "rises":
            return f"beyond {self.last:g}"
        low = math.floor(self.stops.low)
        if self.outcome == "open":
            return f"{low} or more" if self.stops.low > self.first else "not known yet"
        return f"{self.stops.estimate:.0f} [{low}, {math.ceil(self.stops.high)}]"


def fit(
    workers: Array, seconds: Array, confidence: float = CONFIDENCE, margin: float = MARGIN
) -> Scaling:
    """How the time of a batch goes with the workers."""
    whole = complete(seconds)
    points, rounds = len(workers), len(whole)
    found = Scaling("few rounds", float(workers[0]), float(workers[-1]), points, rounds, margin)
    if rounds < FEWEST_ROUNDS:
        return found if points >= FEWEST_POINTS else replace(found, outcome="few points")
    found = replace(found, enough=enough(workers, whole, confidence, margin))
    if points < FEWEST_POINTS:
        return replace(found, outcome="few points")
    laws = {name: curve(terms, workers, whole) for name, terms in LAWS.items()}
    law = min(laws, key=lambda name: laws[name].score)
    chosen, widest = laws[law], laws["USL"]
    found = replace(found, law=law, curve=chosen)
    if chosen.misfit <= OFF:
        stops = _stops(widest, law, found, confidence)
        found = replace(
            found,
            contention=_constant(chosen, widest, 1, confidence),
            coherency=_constant(chosen, widest, 2, confidence),
            stops=stops,
            peak=chosen.gain(found.first, min(stops.estimate, found.last), confidence),
        )
    return replace(found, outcome=_outcome(found))


def _constant(chosen: Curve, widest: Curve, term: int, confidence: float) -> Interval:
    """A coefficient over the time of one worker alone: by the law that was chosen.

    Its interval is that of the law with all terms: AICc may leave out one that is small.
    """
    weights = np.eye(3)
    wide = widest.share(weights[term], weights[0] + weights[1], confidence)
    shares = np.append(chosen.coefficients, 0.0)
    at = float(shares[term] / shares[:2].sum())
    return Interval(at, min(at, wide.low or 0.0), max(at, min(1.0, wide.high or 0.0)))


def _stops(law: Curve, chosen: str, about: Scaling, confidence: float) -> Interval:
    """N*; without coherency by the law that was chosen it may be anywhere beyond its low end."""
    shared, _, exchange = np.eye(3)
    square = law.share(shared, exchange, confidence)
    low, at, high = (
        math.sqrt(value or 0.0) for value in (square.low, square.estimate, square.high)
    )
    if chosen != "USL":
        at = high = math.inf
    low, at, high = (max(about.first, value) for value in (low, at, high))
    # What lies beyond the last point is not told any further.
    low, at, high = (value if value <= about.last else math.inf for value in (low, at, high))
    return Interval(at, low, high)


def _outcome(found: Scaling) -> Outcome:
    if found.enough == found.first:
        return "flat"
    if found.stops is None:
        return "off"
    if found.stops.low == math.inf:
        return "rises"
    return "open" if found.stops.high == math.inf else "stops"


def enough(
    places: Array, seconds: Array, confidence: float = CONFIDENCE, margin: float = MARGIN
) -> float | None:
    """The least place over which no later one gains as much as the margin, for certain.

    None where that is not known of any before the last.  Each later place needs its own bound and
    all must hold, so none has to be stricter for their number.
    """
    logs = np.log(seconds)
    rounds = len(logs)
    most = quantile(rounds - 1, 1 - confidence) / math.sqrt(rounds)
    for at in range(len(places) - 1):
        gains = logs[:, at, None] - logs[:, at + 1 :]
        if (gains.mean(axis=0) + most * gains.std(axis=0, ddof=1) < math.log1p(margin)).all():
            return float(places[at])
    return None


@dataclass(frozen=True, eq=False)
class Cost:
    """Seconds of a batch by its size: `start` for any, and `each` for each task or byte more."""

    start: Interval
    each: Interval
    curve: Curve


def line(sizes: Array) -> Array:
    """The terms of a cost model: start-up, and what each task, byte or second more costs."""
    return np.column_stack((np.ones_like(sizes), sizes))


def cost(sizes: Array, seconds: Array, confidence: float = CONFIDENCE) -> Cost | None:
    """The cost model of a line over tasks, size or delay; None below three points or two rounds."""
    whole = complete(seconds)
    if len(sizes) < 3 or len(whole) < FEWEST_ROUNDS:
        return None
    found = curve(line, sizes, whole)
    start, each = (found.coefficient(at, confidence) for at in (0, 1))
    return Cost(start, each, found)


def break_even(
    start: Array, each: Array, other_start: Array, other_each: Array, confidence: float = CONFIDENCE
) -> Interval:
    """The tasks from which on the other is faster; infinity where it never is, 0 where always.

    All are (rounds,) seconds, of starting up and of a task, in the same rounds: two at least.
    """
    parts = np.stack((other_start - start, each - other_each))
    means, rounds = parts.mean(axis=1), parts.shape[1]
    low, high = fieller(means, np.cov(parts) / rounds, rounds - 1, confidence)
    if means[1] <= 0:
        at = math.inf if means[0] > 0 else 0.0
    else:
        at = max(0.0, float(means[0] / means[1]))
    return Interval(at, min(low, at), max(high, at))
