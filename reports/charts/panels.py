"""One strategy's part of a timeline: how much room it takes, and what is drawn in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Any

from . import tracks, words
from .chart import Block
from .style import INK, MUTED, TEXT, colour, line_height
from .tracks import Span, Track

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..cells import Row
    from ..probed import Timeline

NAMES = 1.9
"""Inches that a name may take before it folds."""
ROWS = 16
_MANY = 8  # panels; of more each has fewer rows, so that the chart stays within a few pages
_BEATS, _GAP = 0.17, 0.16
_TALL, _PITCH = 1.1, (0.069, 0.28)
_POINT = 1 / 72
_NARROW, _HAIR = 4.0, 0.7  # points
LATE = 4.9
"""Points that the bar of a late beat is high."""


@dataclass(frozen=True)
class Panel:
    """What is drawn of a cell; `top` and the heights are inches, the rest seconds.

    `tracks` are those shown, `rows` counts all of them, `lanes` those that ran tasks.
    """

    row: Row
    name: Sequence[str]
    tracks: Sequence[Track]
    rows: int
    lanes: int
    timeline: Timeline
    end: float
    top: float
    pitch: float
    height: float

    @property
    def left(self) -> int:
        """Tasks of a batch that were not traced: only a sample ran, or only the first are kept."""
        return max(0, self.row.tasks - len(self.timeline.tasks))

    @property
    def bars(self) -> float:
        """Inches of its rows; what is left below them is the heartbeat's."""
        return self.pitch * len(self.tracks)


def stacked(block: Block, rows: Sequence[tuple[Row, Timeline]]) -> list[Panel]:
    """A panel for each of these cells, one below the other."""
    found: list[Panel] = []
    top = 0.0
    most = ROWS if len(rows) <= _MANY else max(2, ROWS * _MANY // len(rows))
    for row, timeline in rows:
        every = tracks.tracks(timeline.tasks)
        shown = every[:most]
        name = words.folded(block.names[row.id], NAMES, TEXT)
        pitch = min(max(_TALL / len(shown), _PITCH[0]), _PITCH[1])
        beats = _BEATS if timeline.beats else 0.0
        # Below its name stands how many lanes there are.
        least = (len(name) + 1) * line_height(TEXT)
        height = max(pitch * len(shown) + beats, least) + _GAP
        end = max(ended for *_, ended in timeline.tasks)
        lanes = len({track.lane for track in every})
        found.append(Panel(row, name, shown, len(every), lanes, timeline, end, top, pitch, height))
        top += height
    return found


def draw(axes: Axes, panel: Panel, wide: float, high: float) -> None:
    """Bars, waiting, lanes and beats on axes that reach to `high` seconds in `wide` inches."""
    point = high / wide * _POINT
    shade = colour(panel.row.strategy)
    # Narrower than that, tasks are a band, in which a pause still shows.
    narrow = median(_widths(panel)) < _NARROW * point
    bars: list[tuple[Span, float]] = []
    waits: list[tuple[Span, float]] = []
    for place, track in enumerate(panel.tracks):
        middle = panel.top + (place + 0.5) * panel.pitch
        inside = tracks.until(track.bars, high)
        seen = tracks.united(inside, _HAIR * point) if narrow else inside
        bars += [(bar, middle) for bar in tracks.apart(seen, _HAIR * point)]
        below = middle + 0.42 * panel.pitch
        waits += [(wait, below) for wait in tracks.until(track.waits, high)]
    _strokes(axes, waits, color=shade, linewidth=max(0.5, 6 * panel.pitch), alpha=0.75)
    _strokes(axes, bars, color=shade, linewidth=0.66 * panel.pitch / _POINT)
    _brackets(axes, panel)
    _beats(axes, panel, point, high)
    if panel.end > high or panel.left:
        end, middle = min(panel.end, high), panel.top + panel.bars / 2
        axes.plot([end + 4 * point], [middle], ">", color=shade, ms=7, clip_on=False)


def _widths(panel: Panel) -> list[float]:
    return [high - low for track in panel.tracks for low, high in track.bars]


def _strokes(axes: Axes, spans: Sequence[tuple[Span, float]], **look: Any) -> None:
    """All these as one line with gaps: a page of thousands of shapes is slow and heavy."""
    across = [x for (low, high), _ in spans for x in (low, high, float("nan"))]
    down = [y for _, middle in spans for y in (middle, middle, float("nan"))]
    axes.plot(across, down, solid_capstyle="butt", **look)


def _brackets(axes: Axes, panel: Panel) -> None:
    """A stroke beside each lane, as tall as it has rows: a loop's is one, threads' are many."""
    down: list[float] = []
    place = 0
    for _, rows in groupby(panel.tracks, key=lambda track: track.lane):
        count = len(list(rows))
        first = panel.top + place * panel.pitch
        down += [first + 0.012, first + count * panel.pitch - 0.012, float("nan")]
        place += count
    beside = axes.get_yaxis_transform()
    axes.plot(
        [-0.008] * len(down),
        down,
        transform=beside,
        color=INK,
        alpha=MUTED,
        linewidth=1.8,
        solid_capstyle="butt",
        clip_on=False,
    )


def _beats(axes: Axes, panel: Panel, point: float, high: float) -> None:
    """A tick for each beat of the loop that could be told from the last, and how late it came."""
    beats = [(at, lag) for at, lag in panel.timeline.beats if at <= high]
    if not panel.timeline.beats:
        return
    middle = panel.top + panel.bars + 0.6 * _BEATS
    ticks: list[float] = []
    for at, _ in beats:
        if not ticks or at - ticks[-1] >= 2.5 * point:
            ticks.append(at)
    axes.vlines(ticks, middle - 0.04, middle + 0.04, color=INK, alpha=MUTED, linewidth=0.7)
    late = [(at - lag, at) for at, lag in beats if lag > 2.5 * point]
    _strokes(axes, [(span, middle) for span in late], color=INK, linewidth=LATE)
