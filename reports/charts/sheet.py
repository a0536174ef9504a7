"""A figure with a heading, measured in inches from its upper left corner, and its two outputs.

Beside its axes stand names: of rows at the left, of lines where they end at the right.

Places are ours and not those of matplotlib's constrained layout.  That fits axes into a figure of a
given height, where here the height follows from the names; and it draws all text once more to
measure it, which makes each chart take 1.7 times as long.  It moves no two names apart that
overlap, and of words in several lines it writes each where it begins in the font it has: in another
they no longer align.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from threading import RLock
from typing import Any

from ..analysis.cells import Row
from . import style, svg
from .chart import NamedBlock
from .style import EDGE, FAMILY, INK, MUTED, PAPER, SMALL, TEXT, TITLE, WIDTH, line_height

_SETTINGS: dict[str, Any] = {
    "font.family": [FAMILY],
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.hinting": "none",
    "path.simplify": False,
    "hatch.linewidth": 0.7,
}
_lock = RLock()
_NAMES = 2.3
"""Inches a name may take before it folds."""
_GAP = 0.1
_LEGEND, _BELOW = 0.25, 0.45
"""Inches for a legend, and for the ticks and the label of an x axis."""
_LEADER = 0.29
"""Inches from the axes to the names of lines, for the strokes that lead there."""


@contextmanager
def drawing(salt: str) -> Iterator[None]:
    """Draw in here: the reader's own settings of matplotlib do not count, and none is changed."""
    from matplotlib.style import context

    # matplotlib's settings are the process's, and some have no argument: one at a time.
    with _lock, context(["default", {**_SETTINGS, "svg.hashsalt": salt}]):
        yield


def salted(*parts: str) -> str:
    """Ten signs that tell the ids of one chart from those of any other on a page."""
    return sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:10]


