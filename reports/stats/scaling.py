"""Scaling: the law that times follow over workers, where two lines cross, what tasks cost.

All arrays of seconds are (rounds, points) float: a row is a round, whose cells ran side by side, a
column a point of the axis, in rising order.  A round that lacks a point (NaN) counts in nothing.

A law is a sum of terms whose coefficients are not below 0.  The Universal Scalability Law (Gunther
2007, "Guerrilla Capacity Planning", eq. 4.32) is one for the time of a batch over n workers:

    seconds(n) = shared / n + serial + exchange * (n - 1)

It is tasks / X(n) with X(n) = X(1) n / (1 + contention (n - 1) + coherency n (n - 1)), where
contention = serial / (shared + serial), coherency = exchange / (shared + serial), and X is highest
at N* = sqrt(shared / exchange).  Amdahl's law (1967) lacks the last term.

Laws are fitted to logarithms, in bounds, and chosen by AICc.  What intervals rest on is a step from
there without bounds, for each round: so N*, contention, coherency and where costs are equal are all
ratios of means over rounds, with intervals by Fieller (1954), "Some problems in interval
estimation".  They are exact for normal noise from two rounds on, have no end where none is known,
and take noise that a round's points share for what it is.  A curve whose points lie off the law by
more than their noise has wider ones.  `benchmarks/scaling.py` holds them against bootstraps of
rounds (percentile, BCa) and the delta method, which cover less below ten rounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .intervals import CONFIDENCE, Interval
from .robust import quantile

Array: TypeAlias = "NDArray[np.float64]"
Terms: TypeAlias = Callable[[Array], Array]
"""From places on the axis to what stands beside each coefficient: (points, terms)."""

FEWEST_POINTS, FEWEST_ROUNDS = 5, 2
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


def line(sizes: Array) -> Array:
    """The terms of a cost model: start-up, and what each task, byte or second more costs."""
    return np.column_stack((np.ones_like(sizes), sizes))


@dataclass(frozen=True, eq=False)
class Curve:
    """Terms with their coefficients, none below 0, and how sure those are.

    `coefficients` is (terms,).  `each` (rounds, terms) are those of single rounds, without bounds,
    `covariance` (terms, terms) that of their mean, with Student's degrees `freedom`.  `misfit` is
    how far the points lie off the curve besides their noise: 0.02 is 2 %.  `score` is AICc.
    """

    terms: Terms
    coefficients: Array
    each: Array
    covariance: Array
    freedom: float
    misfit: float
    score: float

    def at(self, places: Array) -> Array:
        """The seconds at these places."""
        return self.terms(places) @ self.coefficients

    def band(self, places: Array, confidence: float = CONFIDENCE) -> tuple[Array, Array]:
        """The bounds of the seconds at each of these places."""
        middle = self.at(places)
        half = self._half(self.terms(places) / middle[:, None], confidence)
        return middle * np.exp(-half), middle * np.exp(half)

    def gain(self, start: float, end: float, confidence: float = CONFIDENCE) -> Interval:
        """How many times as fast it is at `end` as at `start`."""
        places = np.array([start, end])
        before, after = self.at(places)
        slopes = self.terms(places) / self.at(places)[:, None]
        (half,) = self._half(slopes[:1] - slopes[1:], confidence)
        ratio = float(before / after)
        return Interval(ratio, ratio * math.exp(-half), ratio * math.exp(half))

    def share(self, part: Array, whole: Array, confidence: float = CONFIDENCE) -> Interval:
        """The ratio of two sums of coefficients, weighted by `part` and `whole`."""
        weights = np.stack((part, whole))
        means, spread = weights @ self.each.mean(axis=0), weights @ self.covariance @ weights.T
        above, below = weights @ self.coefficients
        ratio = float(above / below) if below > 0 else math.inf
        low, high = fieller(means, spread, self.freedom, confidence)
        return Interval(ratio, min(low, ratio), max(high, ratio))

    def coefficient(self, at: int, confidence: float = CONFIDENCE) -> Interval:
        """One of them, in its bounds."""
        (half,) = self._half(np.eye(len(self.coefficients))[[at]], confidence)
        value, centre = float(self.coefficients[at]), float(self.each[:, at].mean())
        return Interval(value, max(0.0, min(value, centre - half)), max(value, centre + half))

    def _half(self, slopes: Array, confidence: float) -> Array:
        """Half the widths of intervals of sums of coefficients, a row of weights for each."""
        spread = np.einsum("pi,ij,pj->p", slopes, self.covariance, slopes)
        width = quantile(self.freedom, (1 - confidence) / 2)
        return np.asarray(width * np.sqrt(np.maximum(spread, 0.0)))


def curve(terms: Terms, places: Array, seconds: Array) -> Curve:
    """Fit terms to the times of two rounds or more, at more points than there are terms."""
    logs, basis = np.log(seconds), terms(places)
    (rounds, points), count = logs.shape, basis.shape[1]
    coefficients = _bounded(basis, logs.mean(axis=0))
    slopes = basis / (basis @ coefficients)[:, None]
    errors = logs - np.log(basis @ coefficients)
    # What makes a whole round slow says nothing of the shape.
    within = errors - errors.mean(axis=1, keepdims=True)
    noise = float(((within - within.mean(axis=0)) ** 2).sum()) / (rounds - 1) / (points - 1)
    misses = float((errors.mean(axis=0) ** 2).sum()) / (points - count)
    noise_of_mean = noise / rounds
    off = max(0.0, misses - noise_of_mean)
    each = coefficients + errors @ np.linalg.pinv(slopes).T
    covariance = np.cov(each, rowvar=False) / rounds + off * np.linalg.pinv(slopes.T @ slopes)
    # Satterthwaite (1946), of the two variances.
    parts = noise_of_mean**2 / (rounds - 1) + off**2 / (points - count)
    freedom = (noise_of_mean + off) ** 2 / parts if parts else float(rounds - 1)
    score = _aicc(float((within**2).sum()), rounds * (points - 1), count)
    return Curve(terms, coefficients, each, covariance, freedom, math.sqrt(off), score)


def _bounded(basis: Array, logs: Array) -> Array:
    """The coefficients, none below 0, of the least squares of logarithms."""
    from scipy.optimize import least_squares, nnls  # late: 0.1 s that only a sweep need pay

    relative = basis / np.exp(logs)[:, None]
    unit = 1 / np.linalg.norm(relative, axis=0)
    start, _ = nnls(relative * unit, np.ones(len(logs)))
    scaled = basis * unit

    def misses(shares: Array) -> Array:
        return np.asarray(np.log(scaled @ shares) - logs)

    def slopes(shares: Array) -> Array:
        return np.asarray(scaled / (scaled @ shares)[:, None])

    found = least_squares(misses, np.maximum(start, 1e-6), jac=slopes, bounds=(0, np.inf))
    # It comes near a bound, and never reaches it.
    return np.asarray(np.where(found.x < 1e-7 * found.x.max(), 0.0, found.x) * unit)


def _aicc(squares: float, values: int, parameters: int) -> float:
    """Akaike's criterion for few values (Hurvich and Tsai 1989); the scale is known by round."""
    few = 2 * parameters * (parameters + 1) / max(1, values - parameters - 1)
    return values * math.log(max(squares, 1e-18) / values) + 2 * parameters + few


