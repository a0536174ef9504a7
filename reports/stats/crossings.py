"""Where two lines of times cross over an axis, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .curves import FEWEST_ROUNDS, Array, complete
from .intervals import CONFIDENCE, Interval
from .robust import quantile


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
    logs = complete(np.log(first) - np.log(other))
    if len(logs) < FEWEST_ROUNDS:
        return []
    sure = _leads(logs, confidence)
    known = [at for at, sign in enumerate(sure) if sign]
    return [
        Crossing(_crossing(places, logs, start, end, confidence), bool(sure[start] < 0))
        for start, end in pairwise(known)
        if sure[start] != sure[end]
    ]


def _leads(logs: Array, confidence: float) -> NDArray[np.int_]:
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
