"""Durations as an HdrHistogram's text, and their percentiles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000_000, 2
"""Whole nanoseconds, up to an hour, to 1 %."""
BITS = 8
"""Leading bits that a histogram of so many digits tells apart."""


def text(durations: Iterable[int]) -> str:
    """The histogram of nanoseconds, as base64."""
    histogram = _histogram()
    # Python is slow at one value after the other: those that share a slot go together.
    for duration, count in Counter(map(_slot, durations)).items():
        histogram.record_value(duration, count)
    return encoded(histogram)


def corrected(durations: Iterable[int], interval: int) -> HdrHistogram:
    """Delays of what happens every so many nanoseconds, with those that a long one hides.

    What freezes for 50 ms delays one beat by 50 ms and leaves out all that were due meanwhile
    (coordinated omission): they count with 48, 46, 44 ms and so on.
    """
    histogram = _histogram()
    for duration in durations:
        histogram.record_corrected_value(_within(duration), interval)
    return histogram


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The least that is not below so many percent of them (nearest rank)."""
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def encoded(histogram: HdrHistogram) -> str:
    written: bytes = histogram.encode()
    return written.decode("ascii")


def _histogram() -> HdrHistogram:
    from hdrh.histogram import HdrHistogram  # 40 ms, which only probes need

    return HdrHistogram(LOWEST, HIGHEST, DIGITS)


def _within(duration: int) -> int:
    return min(max(duration, LOWEST), HIGHEST)


def _slot(duration: int) -> int:
    within = _within(duration)
    shift = max(0, within.bit_length() - BITS)
    return within >> shift << shift
