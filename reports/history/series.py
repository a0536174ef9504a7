"""One cell over the runs of one machine: what can be compared, in the order it was measured.

And which of the cells a user means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import exp, log
from statistics import median
from typing import Any

from ..analysis import cells, names
from ..analysis.names import plain
from ..errors import UnknownName
from ..run import provenance
from ..run.schema import Facts, Planned, Plugin
from ..stats import intervals, stopping
from ..stats.changes import changes
from ..stats.intervals import Interval
from . import Past, PastCell


@dataclass(frozen=True)
class Point:
    """A cell in one run.

    `batch` are the seconds of a batch; `share` are these over those of the reference in the same
    rounds, None without one.  `around` is what else may have changed: libraries and the system.
    """

    run: str
    id: str
    started: str
    revision: str
    dirty: bool
    rounds: int
    batch: Interval
    share: Interval | None
    answers: frozenset[str]
    around: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A new level from the run at this place on: `ratio` times the one before.

    `word` is slower, faster or other work; `around` is what else changed with it.
    """

    at: int
    ratio: float
    word: str
    around: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """The runs of a cell on a machine, oldest first, at least one; `relative` to the reference."""

    cell: Planned
    name: str
    machine: Mapping[str, Any]
    relative: bool
    points: tuple[Point, ...]

    def interval(self, point: Point) -> Interval:
        """What is followed: the time, or its share of the reference's."""
        return (self.relative and point.share) or point.batch

    @property
    def estimates(self) -> list[float]:
        """The same of all runs."""
        return [self.interval(point).estimate for point in self.points]

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Where the level changed."""
        logarithms = [log(one) for one in self.estimates]
        places = changes(logarithms)
        edges = [0, *places, len(logarithms)]
        levels = [median(logarithms[low:high]) for low, high in pairwise(edges)]
        steps = [exp(after - before) for before, after in pairwise(levels)]
        return tuple(map(self._change, places, steps))

    @property
    def levels(self) -> list[tuple[int, int, float]]:
        """First place, place behind the last, and the median of each level."""
        edges = [0, *(change.at for change in self.changes), len(self.points)]
        return [(low, high, median(self.estimates[low:high])) for low, high in pairwise(edges)]

    def _change(self, at: int, ratio: float) -> Change:
        before, after = self.points[at - 1], self.points[at]
        other = before.answers and after.answers and not before.answers & after.answers
        word = "other work" if other else "slower" if ratio > 1 else "faster"
        around = (
            f"{what} {old} -> {new}"
            for what, new in after.around.items()
            if (old := before.around.get(what)) and new and old != new
        )
        return Change(at, ratio, word, tuple(around))


def series(runs: Iterable[Past], *, relative: bool = False) -> list[Series]:
    """Each cell on each machine, those of the latest run first, in the order of its table."""
    by_key: dict[tuple[Any, ...], list[tuple[Past, PastCell, Point]]] = {}
    for past in runs:
        for cell, point in _points(past):
            if relative and (point.share is None or cell.planned.reference):
                continue
            key = (cell.planned.name, *map(str, _machine(past.run, relative).values()))
            by_key.setdefault(key, []).append((past, cell, point))
    latest = sorted(by_key.values(), key=_recent)
    called = _names([those[-1][1].planned for those in latest])
    return [
        Series(
            cell.planned,
            called[cell.planned.name],
            _machine(past.run, relative),
            relative,
            tuple(point for _, _, point in those),
        )
        for those in latest
        for past, cell, _ in those[-1:]
    ]


def _recent(those: Sequence[tuple[Past, PastCell, Point]]) -> tuple[Any, ...]:
    past, cell, _ = those[-1]
    newest = tuple(-ord(sign) for sign in f"{past.run.started} {past.run.id}")
    return newest, cell.planned.block, cell.planned.id


def _points(past: Past) -> Iterator[tuple[PastCell, Point]]:
    blocks: dict[int, list[PastCell]] = {}
    for cell in past.cells:
        blocks.setdefault(cell.planned.block, []).append(cell)
    fixed = past.run.rounds_limit is not None
    for those in blocks.values():
        rounds = {number for cell in those for number in cell.times}
        level = intervals.CONFIDENCE if fixed else stopping.confidence(len(rounds))
        reference = next((cell.times for cell in those if cell.planned.reference), {})
        for cell in those:
            if cell.times:
                yield cell, _point(past, cell, reference, level)


def _point(past: Past, cell: PastCell, reference: Mapping[int, float], level: float) -> Point:
    git = past.run.git or {}
    return Point(
        run=past.name,
        id=past.run.id,
        started=past.run.started,
        revision=str(git.get("revision") or ""),
        dirty=bool(git.get("dirty")),
        rounds=len(cell.times),
        batch=intervals.mean(list(cell.times.values()), level),
        share=intervals.ratio(cell.times, reference, level),
        answers=cell.answers,
        around=provenance.facts(provenance.record(past.run), provenance.AROUND),
    )


def _machine(run: Facts, relative: bool) -> dict[str, Any]:
    kinds = provenance.RATIOS if relative else provenance.TIMES
    return {key: run.environment.get(key) for kind in kinds for key in provenance.ENVIRONMENT[kind]}


def _names(planned: Sequence[Planned]) -> dict[str, str]:
    """`io_sleep / asyncio`, with no more parameters than tell it from the others."""
    known = {cell.name: cells.planned(cell, ()) for cell in planned}
    rows = {name: replace(row, id=number) for number, (name, row) in enumerate(known.items())}
    short = names.grouped(list(rows.values()), "cell") if rows else {}
    return {name: short[row.id] for name, row in rows.items()}


_FEW = 12


def select(every: Sequence[Series], wanted: str) -> list[Series]:
    """The series of the cells that a text means; raises UnknownName with those there are.

    It is a cell's name, long or short; WORKLOAD/STRATEGY, each with parameters or without; a
    pattern with * and ?; or a part of a name.  The first of these that fits counts.
    """
    tight = _tight(wanted)
    exact = [one for one in every if tight in _called(one)]
    both = [one for one in every if _is_pair(one, wanted)]
    some = [one for one in every if _fits(one, tight)]
    if matching := exact or both or some:
        return matching
    from difflib import get_close_matches  # that only a mistake need pay

    names = list(dict.fromkeys(one.name for one in every))
    there = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if names[_FEW:] else "")
    known = {_tight(name): name for name in names}
    close = get_close_matches(tight, known, n=1)
    near = f": did you mean {known[close[0]]}?" if close else ""
    raise UnknownName(f"no stored run has a cell '{wanted}'{near} (there are: {there})")


def _called(one: Series) -> tuple[str, str]:
    return _tight(one.cell.name), _tight(one.name)


def _tight(name: str) -> str:
    return re.sub(r"\s*/\s*", "/", name.strip()).casefold()


def _is_pair(one: Series, wanted: str) -> bool:
    """Whether a cell is this WORKLOAD/STRATEGY; files and parameters have slashes of their own."""
    return any(
        _is_plugin(one.cell.workload, wanted[: slash.start()])
        and _is_plugin(one.cell.strategy, wanted[slash.end() :])
        for slash in re.finditer("/", wanted)
    )


def _is_plugin(plugin: Plugin, wanted: str) -> bool:
    name, _, inner = wanted.strip().removesuffix("]").partition("[")
    own = plugin.name, plugin.target.rpartition("/")[2]
    params = [f"{key}={plain(value)}" for key, value in plugin.params.items()]
    return name.rpartition("/")[2] in own and set(filter(None, inner.split(","))) <= {*params}


def _fits(one: Series, tight: str) -> bool:
    names = _called(one)
    if "*" in tight or "?" in tight:
        # Not fnmatch: brackets are parameters here.
        signs = {"*": ".*", "?": "."}
        pattern = "".join(signs.get(sign) or re.escape(sign) for sign in tight)
        return any(re.fullmatch(pattern, name) for name in names)
    return any(tight in name for name in names)
