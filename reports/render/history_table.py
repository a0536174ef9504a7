"""Histories on a terminal: a line per cell, or the runs of some cells, a table each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from .. import numbers
from ..history import marks
from ..history.series import Series
from ..stats.changes import FEWEST, LEAST

_GAP = 2
_LEAST = 12  # a name folds to no less than this
_PLOT = range(8, 25)
"""Columns of the plot of intervals: as many as there is room for, or none."""

Line = tuple[str, ...]


def overview(found: Sequence[Series], console: Console) -> None:
    """A line for each cell, a table for each machine."""
    for machine, those in groupby(found, key=marks.machine):
        each = list(those)
        _say(console, machine, "bold")
        titles = ("cell", "runs", "latest", "since first", "last change")
        lines = [_summary(one) for one in each]
        fitted = _widths([titles, *lines], console.width, folding=0)
        console.print(_table(titles, lines, fitted, console, left=(0, 4)))
        console.print()
    if not any(one.changes for one in found):
        _say(console, _nothing(found))
    _say(console, "more of one: concbench history CELL")


def runs(found: Sequence[Series], console: Console) -> None:
    """The runs of each of these, oldest first, with what changed."""
    for place, one in enumerate(found):
        if place:
            console.print()
        what = "times relative to the reference's" if one.relative else "batch times"
        _say(console, f"{one.name}: {what} on {marks.machine(one)}", "bold")
        console.print(_runs(one, console))
        for said in _below(one):
            _say(console, said)


def _summary(one: Series) -> Line:
    first, last = one.estimates[0], one.estimates[-1]
    since = marks.percent(last / first) if len(one.points) > 1 else numbers.NONE
    return one.name, f"{len(one.points):,}", marks.value(one, -1), since, marks.last(one)


def _runs(one: Series, console: Console) -> Table:
    said = {change.at: f"<- {marks.change(one, change)}" for change in one.changes}
    lines = [(*_numbers(one, at), "", said.get(at, "")) for at in range(len(one.points))]
    titles = ("run", "when", "revision", "batch", "+-95%", "speed-up", "", "")
    widths = _widths([titles, *lines], console.width, folding=7)
    room = console.width - sum(widths) - _GAP * (len(widths) - 1)
    if room >= _PLOT.start:
        widths[6] = min(room, _PLOT.stop)
        plots = marks.plotted(one, widths[6])
        lines = [(*line[:6], plot, line[7]) for line, plot in zip(lines, plots, strict=True)]
    shown = [place for place, width in enumerate(widths) if width]
    fitted = [widths[place] for place in shown]
    short = [tuple(line[place] for place in shown) for line in (titles, *lines)]
    left = [place for place, of in enumerate(shown) if of in (0, 1, 2, 6, 7)]
    return _table(short[0], short[1:], fitted, console, left)


def _numbers(one: Series, at: int) -> Line:
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
            yield f"with {one.points[change.at].run} came {', '.join(change.around)}"
    if any(change.word == "other work" for change in one.changes):
        yield "other work: the answers differ, so the times before and after are not of the same"
    if any(point.dirty for point in one.points):
        yield "*: with uncommitted changes"
    if not one.changes:
        yield _nothing([one])


def _nothing(found: Sequence[Series]) -> str:
    most = max(len(one.points) for one in found)
    if most < FEWEST:
        return f"too few runs to tell a change from noise: it takes {FEWEST}, and better 12"
    return f"no change found that lasts {LEAST} runs and stands out of the noise"


def _widths(lines: Sequence[Line], width: int, folding: int) -> list[int]:
    """Of the columns: one folds to what is left, the others are never cut."""
    found = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    others = sum(found) - found[folding]
    room = width - others - _GAP * (len(found) - 1)
    found[folding] = min(found[folding], max(_LEAST, room))
    return found


def _table(
    titles: Line,
    lines: Sequence[Line],
    widths: Sequence[int],
    console: Console,
    left: Sequence[int],
) -> Table:
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for place, (title, width) in enumerate(zip(titles, widths, strict=True)):
        side: JustifyMethod = "left" if place in left else "right"
        table.add_column(Text(title), width=width, justify=side, overflow="fold")
    for line in lines:
        table.add_row(*(Text(numbers.printable(said, console.encoding)) for said in line))
    return table


def _say(console: Console, said: str, style: str = "") -> None:
    # As Text: names of the user's are never taken for markup.
    console.print(Text(numbers.printable(said, console.encoding), style=style))
