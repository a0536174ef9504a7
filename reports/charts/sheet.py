"""A figure with a heading, measured in inches from its upper left corner, and its two outputs.

Places are ours and not those of matplotlib's constrained layout.  That fits axes into a figure of a
given height, where here the height follows from the names; and it draws all text once more to
measure it, which makes each chart take 1.7 times as long.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from . import style, svg
from .style import EDGE, FAMILY, INK, MUTED, PAPER, SMALL, TEXT, TITLE, WIDTH, line_height

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_SETTINGS: dict[str, Any] = {
    "font.family": [FAMILY],
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.hinting": "none",
    "path.simplify": False,
    "hatch.linewidth": 0.7,
}
_lock = RLock()


@contextmanager
def drawing(salt: str) -> Iterator[None]:
    """Draw in here: the reader's own settings of matplotlib do not count, and none is changed.

    `salt` tells the ids of one chart from those of the others on a page.
    """
    from matplotlib.style import context

    # matplotlib's settings are the process's, and some have no argument: one at a time.
    with _lock, context(["default", {**_SETTINGS, "svg.hashsalt": salt}]):
        yield


class Sheet:
    """A figure `width` inches wide, with room for `body` inches of height below its heading."""

    def __init__(self, title: str, subtitle: str, body: float, width: float = WIDTH) -> None:
        from matplotlib.figure import Figure

        self.title, self.about = title, subtitle
        self.width, room = width, width - 2 * EDGE
        heading = style.fold(title, room, TITLE, bold=True)
        below = style.fold(subtitle, room, TEXT)
        self.top = EDGE + len(heading) * line_height(TITLE) + 0.08 + len(below) * line_height(TEXT)
        self.top += 0.1
        self.height = self.top + body + EDGE
        self.figure = Figure(figsize=(width, self.height), dpi=100, facecolor=PAPER)
        start = EDGE - self.top
        self.lines(EDGE, start, heading, size=TITLE, weight="bold", va="top")
        start += len(heading) * line_height(TITLE) + 0.08
        self.lines(EDGE, start, below, size=TEXT, alpha=MUTED, va="top")

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
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

    def box(self, axes: Axes) -> tuple[float, float, float, float]:
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

    def lines(self, x: float, y: float, lines: Sequence[str], **look: Any) -> None:
        """Text, each line an artist: in any font each keeps to its own side.

        `x` and `y` are inches, y downward from below the heading; with va="center" y is the middle
        of all lines, with va="top" the upper edge of the first.
        """
        look = {"size": TEXT, "color": INK, "va": "center", **look}
        step = line_height(look["size"])
        first = y + step / 2 if look["va"] == "top" else y - (len(lines) - 1) * step / 2
        look["va"] = "center_baseline"
        for place, line in enumerate(lines):
            down = self.height - self.top - first - place * step
            self.figure.text(x, down, line, transform=self.figure.dpi_scale_trans, **look)

    def legend(self, keys: Mapping[str, Artist]) -> None:
        """One line below the heading that says what the marks mean."""
        from matplotlib.font_manager import FontProperties

        legend = self.figure.legend(
            list(keys.values()),
            list(keys),
            loc="upper left",
            ncols=len(keys),
            frameon=False,
            prop=FontProperties(family=[FAMILY], size=SMALL),
            labelcolor=INK,
            borderaxespad=0,
            borderpad=0,
            columnspacing=1.6,
            handlelength=1.8,
            bbox_to_anchor=(EDGE, self.height - self.top),
            bbox_transform=self.figure.dpi_scale_trans,
        )
        legend.set_in_layout(False)

    def page_svg(self, description: str, salt: str) -> str:
        """The chart for a page: see Chart."""
        return svg.inline(self._saved("svg").decode(), self.title, description, salt)

    def file(self, suffix: str, description: str, salt: str) -> bytes:
        """What a file with this suffix holds: SVG, or a picture on white 1,600 pixels wide."""
        if suffix.lower() == ".png":
            return self._saved("png", dpi=200)
        return svg.standalone(self.page_svg(description, salt)).encode()

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


def key(**look: Any) -> Line2D:
    """A line or a point for a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **{"color": INK, **look})


def strokes(axes: Axes, ends: Iterable[tuple[float, float, float, float]], **look: Any) -> None:
    """Strokes, each from x and y to x and y, as one line with gaps.

    matplotlib's `broken_barh` and `hlines` have a shape for each: thousands are slow in a page.
    """
    gap = float("nan")
    points = [point for x, y, *end in ends for point in ((x, y), tuple(end), (gap, gap))]
    across, down = zip(*points, strict=True) if points else ((), ())
    axes.plot(across, down, **{"solid_capstyle": "butt", **look})