class Sheet:
    """A figure `width` inches wide, with room for `body` inches of height below its heading.

    The heading is the title and, below it, the subtitle with `subject`, the workload, before it.  A
    page says both in its own letters, so there the figure begins below it.
    """

    def __init__(
        self, title: str, subtitle: str, body: float, width: float = WIDTH, subject: str = ""
    ) -> None:
        from matplotlib.figure import Figure

        self.title, self.about = title, subtitle
        self.width, room = width, width - 2 * EDGE
        heading = style.fold(title, room, TITLE, bold=True)
        below = style.fold(f"{subject}: {subtitle}" if subject else subtitle, room, TEXT)
        self.top = EDGE + len(heading) * line_height(TITLE) + 0.08 + len(below) * line_height(TEXT)
        self.top += 0.1
        self.height = self.top + body + EDGE
        self.figure = Figure(figsize=(width, self.height), dpi=100, facecolor=PAPER)
        start = EDGE - self.top
        above = self.lines(EDGE, start, heading, size=TITLE, weight="bold", va="top")
        start += len(heading) * line_height(TITLE) + 0.08
        self._heading = above + self.lines(EDGE, start, below, size=TEXT, alpha=MUTED, va="top")

    def axes(self, left: float, top: float, width: float, height: float) -> style.Axes:
        """Axes with their upper left corner so many inches right of the edge, below the heading."""
        bottom = self.height - self.top - top - height
        wide, tall = self.width, self.height
        axes = self.figure.add_axes((left / wide, bottom / tall, width / wide, height / tall))
        axes.patch.set_visible(False)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set(color=INK, alpha=MUTED, linewidth=0.8)
        axes.tick_params(length=3, color=INK, labelcolor=INK, labelsize=SMALL, pad=3, left=False)
        return axes

    def box(self, axes: style.Axes) -> tuple[float, float, float, float]:
        """What `axes` was given: left, top, width and height in inches."""
        place = axes.get_position()
        top = self.height * (1 - place.y1) - self.top
        return self.width * place.x0, top, self.width * place.width, self.height * place.height

    def stroke(self, across: Sequence[float], down: Sequence[float], **look: Any) -> None:
        """A line outside all axes, through places in inches."""
        from matplotlib.lines import Line2D

        up = [self.height - self.top - y for y in down]
        place = self.figure.dpi_scale_trans
        self.figure.add_artist(Line2D(across, up, transform=place, **look))

    def lines(self, x: float, y: float, lines: Sequence[str], **look: Any) -> list[style.Artist]:
        """Text, each line an artist: in any font each keeps to its own side.

        `x` and `y` are inches, y downward from below the heading; with va="center" y is the middle
        of all lines, with va="top" the upper edge of the first.
        """
        look = {"size": TEXT, "color": INK, "va": "center", **look}
        step = line_height(look["size"])
        first = y + step / 2 if look["va"] == "top" else y - (len(lines) - 1) * step / 2
        look["va"] = "center_baseline"
        downs = (self.height - self.top - first - place * step for place in range(len(lines)))
        inches = self.figure.dpi_scale_trans
        return [
            self.figure.text(x, down, line, transform=inches, **look)
            for down, line in zip(downs, lines, strict=True)
        ]

    def legend(self, keys: Mapping[str, style.Artist]) -> None:
        """One line below the heading that says what the marks mean."""
        corner = (EDGE, self.height - self.top)
        place = {"loc": "upper left", "bbox_to_anchor": corner, "borderaxespad": 0, "borderpad": 0}
        room = {"ncols": len(keys), "columnspacing": 1.6, "handlelength": 1.8}
        look: style.Look = {"fontsize": SMALL, "labelcolor": INK, "frameon": False, **place, **room}
        inches = self.figure.dpi_scale_trans
        marks, words = list(keys.values()), list(keys)
        self.figure.legend(marks, words, bbox_transform=inches, **look)

    def page_svg(self, description: str, salt: str) -> str:
        """The chart for a page, without its heading: see Chart."""
        for one in self._heading:
            one.set_visible(False)
        raw = self._saved("svg").decode()
        for one in self._heading:
            one.set_visible(True)
        above, below = 72 * (self.top - 0.1), 72 * EDGE
        return svg.inline(raw, self.title, description, salt, above, below)

    def file(self, suffix: str, description: str, salt: str) -> bytes:
        """What a file with this suffix holds: SVG, or a picture on white 1,600 pixels wide."""
        if suffix.lower() == ".png":
            return self._saved("png", dpi=200)
        whole = svg.inline(self._saved("svg").decode(), self.title, description, salt)
        return svg.standalone(whole).encode()

    def _saved(self, form: str, **more: Any) -> bytes:
        file = io.BytesIO()
        about = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        paper = "none" if form == "svg" else PAPER
        with warnings.catch_warnings():
            # What the font lacks is an empty box in a picture; in SVG it is text all the same.
            warnings.filterwarnings("ignore", "Glyph .* missing from")
            warnings.filterwarnings("ignore", "Matplotlib currently does not support")
            self.figure.savefig(file, format=form, metadata=about, facecolor=paper, **more)
        return file.getvalue()


def key(**look: Any) -> style.Artist:
    """A line or a point for a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **{"color": INK, **look})


def bar_key(**look: Any) -> style.Artist:
    """A bar for a legend, in no strategy's colour."""
    from matplotlib.patches import Patch

    return Patch(facecolor="#8a8a8a", edgecolor=INK, linewidth=0.4, **look)


def strokes(axes: style.Axes, ends: Iterable[Sequence[float]], **look: Any) -> None:
    """Strokes, each from x and y to x and y, as one line with gaps.

    matplotlib's `broken_barh` and `hlines` have a shape for each: thousands are slow in a page.
    """
    gap = float("nan")
    points = [point for x, y, *end in ends for point in ((x, y), tuple(end), (gap, gap))]
    across, down = zip(*points, strict=True) if points else ((), ())
    axes.plot(across, down, **{"solid_capstyle": "butt", **look})


