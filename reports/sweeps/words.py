"""A sweep in words: a table of what its lines follow, and one sentence on the axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .. import numbers
from ..analysis.tables import Group
from ..run.stored import Stored
from ..stats.intervals import Interval
from ..stats.scaling import Scaling
from ..table import Heading, Table
from .fits import WORKERS, Sweep, Turn, sweeps

_COUNTED = ("workers", "tasks")
"""Axes of whole numbers."""


def tables(stored: Stored, blocks: Sequence[Group]) -> list[Table]:
    """A table for each sweep of a run, with its verdict and its crossovers."""
    return [table(sweep) for sweep in sweeps(stored, [block.rows for block in blocks])]


def table(sweep: Sweep) -> Table:
    """What each line follows, below it where they cross."""
    over_workers = sweep.family.key == WORKERS
    titles, rows = _of_costs(sweep.family.key), _costs(sweep)
    if over_workers:
        titles, rows = _of_workers(f"{100 * sweep.margin:.3g} %"), _scalings(sweep)
    return Table(
        title=f"{sweep.family.name} over {sweep.family.key}",
        headings=tuple(titles),
        rows=tuple(rows),
        conclusion=sentence(sweep),
        notes=tuple(("", line) for line in _notes(sweep)),
    )


def _of_workers(margin: str) -> Iterator[Heading]:
    yield Heading("strategy", left=True)
    yield Heading("stops at", left=True)
    yield Heading(f"gains < {margin} from")
    yield Heading("peak", dispensable=1)
    yield Heading("contention", dispensable=3)
    yield Heading("coherency", dispensable=4)
    yield Heading("law", left=True, dispensable=2)


def _scalings(sweep: Sweep) -> Iterator[tuple[str, ...]]:
    for fit in sweep.fits:
        if found := fit.scaling:
            yield (
                fit.line.name,
                _off(found) if found.outcome == "off" else found.where or found.words,
                numbers.NONE if found.enough is None else f"{found.enough:g}",
                _ratio(found),
                _share(found.contention),
                _share(found.coherency),
                found.law if found.contention else numbers.NONE,
            )


def _ratio(found: Scaling) -> str:
    """The gain at N*, or by the last point: more is not shown."""
    if found.peak is None:
        return numbers.NONE
    return numbers.interval(found.peak.estimate, found.peak.low, found.peak.high)


def _share(interval: Interval | None) -> str:
    """`1.2% [0.9, 1.5]`."""
    if interval is None or interval.low is None or interval.high is None:
        return numbers.NONE
    low, high = (numbers.percent(end).rstrip("%") for end in (interval.low, interval.high))
    return f"{numbers.percent(interval.estimate)} [{low}, {high}]"


def _of_costs(key: str) -> Iterator[Heading]:
    yield Heading("strategy", left=True)
    yield Heading("a batch")
    yield Heading("each task more" if key == "tasks" else f"for each of {key}")
    yield Heading("off the line", dispensable=1)


def _costs(sweep: Sweep) -> Iterator[tuple[str, ...]]:
    for fit in sweep.fits:
        if fit.cost is None:
            yield (fit.line.name, "too few points", numbers.NONE, numbers.NONE)
        else:
            ends = (fit.cost.start, fit.cost.each)
            off = numbers.percent(fit.cost.curve.misfit)
            yield (fit.line.name, *map(_seconds, ends), off)


def _seconds(interval: Interval) -> str:
    return f"{numbers.duration(interval.estimate)} [{numbers.bounds(interval.low, interval.high)}]"


def sentence(sweep: Sweep, most: int | None = None) -> str:
    """The verdict on the axis: `io_sleep: threading stops at 22 [18, 27] workers, ...`.

    Of more parts than `most` the others are counted; "" where there is nothing to say.
    """
    over_workers = sweep.family.key == WORKERS
    parts = [_crossover(sweep, turn) for turn in sweep.turns if turn.leading]
    if over_workers:
        parts = list(_verdicts(sweep))
    if most is not None and len(parts) > most:
        parts = [*parts[:most], f"{len(parts) - most} more"]
    return f"{sweep.family.name}: {(', ' if over_workers else '; ').join(parts)}" if parts else ""


def _verdicts(sweep: Sweep) -> Iterator[str]:
    """What strategies do as workers grow, those that do the same together; who stops is first."""
    found = [(fit.scaling, fit.line.name) for fit in sweep.fits if fit.scaling]
    found.sort(key=lambda one: _ORDER.index(one[0].outcome))
    names: dict[tuple[str, str], list[str]] = {}
    for scaling, name in found:
        names.setdefault(_verb(scaling), []).append(name)
    for (one, several), those in names.items():
        yield f"{numbers.listed(those)} {several if len(those) > 1 else one}"


_ORDER = ("stops", "rises", "open", "off", "flat", "few points", "few rounds")


def _verb(found: Scaling) -> tuple[str, str]:
    """What one strategy does, and what several do."""
    if found.outcome == "stops":
        return f"stops at {found.where} workers", f"stop at {found.where} workers"
    if found.outcome == "flat":
        return "does not scale", "do not scale"
    if found.outcome == "rises":
        end = f"not stop up to {found.last:g} workers"
        return f"does {end}", f"do {end}"
    if found.enough is not None:
        end = f"less than {_margin(found)} beyond {found.enough:g} workers"
        return f"gains {end}", f"gain {end}"
    if found.outcome == "open" and found.stops and found.stops.low == found.first:
        return "does not show yet where it stops", "do not show yet where they stop"
    if found.outcome == "open":
        end = f"not stop below {found.where.partition(' ')[0]} workers"
        return f"does {end}", f"do {end}"
    if found.outcome == "off":
        return f"follows {_off(found)}", f"follow {_off(found)}"
    return f"has {found.words}", f"have {found.words}"


def short(found: Scaling) -> str:
    """The same beside a line of a chart: `N* 22 [18, 27]`, `< 5 % beyond 8`; "" of too few."""
    if found.outcome == "flat":
        return "does not scale"
    if found.outcome in ("open", "off") and found.enough is not None:
        return f"< {_margin(found)} beyond {found.enough:g}"
    if found.outcome == "off":
        return _off(found)
    return f"N* {found.where}" if found.where else ""


def _off(found: Scaling) -> str:
    """`no law (15 % off)`."""
    return f"no law ({100 * found.curve.misfit:.0f} % off)" if found.curve else "no law"


def _margin(found: Scaling) -> str:
    """`5 %`."""
    return f"{100 * found.margin:.3g} %"


_MOST = 5


def _notes(sweep: Sweep) -> Iterator[str]:
    """The crossovers that the verdict does not name."""
    turns = [turn for turn in sweep.turns if sweep.family.key == WORKERS or not turn.leading]
    yield from (_crossover(sweep, turn) for turn in turns[:_MOST])
    if len(turns) > _MOST:
        yield f"and {len(turns) - _MOST} crossovers more (the frame `crossovers` has them)"


def _crossover(sweep: Sweep, turn: Turn) -> str:
    """`from 9 [7, 12] tasks on asyncio is faster than sequential`."""
    key = sweep.family.key
    what = f" {key}" if key in _COUNTED else ""
    where = f"from {place(turn.at, key)}{what} on"
    return f"{where}, {turn.other.name} is faster than {turn.first.name}"


def place(at: Interval, key: str) -> str:
    """`9 [7, 12]`, bounds of whole numbers rounded outward."""
    low, high = at.low or 0.0, at.high or math.inf
    if key in _COUNTED:
        return f"{at.estimate:.0f} [{math.floor(low)}, {math.ceil(high)}]"
    return f"{key} {numbers.digits(at.estimate)} [{numbers.digits(low)}, {numbers.digits(high)}]"
