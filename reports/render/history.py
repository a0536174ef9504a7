"""Histories on a terminal: a line per cell, or the runs of some cells, a table each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rich.console import Console

from .. import numbers
from ..history import marks
from ..history.series import Series
from ..stats.changes import FEWEST, LEAST
from ..table import Heading, Table, headings
from . import terminal

_PLOT = range(8, 25)
"""Columns of the plot of intervals: as many as there is room for, or none."""
_PLOTTED = 6  # where the plot stands


def overview(histories: Sequence[Series], console: Console) -> None:
    """A line for each cell, a table for each machine."""
    heads = headings(("cell", "runs", "latest", "since first", "last change"), left=(0, 4))
    for machine, cells in groupby(histories, key=marks.machine):
        terminal.show([Table(machine, heads, tuple(map(_summary, cells)))], console)
        console.print()
    if not any(one.changes for one in histories):
        terminal.say(console, _nothing(histories))
    terminal.say(console, "the runs of a cell: concbench history CELL")


def runs(histories: Sequence[Series], console: Console) -> None:
    """The runs of each of these, oldest first, with what changed."""
    for place, one in enumerate(histories):
        if place:
            console.print()
        terminal.show([_plotted(_runs(one), one, console)], console)
        for line in _below(one):
            terminal.say(console, line)


def _summary(one: Series) -> tuple[str, ...]:
    first, last = one.estimates[0], one.estimates[-1]
    since = marks.percent(last / first) if len(one.points) > 1 else numbers.NONE
    return one.name, f"{len(one.points):,}", marks.value(one, -1), since, marks.last(one)


def _runs(one: Series) -> Table:
    what = "times relative to the reference's" if one.relative else "batch times"
    changes = {change.at: f"<- {marks.change(one, change)}" for change in one.changes}
    lines = [(*_numbers(one, at), changes.get(at, "")) for at in range(len(one.points))]
    titles = ("run", "when", "revision", "batch", "+-95%", "speed-up", "")
    title = f"{one.name}: {what} on {marks.machine(one)}"
    last = len(titles) - 1
    table = Table(title, headings(titles, left=(0, 1, 2, last)), tuple(lines), folding=last)
    return table if changes else replace(table, folding=0).without([last])


def _plotted(table: Table, one: Series, console: Console) -> Table:
    """The same with a plot of its intervals before the changes, where there is room."""
    layout = terminal.fit([table], console)
    room = console.width - layout.width - 2 * layout.gap
    if room < _PLOT.start:
        return table
    plots = marks.plotted(one, min(room, _PLOT.stop))
    rows = zip(table.rows, plots, strict=True)
    before, after = slice(_PLOTTED), slice(_PLOTTED, None)
    return replace(
        table,
        headings=(*table.headings[before], Heading("", left=True), *table.headings[after]),
        rows=tuple((*row[before], plot, *row[after]) for row, plot in rows),
        folding=table.folding + (table.folding >= _PLOTTED),
    )


def _numbers(one: Series, at: int) -> tuple[str, ...]:
    point = one.points[at]
    half = point.batch.half_width
    return (
        point.run,
        marks.when(point),
        marks.revision(point),
        numbers.duration(point.batch.estimate),
        numbers.NONE if half is None else numbers.percent(half),
        numbers.NONE if point.share is None else numbers.ratio(1 / point.share.estimate),
    )


def _below(one: Series) -> Iterator[str]:
    for change in one.changes:
        if change.around:
            yield f"new with {one.points[change.at].run}: {', '.join(change.around)}"
    if any(change.word == "other work" for change in one.changes):
        yield "other work: the answers differ, so times before and after do not compare"
    if any(point.dirty for point in one.points):
        yield "*: with uncommitted changes"
    if not one.changes:
        yield _nothing([one])


def _nothing(histories: Sequence[Series]) -> str:
    most = max(len(one.points) for one in histories)
    if most < FEWEST:
        return f"too few runs to tell a change from noise: it takes at least {FEWEST}, better 12"
    return f"no change that lasts {LEAST} runs and exceeds the noise"
