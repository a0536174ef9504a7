"""Histograms of seconds, from the text that a run keeps of them: HdrHistogram's, in nanoseconds.

The library is imported late: only curves and sums over cells need it.
The format: https://github.com/HdrHistogram/HdrHistogram_py
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .errors import DamagedRun

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000_000, 2
"""Nanoseconds that are told apart, and the significant digits that are kept of them."""
STEPS = 10
"""Each point of a curve is 1 / (2 * STEPS) of the way that is left to 100 % further."""


def curve(text: str) -> list[tuple[float, float]]:
    """The percentiles, from 0 to 100, and their seconds, both rising; nothing of an empty one.

    Denser towards 100, as a chart of a tail wants them.  Raises DamagedRun when it is no histogram.
    """
    found = _decoded(text)
    if not found.get_total_count():
        return []
    items = found.get_percentile_iterator(STEPS)
    return [(one.percentile_level_iterated_to, one.value_iterated_to / 1e9) for one in items]


def merged(texts: Iterable[str]) -> str:
    """One histogram of all that these hold."""
    from hdrh.histogram import HdrHistogram

    total = HdrHistogram(LOWEST, HIGHEST, DIGITS)
    for text in texts:
        total.add(_decoded(text))
    encoded: bytes = total.encode()
    return encoded.decode()


def _decoded(text: str) -> HdrHistogram:
    from hdrh.codec import HdrCookieException, HdrLengthException
    from hdrh.histogram import HdrHistogram

    try:
        return HdrHistogram.decode(text)
    except (ValueError, zlib.error, HdrCookieException, HdrLengthException) as error:
        why = str(error) or type(error).__name__
        raise DamagedRun(f"not a histogram: {why}") from None