def fieller(means: Array, spread: Array, freedom: float, confidence: float) -> tuple[float, float]:
    """Bounds from 0 to infinity of the ratio of two means, of covariance `spread`."""
    t = quantile(freedom, (1 - confidence) / 2)
    (above, below), ((a, ab), (_, b)) = means, t**2 * spread
    if not below and not b:
        return (math.inf, math.inf) if above > 0 else (0.0, 0.0)
    square, half, constant = below**2 - b, above * below - ab, above**2 - a
    root = half**2 - square * constant
    if square > 0:  # the lower mean differs from 0
        ends = sorted((half + sign * math.sqrt(max(0.0, root))) / square for sign in (-1, 1))
        if ends[1] < 0:  # of two means with different signs
            return (math.inf, math.inf) if above > 0 else (0.0, 0.0)
        return max(0.0, ends[0]), ends[1]
    if root <= 0 or constant <= 0:
        return 0.0, math.inf
    return max(0.0, max((half + sign * math.sqrt(root)) / square for sign in (-1, 1))), math.inf


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
      `off`          the points follow no law.

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
        return f"stops at {self.where}"

    @property
    def where(self) -> str:
        """N*: `22 [18, 27]`, `30 or more`, `beyond 64`; "" where no law tells it."""
        if self.stops is None or self.stops.low is None or self.stops.high is None:
            return ""
        if self.outcome == "rises":
            return f"beyond {self.last:g}"
        low = math.floor(self.stops.low)
        if self.outcome == "open":
            return f"{low} or more"
        return f"{self.stops.estimate:.0f} [{low}, {math.ceil(self.stops.high)}]"


def fit(
    workers: Array, seconds: Array, confidence: float = CONFIDENCE, margin: float = MARGIN
) -> Scaling:
    """How the time of a batch goes with the workers."""
    whole = seconds[~np.isnan(seconds).any(axis=1)]
    points, rounds = len(workers), len(whole)
    found = Scaling("few rounds", float(workers[0]), float(workers[-1]), points, rounds, margin)
    if rounds < FEWEST_ROUNDS:
        return found if points >= FEWEST_POINTS else replace(found, outcome="few points")
    found = replace(found, enough=enough(workers, whole, confidence, margin))
    if points < FEWEST_POINTS:
        return replace(found, outcome="few points")
    laws = {
        name: curve(terms, workers, whole) for name, terms in (("Amdahl", amdahl), ("USL", usl))
    }
    law = min(laws, key=lambda name: laws[name].score)
    chosen, widest = laws[law], laws["USL"]
    contention = _constant(chosen, widest, 1, confidence)
    coherency = _constant(chosen, widest, 2, confidence)
    found = replace(found, law=law, curve=chosen, contention=contention, coherency=coherency)
    if chosen.misfit <= OFF:
        stops = _stops(widest, law, found, confidence)
        peak = chosen.gain(found.first, min(stops.estimate, found.last), confidence)
        found = replace(found, stops=stops, peak=peak)
    return replace(found, outcome=_outcome(found))


