"""Timeline: which task ran where and when, one panel for each strategy on one axis of time.

It shows what a chart of means cannot: that threads wait side by side, that a loop does the same in
one lane, and that a computation holds all of them up.

No bar lies over another: a lane that runs one task at a time is one row of bars; an event loop is
one lane, too, and has as many rows as it had tasks going at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median, median_low

from .. import numbers
from ..analysis.cells import Row
from ..run.probes import Timeline
from . import scales, style
from .chart import LeftOut, NamedBlock
from .sheet import Sheet, key, strokes
from .style import EDGE, INK, MUTED, SMALL, TEXT, Artist, Axes, Look, colour, line_height

Span = tuple[float, float]
Task = tuple[int, int, float, float, float]
"""Number, lane, and the seconds when it was submitted, started and ended."""


@dataclass(frozen=True)
class Track:
    """A row: its lane, when a task ran on it, and when one that ran on it was waiting; by time."""

    lane: int
    bars: Sequence[Span]
    waits: Sequence[Span]


def tracks(tasks: Sequence[Task]) -> list[Track]:
    """The rows of these tasks, by lane."""
    ordered = sorted(tasks, key=lambda task: (task[1], task[3], task[0]))
    every = []
    for lane, inside in groupby(ordered, key=lambda task: task[1]):
        for row in _rows(list(inside)):
            waits = unite([(submitted, started) for _, _, submitted, started, _ in row])
            every.append(Track(lane, [(task[3], task[4]) for task in row], waits))
    return every


def _rows(tasks: Sequence[Task]) -> list[list[Task]]:
    """Each task on the first row that is free when it starts."""
    rows: list[list[Task]] = []
    for task in tasks:
        free = next((row for row in rows if row[-1][4] <= task[3]), None)
        if free is None:
            rows.append([task])
        else:
            free.append(task)
    return rows


def unite(spans: Sequence[Span], gap: float = 0.0) -> list[Span]:
    """What these cover together, parts no farther apart than `gap` joined; without empty ones."""
    parts: list[Span] = []
    for low, high in sorted(span for span in spans if span[1] > span[0]):
        if parts and low <= parts[-1][1] + gap:
            parts[-1] = parts[-1][0], max(high, parts[-1][1])
        else:
            parts.append((low, high))
    return parts


def apart(bars: Sequence[Span], gap: float) -> list[Span]:
    """The same bars with so much between two that follow each other; none is lost."""
    return [(low, max(low + gap, high - gap)) for low, high in bars]


def until(bars: Sequence[Span], end: float) -> list[Span]:
    """The parts of these before `end`."""
    return [(low, min(high, end)) for low, high in bars if low < end]


NAMES = 1.9
"""Inches that a name may take before it folds."""
ROWS = 16
_MANY = 8  # panels; of more each has fewer rows, so that the chart stays within a few pages
_BEATS, _PANEL_GAP = 0.17, 0.16
_TALL, _PITCH = 1.1, (0.069, 0.28)
_POINT = 1 / 72
_NARROW, _HAIR = 4.0, 0.7  # points
LATE = 4.9
"""Points that the bar of a late beat is high."""


@dataclass(frozen=True)
class TimelinePanel:
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


def _panels(block: NamedBlock, rows: Sequence[tuple[Row, Timeline]]) -> list[TimelinePanel]:
    """A panel for each of these cells, one below the other."""
    panels, top = [], 0.0
    most = ROWS if len(rows) <= _MANY else max(2, ROWS * _MANY // len(rows))
    for row, timeline in rows:
        every = tracks(timeline.tasks)
        visible = every[:most]
        name = style.fold(block.names[row.id], NAMES, TEXT)
        pitch = min(max(_TALL / len(visible), _PITCH[0]), _PITCH[1])
        beats = _BEATS if timeline.beats else 0.0
        # Below its name stands how many lanes there are.
        least = (len(name) + 1) * line_height(TEXT)
        height = max(pitch * len(visible) + beats, least) + _PANEL_GAP
        end = max(ended for *_, ended in timeline.tasks)
        counts = (len(every), len({track.lane for track in every}))
        panels.append(TimelinePanel(row, name, visible, *counts, timeline, end, top, pitch, height))
        top += height
    return panels


def _draw_panel(axes: Axes, panel: TimelinePanel, wide: float, high: float) -> None:
    """Bars, waiting, lanes and beats on axes that reach to `high` seconds in `wide` inches."""
    point = high / wide * _POINT
    shade = colour(panel.row.strategy)
    # Narrower than that, tasks are a band, in which a pause still shows.
    widths = (end - start for track in panel.tracks for start, end in track.bars)
    narrow = median(widths) < _NARROW * point
    bars: list[tuple[float, float, float, float]] = []
    waits: list[tuple[float, float, float, float]] = []
    for place, track in enumerate(panel.tracks):
        middle = panel.top + (place + 0.5) * panel.pitch
        inside = until(track.bars, high)
        spans = unite(inside, _HAIR * point) if narrow else inside
        bars += [(start, middle, end, middle) for start, end in apart(spans, _HAIR * point)]
        below = middle + 0.42 * panel.pitch
        waits += [(start, below, end, below) for start, end in until(track.waits, high)]
    strokes(axes, waits, color=shade, linewidth=max(0.5, 6 * panel.pitch), alpha=0.75)
    strokes(axes, bars, color=shade, linewidth=0.66 * panel.pitch / _POINT)
    _brackets(axes, panel)
    _beats(axes, panel, point, high)
    if panel.end > high or panel.left:
        end, middle = min(panel.end, high), panel.top + panel.bars / 2
        axes.plot([end + 4 * point], [middle], ">", color=shade, ms=7, clip_on=False)


def _brackets(axes: Axes, panel: TimelinePanel) -> None:
    """A stroke beside each lane, as tall as it has rows: a loop's is one, threads' are many."""
    ends, top = [], panel.top
    for _, rows in groupby(panel.tracks, key=lambda track: track.lane):
        bottom = top + len(list(rows)) * panel.pitch
        ends.append((-0.008, top + 0.012, -0.008, bottom - 0.012))
        top = bottom
    look: Look = {"color": INK, "alpha": MUTED, "linewidth": 1.8, "clip_on": False}
    strokes(axes, ends, transform=axes.get_yaxis_transform(), **look)


def _beats(axes: Axes, panel: TimelinePanel, point: float, high: float) -> None:
    """A tick for each beat of the loop that could be told from the last, and how late it came."""
    if not panel.timeline.beats:
        return
    beats = [(at, lag) for at, lag in panel.timeline.beats if at <= high]
    middle = panel.top + panel.bars + 0.6 * _BEATS
    ticks = scales.thin([at for at, _ in beats], 2.5 * point)
    axes.vlines(ticks, middle - 0.04, middle + 0.04, color=INK, alpha=MUTED, linewidth=0.7)
    late = [(at - lag, at) for at, lag in beats if lag > 2.5 * point]
    strokes(axes, [(low, middle, end, middle) for low, end in late], color=INK, linewidth=LATE)


_TOP, _BELOW, _GAP = 0.3, 0.42, 0.16
_INSTANT = 1e-9  # where a clock saw nothing pass
_FAR, _BEYOND = 6.0, 1.9
"""An axis of more than so many times what is usual would show that as a smear: it is cut there."""


def draw(block: NamedBlock) -> tuple[Sheet, str]:
    """A bar for each task, in a row of its lane; and the same in words."""
    stack = _panels(block, _timelines(block))
    tall = stack[-1].top + stack[-1].height
    traced = {f", {_count(len(one.timeline.tasks), 'task')} of each strategy" for one in stack}
    tasks = traced.pop() if len(traced) == 1 else ""
    about = f"From an untimed pass of its own{tasks}{block.not_shown('timeline')}"
    title = f"Who runs when: {_finding(block, stack)}"
    sheet = Sheet(title, about, _TOP + tall + _BELOW, subject=block.name)
    reach = _reach(stack)
    names = [line for panel in stack for line in panel.name]
    lanes, notes = map(_lanes, stack), (line for panel in stack for line in _notes(panel, reach))
    left = EDGE + max(style.widest(names, TEXT), style.widest(lanes, SMALL)) + 0.2
    right = EDGE + max(style.widest(map(_end, stack), TEXT), style.widest(notes, SMALL)) + _GAP
    wide = sheet.width - left - right
    axes = sheet.axes(left, _TOP, wide, tall)
    axes.set(ylim=(tall, 0), yticks=[])
    scales.seconds(axes.xaxis, [0.0, reach], "time since the first task was submitted", zero=True)
    high = axes.get_xlim()[1]
    for panel in stack:
        _draw_panel(axes, panel, wide, high)
        bottom = panel.top + panel.height - 0.06
        axes.axhline(bottom, color=INK, alpha=0.12, linewidth=0.6)
        _write(sheet, panel, left - 0.2, sheet.width - right + _GAP, high)
    sheet.legend(_keys(stack))
    each = [
        f"{block.names[panel.row.id]} {_end(panel)}, {_lanes(panel)}{_lag(panel, ', ')}"
        for panel in stack
    ]
    return sheet, f"{about}: {'; '.join(each)}."


def _timelines(block: NamedBlock) -> list[tuple[Row, Timeline]]:
    """The cells that were traced, the reference first: the others are read against it."""
    every = [(row, one.timeline) for row, one in block.probed if one.timeline]
    known = [(row, timeline) for row, timeline in every if timeline.tasks]
    if not known:
        raise LeftOut(block.why_absent("timeline", "latency", "no tasks were traced"))
    return sorted(known, key=lambda one: not one[0].reference)


def _reach(stack: Sequence[TimelinePanel]) -> float:
    """Where the axis ends: at the last task, or where those that are far slower are cut off."""
    each = [max(_INSTANT, panel.end) for panel in stack]
    usual, last = median_low(each), max(each)
    if last <= _FAR * usual:
        return last
    return _BEYOND * max(end for end in each if end <= _FAR * usual)


def _finding(block: NamedBlock, stack: Sequence[TimelinePanel]) -> str:
    mean = {block.names[panel.row.id]: _in_flight(panel) for panel in stack}
    least, most = min(mean, key=mean.__getitem__), max(mean, key=mean.__getitem__)
    few, many = (_count(float(f"{mean[name]:.2g}"), "task") for name in (least, most))
    if mean[most] < 1.05 * mean[least]:
        return f"{many} in flight under {numbers.few([*mean])}, on average"
    return f"{few} in flight under {least}, {many} under {most}, on average"


def _count(count: float, what: str) -> str:
    return f"{count:,.10g} {what}{'' if count == 1 else 's'}"


def _in_flight(panel: TimelinePanel) -> float:
    """Tasks running at the same time, on average over the pass."""
    running = sum(ended - started for _, _, _, started, ended in panel.timeline.tasks)
    return running / panel.end if panel.end else 0.0


def _lanes(panel: TimelinePanel) -> str:
    rows = f", {numbers.count(panel.rows)} at once" if panel.rows > panel.lanes else ""
    some = f", {len(panel.tracks)} shown" if len(panel.tracks) < panel.rows else ""
    return f"{_count(panel.lanes, 'lane')}{rows}{some}"


def _end(panel: TimelinePanel) -> str:
    return numbers.duration(panel.end)


def _lag(panel: TimelinePanel, before: str = "") -> str:
    most = max((lag for _, lag in panel.timeline.beats), default=None)
    return "" if most is None else f"{before}lag up to {numbers.duration(most)}"


def _notes(panel: TimelinePanel, high: float) -> list[str]:
    """What stands at the right, below how long it took: what is not drawn, and the lag."""
    rest = ""
    if panel.end > high:
        beyond = panel.left + sum(ended > high for *_, ended in panel.timeline.tasks)
        rest = f"{_count(beyond, 'task')} beyond"
    elif panel.left:
        traced, every = len(panel.timeline.tasks), panel.row.tasks
        rest = f"{numbers.count(traced)} of {numbers.count(every)} tasks"
    return [line for line in (rest, _lag(panel)) if line]


def _write(sheet: Sheet, panel: TimelinePanel, left: float, right: float, high: float) -> None:
    """Its name and lanes at the left; at the right how long it took, and how late beats came."""
    step = line_height(TEXT)
    middle = _TOP + panel.top + max(panel.bars / 2, (len(panel.name) + 1) * step / 2)
    sheet.lines(left, middle - step / 2, panel.name, ha="right")
    below = middle + (len(panel.name) - 1) * step / 2 + line_height(SMALL) / 2
    sheet.lines(left, below, [_lanes(panel)], ha="right", size=SMALL, alpha=MUTED)
    notes = _notes(panel, high)
    sheet.lines(right, middle - len(notes) * step / 2, [_end(panel)])
    sheet.lines(right, middle + step / 2, notes, size=SMALL, alpha=MUTED)


def _keys(stack: Sequence[TimelinePanel]) -> dict[str, Artist]:
    look: Look = {"marker": "|", "ls": "", "alpha": MUTED}
    keys = {"a task runs": key(lw=6, solid_capstyle="butt"), "it waits": key(lw=1)}
    keys["a lane"] = key(ms=9, mew=1.8, **look)
    if any(panel.timeline.beats for panel in stack):
        keys["the loop's heartbeat, a bar as long as it is late"] = key(ms=6, mew=0.8, **look)
    return keys
