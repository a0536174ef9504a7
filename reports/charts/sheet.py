"""A figure with a heading, measured in inches from its upper left corner, and its two outputs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from . import svg, words
from .style import EDGE, INK, MUTED, PAPER, SMALL, TEXT, TITLE, WIDTH, line_height

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.text import Text

_SETTINGS: dict[str, Any] = {
    "font.family": [words.FAMILY],
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.usetex": False,
    "text.hinting": "none",
    "text.antialiased": True,
    "path.simplify": False,
    "path.sketch": None,
    "path.effects": [],
    "hatch.linewidth": 0.7,
}
_ABOUT_DRAWING = (
    *("axes", "figure", "font", "grid", "hatch", "image", "legend", "lines", "markers", "patch"),
    *("path", "savefig", "xaxis", "xtick", "yaxis", "ytick"),
)
_lock = RLock()


@contextmanager
def drawing(salt: str) -> Iterator[None]:
    """Draw in here: the reader's own settings of matplotlib do not count, and none is changed.

    `salt` tells the ids of one chart from those of the others on a page.
    """
    import matplotlib

    # matplotlib's settings are the process's, and some have no argument: one at a time.
    settings: Any = {**_defaults(), **_SETTINGS, "svg.hashsalt": salt}
    with _lock, matplotlib.rc_context(settings):
        yield


@cache
def _defaults() -> dict[str, Any]:
    """What matplotlib would do without a matplotlibrc, as far as it is about drawing."""
    import matplotlib

    return {
        key: value
        for key, value in matplotlib.rcParamsDefault.items()
        if key.partition(".")[0] in _ABOUT_DRAWING
    }


class Sheet:
    """A figure `width` inches wide, with room for `body` inches of height below its heading."""

    def __init__(self, title: str, subtitle: str, body: float, width: float = WIDTH) -> None:
        from matplotlib.figure import Figure

        self.title, self.about = title, subtitle
        self.width, room = width, width - 2 * EDGE
        heading = words.folded(title, room, TITLE, bold=True)
        below = words.folded(subtitle, room, TEXT)
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
        axes = self.figure.add_axes(
            (
                left / self.width,
                bottom / self.height,
                width / self.width,
                height / self.height,
            )
        )
        axes.patch.set_visible(False)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set(color=INK, alpha=MUTED, linewidth=0.8)
        axes.tick_params(
            length=3, color=INK, labelcolor=INK, labelsize=SMALL, pad=3, left=False, labelleft=False
        )
        return axes

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

    def legend(self, handles: Sequence[Artist], labels: Sequence[str], top: float) -> None:
        """One line that says what the marks mean."""
        from matplotlib.font_manager import FontProperties

        legend = self.figure.legend(
            handles,
            labels,
            loc="upper left",
            ncols=len(labels),
            frameon=False,
            prop=FontProperties(family=[words.FAMILY], size=SMALL),
            labelcolor=INK,
            borderaxespad=0,
            borderpad=0,
            columnspacing=1.6,
            handlelength=1.8,
            bbox_to_anchor=(EDGE, self.height - self.top - top),
            bbox_transform=self.figure.dpi_scale_trans,
        )
        legend.set_in_layout(False)

    def page_svg(self, described: str, salt: str) -> str:
        """The chart for a page: see Chart."""
        with self._spelled() as signs:
            raw = _saved(self, "svg")
        back = {stand_in: sign for sign, stand_in in signs.items() if stand_in != words.ABSENT}
        return svg.inline(words.translated(raw.decode(), back), self.title, described, salt)

    def png(self) -> bytes:
        """The chart as a picture on white, 1,600 pixels wide."""
        with self._spelled() as signs:
            self._replace(words.without(signs))
            return _saved(self, "png", dpi=200)

    @contextmanager
    def _spelled(self) -> Iterator[dict[str, str]]:
        """All text in signs that the font has; gives what stands for what."""
        texts = self._texts()
        before = [text.get_text() for text in texts]
        signs = words.stand_ins(before)
        self._replace(signs)
        yield signs
        for text, said in zip(texts, before, strict=True):
            text.set_text(said)

    def _replace(self, signs: dict[str, str]) -> None:
        if signs:
            for text in self._texts():
                text.set_text(words.translated(text.get_text(), signs))

    def _texts(self) -> list[Text]:
        """What may hold a name; ticks and legends hold words of ours."""
        inside = (
            text
            for axes in self.figure.axes
            for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts)
        )
        return [*self.figure.texts, *inside]


def _saved(sheet: Sheet, form: str, **more: Any) -> bytes:
    file = io.BytesIO()
    about = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    colour = "none" if form == "svg" else PAPER
    sheet.figure.savefig(file, format=form, metadata=about, facecolor=colour, **more)
    return file.getvalue()
