"""One look for all charts: inks, sizes, a colour and a marker for each strategy, and text.

Colours lie in the middle of the range of lightness, so that each stands out from a white page and
from a black one.  What lies there cannot differ much in grey, so markers differ as well, and every
line, bar and point has its name beside it.

Text is measured and folded here and not by matplotlib, which wraps at spaces alone, at the edge of
the figure, and when the figure is drawn: a name of 200 letters has no space, and the figure is as
high as its names need.  Only the font that comes with matplotlib is asked, so that a chart is the
same on every machine.  In an SVG text stays text, drawn by the reader's own fonts where that one is
absent; it is wider than most, so what fits with it fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

from ..text import parts

if TYPE_CHECKING:
    from matplotlib import artist, axes, axis, ft2font

FAMILY = "DejaVu Sans"

# In quotes: importing a chart loads no matplotlib.
Artist: TypeAlias = "artist.Artist"
Axes: TypeAlias = "axes.Axes"
Axis: TypeAlias = "axis.Axis"
Look = dict[str, Any]
"""How something is drawn, as matplotlib's functions take it."""

INK = "#1f2328"
"""Of text and lines; becomes `currentColor` in a page."""
PAPER = "#ffffff"
"""Behind a chart that stands alone."""

WIDTH = 8.0
TITLE, TEXT, SMALL = 12.0, 10.0, 8.5
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
    return _look(strategy)[0]


def marker(strategy: str) -> str:
    """The marker of a strategy, in matplotlib's letters."""
    return _look(strategy)[1]


def _look(strategy: str) -> tuple[str, str]:
    # Not hash(): that differs from process to process.
    row, column = divmod(crc32(strategy.encode(errors="replace")), len(_COLOURS))
    return _BUILT_IN.get(strategy, (_COLOURS[column], _MARKERS[row % len(_MARKERS)]))


def point(strategy: str, size: float) -> Look:
    """The look of a strategy's points, `size` in points of text."""
    shade, mark = _look(strategy)
    return {"marker": mark, "color": shade, "ms": size, "mec": INK, "mew": 0.4, "ls": ""}


def luminance(colour: str) -> float:
    """How light `#rrggbb` is, from 0 to 1 (WCAG 2.2, relative luminance)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def line_height(size: float) -> float:
    """Inches that a line of text takes."""
    return size * 1.3 / 72


def width(text: str, size: float, bold: bool = False) -> float:
    """Inches that the text takes in this size of points."""
    return sum(_advance(sign, bold) for sign in text) * size / 72


def widest(lines: Iterable[str], size: float) -> float:
    """Inches that the longest of these lines takes."""
    return max((width(line, size) for line in lines), default=0.0)


def fold(text: str, inches: float, size: float, bold: bool = False) -> list[str]:
    """The text in lines of so many inches; nothing is cut, long words are broken."""
    lines, line, room = [], "", inches
    for word in _pieces(text, inches, size, bold):
        needed = width(word.rstrip(), size, bold)
        if line and needed > room:
            lines.append(line.rstrip())
            line, room = "", inches
        line += word
        room -= width(word, size, bold)
    return [*lines, line.rstrip()]


_WORDS = re.compile(r"\S*\d (?:%|[num]?s|min|[kMG]?B)(?![a-zA-Z])\S*\s*|\S+\s*|\s+")


def _pieces(text: str, inches: float, size: float, bold: bool) -> Iterator[str]:
    """Words with the space behind them; `84 %` and `3 ms` are one; long ones in parts or signs."""

    def fits(word: str) -> bool:
        return width(word.rstrip(), size, bold) <= inches

    for word in _WORDS.findall(text):
        for part in [word] if fits(word) else parts(word, fits):
            yield from _broken(part, inches, size, bold)


def _broken(part: str, inches: float, size: float, bold: bool) -> Iterator[str]:
    piece = ""
    for sign in part:
        if piece and not sign.isspace() and width(piece + sign, size, bold) > inches:
            yield piece
            piece = ""
        piece += sign
    yield piece


@cache
def _font(bold: bool) -> ft2font.FT2Font:
    from matplotlib import ft2font, get_data_path

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    # A font object of our own: the shared ones change their size while something is drawn.
    font = ft2font.FT2Font(str(Path(get_data_path(), "fonts", "ttf", name)))
    font.set_size(100, 72)
    return font


@cache
def _advance(sign: str, bold: bool) -> float:
    """The width of a sign in em; one that the font lacks is taken for a wide one."""
    font = _font(bold)
    absent = font.get_char_index(ord(sign)) == 0
    return font.load_char(ord("W" if absent else sign)).linearHoriAdvance / 65536 / 100