def _constant(chosen: Curve, widest: Curve, term: int, confidence: float) -> Interval:
    """A coefficient over the time of one worker alone: by the law that was chosen.

    Its interval is that of the law with all terms: AICc may leave out one that is small.
    """
    weights = np.eye(3)
    wide = widest.share(weights[term], weights[0] + weights[1], confidence)
    shares = np.append(chosen.coefficients, 0.0)
    at = float(shares[term] / shares[:2].sum())
    return Interval(at, min(at, wide.low or 0.0), max(at, wide.high or 0.0))


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


@dataclass(frozen=True)
class Crossing:
    """Where the order of two lines turns; `first_before`: below it the first line is faster."""

    at: Interval
    first_before: bool


FINE = 401
"""Places at which lines are looked at between two points where the order is sure."""


def crossings(
    places: Array, first: Array, other: Array, confidence: float = CONFIDENCE
) -> list[Crossing]:
    """Where two lines of times cross, over any axis; none where the order never surely turns.

    Sure at a point is what holds among all points (Bonferroni).  Between two points where the order
    is sure and not the same, the difference of logarithms is interpolated, round by round; where
    it may be 0 is the interval, and what straight and curved lines differ by is part of its doubt.
    """
    logs = np.log(first) - np.log(other)
    logs = logs[~np.isnan(logs).any(axis=1)]
    if len(logs) < FEWEST_ROUNDS:
        return []
    sure = leads(logs, confidence)
    known = [at for at, sign in enumerate(sure) if sign]
    return [
        Crossing(_crossing(places, logs, start, end, confidence), bool(sure[start] < 0))
        for start, end in pairwise(known)
        if sure[start] != sure[end]
    ]


def leads(logs: Array, confidence: float = CONFIDENCE) -> NDArray[np.int_]:
    """At each point -1 where the mean is surely below 0, 1 above, 0 where neither is sure."""
    rounds, points = logs.shape
    half = quantile(rounds - 1, (1 - confidence) / 2 / points) * _error(logs)
    middle = logs.mean(axis=0)
    return np.where(np.abs(middle) > half, np.sign(middle), 0).astype(int)


def _crossing(places: Array, logs: Array, start: int, end: int, confidence: float) -> Interval:
    """Between two points at which the order is sure, and another."""
    scale = np.log(places) if places[0] > 0 else places
    fine = np.linspace(scale[start], scale[end], FINE)
    each = logs @ _weights(scale, fine, 4).T
    straight = logs.mean(axis=0) @ _weights(scale, fine, 2).T
    sign = np.sign(each.mean(axis=0)[0])
    middle = sign * each.mean(axis=0)
    doubt = quantile(len(logs) - 1, (1 - confidence) / 2) * _error(each)
    doubt += np.abs(middle - sign * straight)
    low = max(0, int(np.argmax(middle <= doubt)) - 1)
    high = FINE - max(1, int(np.argmax(-middle[::-1] <= doubt[::-1])))
    if len(places) < 4:  # nothing is known of the shape between points
        low, high = 0, FINE - 1
    turn = int(np.argmax(middle <= 0))
    at = float(np.interp(0.0, [-middle[turn - 1], -middle[turn]], fine[turn - 1 : turn + 1]))
    bounds = (float(fine[low]), at, float(fine[high]))
    low_end, middle_end, high_end = map(math.exp, bounds) if places[0] > 0 else bounds
    return Interval(middle_end, low_end, high_end)


def _weights(nodes: Array, places: Array, width: int) -> Array:
    """What each node weighs at each place, by Lagrange through the nearest `width` of them."""
    width = min(width, len(nodes))
    begins = np.clip(np.searchsorted(nodes, places) - width // 2, 0, len(nodes) - width)
    near = nodes[begins[:, None] + np.arange(width)]
    weights = np.zeros((len(places), len(nodes)))
    for at in range(width):
        own, others = near[:, at, None], np.delete(near, at, axis=1)
        shares = (places[:, None] - others) / (own - others)
        weights[np.arange(len(places)), begins + at] = shares.prod(axis=1)
    return weights


def _error(values: Array) -> Array:
    """The standard error of each column's mean."""
    return np.asarray(values.std(axis=0, ddof=1) / math.sqrt(len(values)))


@dataclass(frozen=True, eq=False)
class Cost:
    """Seconds of a batch by its size: `start` for any, and `each` for each task or byte more."""

    start: Interval
    each: Interval
    curve: Curve


def cost(sizes: Array, seconds: Array, confidence: float = CONFIDENCE) -> Cost | None:
    """The cost model of a line over tasks, size or delay; None below three points or two rounds."""
    whole = seconds[~np.isnan(seconds).any(axis=1)]
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