@dataclass(frozen=True)
class Strip:
    """A row of a chart, for a cell: `middle` and `height` are inches, downward."""

    row: Row
    name: Sequence[str]
    middle: float
    height: float

    @property
    def colour(self) -> str:
        """That of its strategy."""
        return style.colour(self.row.strategy)


def strips(block: NamedBlock, rows: Sequence[Row], least: float) -> list[Strip]:
    """A strip for each row, at least so many inches high, and as high as its folded name needs."""
    stack, top = [], 0.0
    for row in rows:
        name = style.fold(block.names[row.id], _NAMES, TEXT)
        height = max(least, len(name) * line_height(TEXT) + 0.08)
        stack.append(Strip(row, name, top + height / 2, height))
        top += height
    return stack


def draw_strips(
    title: str,
    about: str,
    stack: Sequence[Strip],
    value: Callable[[Strip], str],
    *,
    top: float = _LEGEND,
    names: Sequence[str] = (),
    values: Sequence[str] = (),
    more: float = 0.0,
    subject: str = "",
) -> tuple[Sheet, style.Axes]:
    """A sheet, and on it axes for the strips, `top` inches below its heading; values at the right.

    The y axis is in inches, downward.  The margins have room for `names` and `values`, too, and
    below the axes there are `more` inches.
    """
    tall = sum(strip.height for strip in stack)
    sheet = Sheet(title, about, top + tall + _BELOW + more, subject=subject)
    lines = [*names, *(line for strip in stack for line in strip.name)]
    left = EDGE + style.widest(lines, TEXT) + _GAP
    right = EDGE + style.widest([*values, *map(value, stack)], TEXT) + _GAP
    axes = sheet.axes(left, top, sheet.width - left - right, tall)
    axes.set(ylim=(tall, 0), yticks=[])
    for strip in stack:
        sheet.lines(left - _GAP, top + strip.middle, strip.name, ha="right")
        sheet.lines(sheet.width - right + _GAP, top + strip.middle, [value(strip)])
    return sheet, axes


@dataclass(frozen=True)
class End:
    """A name in lines, and its line's colour and last value."""

    name: Sequence[str]
    colour: str
    value: float

    @property
    def height(self) -> float:
        """Inches it takes, with a little air."""
        return len(self.name) * line_height(TEXT) + 0.02


def ends_width(ends: Sequence[End]) -> float:
    """Inches that these take at the right of the axes, up to the edge of the sheet."""
    return EDGE + style.widest((line for end in ends for line in end.name), TEXT) + _LEADER + 0.06


def draw_ends(sheet: Sheet, axes: style.Axes, ends: Sequence[End]) -> None:
    """The names beside the axes, moved apart where they would overlap."""
    left, top, wide, tall = sheet.box(axes)
    edge = left + wide
    scale = axes.transScale + axes.transLimits
    beyond = axes.get_xlim()[1]
    wanted = [(1 - scale.transform((beyond, end.value))[1]) * tall for end in ends]
    middles = apart(wanted, [end.height for end in ends], tall)
    for end, start, middle in zip(ends, wanted, middles, strict=True):
        down = [top + y for y in (start, start, middle, middle)]
        across = [edge, edge + 0.04, edge + 0.2, edge + 0.24]
        sheet.stroke(across, down, color=end.colour, linewidth=0.9)
        sheet.lines(edge + _LEADER, top + middle, end.name)


def apart(middles: Sequence[float], heights: Sequence[float], room: float) -> list[float]:
    """Where labels of these heights stand between 0 and `room`, none over another, in this order.

    Each stays near the middle it asked for; what was asked for in some order stays in it.
    """
    order = sorted(range(len(middles)), key=middles.__getitem__)
    places = list(middles)
    top, bottom = 0.0, room
    for at in order:
        places[at] = max(middles[at], top + heights[at] / 2)
        top = places[at] + heights[at] / 2
    for at in reversed(order):
        places[at] = min(places[at], bottom - heights[at] / 2)
        bottom = places[at] - heights[at] / 2
    return places
