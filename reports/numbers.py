"""Numbers as a reader wants them.  ASCII only, but for \u00b1: a terminal may know no more."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .text import shortened

NONE = "-"

_UNITS = ((60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))


def digits(value: float, wanted: int = 3) -> str:
    """A number with so many significant digits, thousands separated: `15.5`, `1,230`, `0.041`."""
    if not math.isfinite(value):
        return NONE
    rounded = float(f"{value:.{wanted - 1}e}")
    if rounded == 0:
        return "0"
    decimals = max(0, wanted - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def duration(seconds: float | None) -> str:
    """`41.7 ms`; the unit is the largest that leaves a number of 1 or more."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    rounded = float(f"{seconds:.2e}")
    size, unit = next((pair for pair in _UNITS if rounded >= pair[0]), _UNITS[-1])
    return f"{digits(rounded / size)} {unit}" if rounded else "0 s"


def brief(seconds: float | None) -> str:
    """`233 ms`, `1.2 ms`: as exact as one pass is, two significant digits below ten."""
    return "0 s" if seconds == 0 else _sized(seconds, _UNITS)


def size(count: float | None) -> str:
    """`48 MB`, `1.2 GB`: bytes in units of 1,000, two significant digits below ten."""
    return _sized(count, _SIZES)


def percent(fraction: float | None, gap: str = "") -> str:
    """`96%`, `4.1%`: two significant digits below ten, whole numbers from there on."""
    if fraction is None or not math.isfinite(fraction):
        return NONE
    value = 100 * fraction
    return f"{digits(value, 2) if value < 9.95 else f'{value:,.0f}'}{gap}%"


def _sized(value: float | None, units: Sequence[tuple[float, str]]) -> str:
    """The value in the largest unit that leaves a number of 1 or more."""
    if value is None or not math.isfinite(value):
        return NONE
    # As it will be rounded: 999.6 us are 1.0 ms.
    rounded = float(f"{abs(value):.2e}")
    size, unit = next((pair for pair in units if rounded >= pair[0]), units[-1])
    number = rounded / size
    text = digits(number, 2) if number < 9.95 else f"{number:,.0f}"
    return f"{'-' if value < 0 else ''}{text} {unit}"


def ratio(value: float | None) -> str:
    """`15.5x`."""
    return NONE if value is None or not math.isfinite(value) else f"{digits(value)}x"


def interval(estimate: float | None, low: float | None, high: float | None) -> str:
    """`15.5x [15.1, 15.8]`, and the ratio alone where there are no bounds or no doubt."""
    if estimate is None or low is None or high is None or low == high:
        return ratio(estimate)
    text = f"{estimate:.2f}" if 0.1 <= estimate < 1 else digits(estimate)  # 0.96 as 1.04
    decimals = len(text.partition(".")[2])
    return f"{text}x [{low:,.{decimals}f}, {high:,.{decimals}f}]"


def bounds(low: float | None, high: float | None) -> str:
    """`31 to 94 ms`, `0.8 ms to 2.1 s`: from one duration to another."""
    first, last = brief(low), brief(high)
    same = first.rpartition(" ")[2] == last.rpartition(" ")[2]
    return f"{first.rpartition(' ')[0] if same else first} to {last}"


def count(value: float | None) -> str:
    """`10,000`; below 100 with three significant digits."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:,.0f}" if value >= 100 or value == int(value) else digits(value)


def listed(words: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


MOST = 3
"""Names that a title has before it counts the others."""


def few(names: Sequence[str], last: str = "and") -> str:
    """`a and b`; of many `a, b, c and 21 more`."""
    more = len(names) - MOST
    return listed([*names[:MOST], f"{more:,} more"] if more > 0 else [*names], last)


def printable(text: str, encoding: str) -> str:
    """The text on one line as a terminal of this encoding can show it, the rest escaped.

    A very long one is shortened: no reader follows it, and a chart of it takes minutes.
    """
    signs = shortened(text)
    clean = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in signs)
    try:
        return clean.encode(encoding).decode(encoding)
    except UnicodeEncodeError:
        plain = clean.replace("\u00b1", "+-")
        return plain.encode(encoding, "backslashreplace").decode(encoding)
