"""Text as wide as it will be drawn: measured, folded, and with stand-ins for absent glyphs.

Only the font that comes with matplotlib is asked, so that a chart is the same on every machine.  In
an SVG text stays text: small, selectable, found by a search, and drawn by the reader's own fonts
where that one is absent.  It is wider than most, so what fits with it fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

FAMILY = "DejaVu Sans"
_STAND_INS = range(0x2801, 0x2900)  # Braille: the font has it, and names of programs do not
_PARTS = re.compile(r"\[?[^\[+,;:/_\].-]+[+,;:/_\].-]*|.")
ABSENT = "\N{REPLACEMENT CHARACTER}"


def width(text: str, size: float, bold: bool = False) -> float:
    """Inches that the text takes in this size of points."""
    return sum(_advance(sign, bold) for sign in text) * size / 72


def widest(lines: Iterable[str], size: float) -> float:
    """Inches that the longest of these lines takes."""
    return max((width(line, size) for line in lines), default=0.0)


def folded(text: str, inches: float, size: float, bold: bool = False) -> list[str]:
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


def apart(middles: Sequence[float], heights: Sequence[float], room: float) -> list[float]:
    """Where labels of these heights stand between 0 and `room`, none over another, in this order.

    Each stays near the middle it asked for; what was asked for in some order stays in it.
    """
    order = sorted(range(len(middles)), key=middles.__getitem__)
    found = list(middles)
    top = 0.0
    for place in order:
        found[place] = max(middles[place], top + heights[place] / 2)
        top = found[place] + heights[place] / 2
    bottom = room
    for place in reversed(order):
        found[place] = min(found[place], bottom - heights[place] / 2)
        bottom = found[place] - heights[place] / 2
    return found


def stand_ins(texts: Iterable[str]) -> dict[str, str]:
    """For each sign that the font lacks another one, found nowhere in the texts, that it has."""
    signs = dict.fromkeys("".join(texts))
    free = (chr(code) for code in _STAND_INS if chr(code) not in signs)
    return {sign: next(free, ABSENT) for sign in signs if not _has(sign)}


def translated(text: str, signs: Mapping[str, str]) -> str:
    return text.translate({ord(sign): other for sign, other in signs.items()})


def without(signs: Mapping[str, str]) -> dict[str, str]:
    """The same stand-ins, each replaced by the sign for one that is absent."""
    return dict.fromkeys(signs.values(), ABSENT)


def _pieces(text: str, inches: float, size: float, bold: bool) -> Iterator[str]:
    """Words with the space behind them, `84 %` being one; where too long, their parts or signs."""
    for word in re.findall(r"\S+(?: %)?\s*|\s+", text):
        for part in [word] if width(word.rstrip(), size, bold) <= inches else _PARTS.findall(word):
            yield from _broken(part, inches, size, bold)


def _broken(part: str, inches: float, size: float, bold: bool) -> Iterator[str]:
    piece = ""
    taken = 0.0
    for sign in part:
        needed = _advance(sign, bold) * size / 72
        if piece and taken + needed > inches and not sign.isspace():
            yield piece
            piece, taken = "", 0.0
        piece += sign
        taken += needed
    yield piece


@cache
def _font(bold: bool) -> FT2Font:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    # A font object of our own: the shared ones change their size while something is drawn.
    font = FT2Font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)))
    font.set_size(100, 72)
    return font


@cache
def _advance(sign: str, bold: bool) -> float:
    """The width of a sign in em; one that the font lacks is taken for a wide one."""
    font = _font(bold)
    return font.load_char(ord(sign if _has(sign) else "W")).linearHoriAdvance / 65536 / 100


@cache
def _has(sign: str) -> bool:
    return (
        _font(False).get_char_index(ord(sign)) != 0 and _font(True).get_char_index(ord(sign)) != 0
    )
