"""One look for all charts: inks, sizes, and a colour and a marker for each strategy.

Colours lie in the middle of the range of lightness, so that each stands out from a white page and
from a black one.  What lies there cannot differ much in grey, so markers differ as well, and every
line, bar and point has its name beside it.
"""

from __future__ import annotations

from zlib import crc32

INK = "#1f2328"
"""Of text and lines; becomes `currentColor` in a page."""
PAPER = "#ffffff"
"""Behind a chart that stands alone."""

WIDTH = 8.0
TITLE, TEXT, SMALL = 12.0, 10.0, 8.5
LEADING = 1.3
EDGE = 0.15
"""Inches around a chart.  Sizes of text are points."""

FAINT, MUTED = 0.18, 0.75
"""Opacities of what is only a help: of a rule, of a word."""

# Found by a search within these hues for the largest least distance between any two of them, for
# eyes of four kinds: 27 in CIELAB (just noticeable is 2.3).
_BUILT_IN = {
    "sequential": ("#666666", "o"),
    "threading": ("#0a5bf6", "s"),
    "multiprocessing": ("#e73d03", "^"),
    "asyncio": ("#10b270", "D"),
    "asyncio+to_thread": ("#b584fe", "v"),
    "asyncio+processpool": ("#ab299c", "P"),
}
# Set apart from those above: a strategy of the user's must not look like a built-in one.
_COLOURS = ("#8f8f2a", "#946b2d", "#5f9a2f", "#d0739f", "#5f8fae", "#c94a6a", "#7f74b8", "#0f8b8d")
_MARKERS = ("X", "h", "<", "*", ">", "d", "p", "8")


def colour(strategy: str) -> str:
    """The colour of a strategy, `#rrggbb`, the same in every chart of every run."""
    known = _BUILT_IN.get(strategy)
    return known[0] if known else _COLOURS[_place(strategy) % len(_COLOURS)]


def marker(strategy: str) -> str:
    """The marker of a strategy, in matplotlib's letters."""
    known = _BUILT_IN.get(strategy)
    return known[1] if known else _MARKERS[_place(strategy) // len(_COLOURS) % len(_MARKERS)]


def luminance(colour: str) -> float:
    """How light `#rrggbb` is, from 0 to 1 (WCAG 2.2, relative luminance)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _place(strategy: str) -> int:
    # Not hash(): that differs from process to process.
    return crc32(strategy.encode(errors="replace"))


def line_height(size: float) -> float:
    """Inches that a line of text takes."""
    return size * LEADING / 72
