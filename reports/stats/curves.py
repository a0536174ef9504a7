"""Curves fitted to times over an axis, and how sure their coefficients are.

A curve is a sum of terms whose coefficients are not below 0: a law of scaling, or a cost model.
All arrays of seconds are (rounds, points) float: a row is a round, whose cells ran side by side, a
column a point of the axis, in rising order.

Curves are fitted to logarithms, in bounds, and chosen by AICc.  What intervals rest on is a step
from there without bounds, for each round: so ratios of coefficients are ratios of means over
rounds, with intervals by Fieller (1954), "Some problems in interval estimation".  They are exact
for normal noise from two rounds on, have no end where none is known, and take noise that a round's
points share for what it is.  A curve whose points lie off it by more than their noise has wider
ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .intervals import CONFIDENCE, Interval
from .robust import quantile

Array: TypeAlias = "NDArray[np.float64]"
Terms: TypeAlias = Callable[[Array], Array]
"""From places on the axis to what stands beside each coefficient: (points, terms)."""

FEWEST_ROUNDS = 2
NOISE = 0.01
"""How unlikely noise must be, where points are said to lie off."""


def complete(seconds: Array) -> Array:
    """The rounds that have every point: one that lacks any (NaN) counts in nothing."""
    return np.asarray(seconds[~np.isnan(seconds).any(axis=1)])


@dataclass(frozen=True, eq=False)
class Curve:
    """Terms with their coefficients, none below 0, and how sure those are.

    `coefficients` is (terms,).  `each` (rounds, terms) are those of single rounds, without bounds,
    `covariance` (terms, terms) that of their mean, with Student's degrees `freedom`.  `misfit` is
    how far the points lie off the curve besides their noise, 0.02 is 2 %, and 0 where noise may be
    all.  `score` is AICc.
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
    free = points - count
    inverse = np.linalg.pinv(slopes)
    misses = float((errors.mean(axis=0) ** 2).sum()) / free
    noise, spreads = _noise_of_misses(errors, slopes @ inverse)
    off = max(0.0, misses - noise / free)
    each = coefficients + errors @ inverse.T
    covariance = np.cov(each, rowvar=False) / rounds + off * np.linalg.pinv(slopes.T @ slopes)
    # Satterthwaite (1946), of the two variances.
    parts = (noise / free) ** 2 / (rounds - 1) + off**2 / free
    freedom = (noise / free + off) ** 2 / parts if parts else float(rounds - 1)
    by_chance = _by_chance(misses * free, noise, spreads, rounds)
    misfit = math.sqrt(off) if by_chance < NOISE else 0.0
    # What makes a whole round slow says nothing of the shape.
    within = errors - errors.mean(axis=1, keepdims=True)
    score = _aicc(float((within**2).sum()), rounds * (points - 1), count)
    return Curve(terms, coefficients, each, covariance, freedom, misfit, score)


def _noise_of_misses(errors: Array, hat: Array) -> tuple[float, float]:
    """By how much noise alone makes mean points miss their curve, squared; and in how many ways.

    Points need not be equally noisy (Box 1954, "Some theorems on quadratic forms", I).
    """
    rest = np.eye(len(hat)) - hat
    spread = rest @ np.cov(errors, rowvar=False) @ rest
    whole, squared = float(np.trace(spread)), float(np.trace(spread @ spread))
    return whole / len(errors), whole**2 / squared if squared else 1.0


def _by_chance(misses: float, noise: float, ways: float, rounds: int) -> float:
    """How likely noise alone makes points miss their curve by so much (Fisher's F)."""
    from scipy.special import fdtrc  # late: 0.1 s that only a sweep need pay

    return float(fdtrc(ways, ways * (rounds - 1), misses / noise)) if noise else 0.0


def _bounded(basis: Array, logs: Array) -> Array:
    """The coefficients, none below 0, of the least squares of logarithms."""
    from scipy.optimize import least_squares, nnls  # late: as above

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
