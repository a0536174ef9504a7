"""What a chart is, and what goes into one.  No matplotlib: the page asks for these first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .. import numbers
from ..analysis import cells, names, verdict
from ..analysis.verdict import Conclusion
from ..run.probes import Probed
from ..run.stored import Stored
from ..sweeps import families

_NO_LOOP = "it runs no event loop"
"""What the lag probe says of most strategies: nothing that a reader misses."""


@dataclass(frozen=True)
class Chart:
    """A chart as text, ready to stand inside HTML, or the reason why there is none.

    `block` is the number of the block it shows, None for several.  `title` is what it shows in a
    sentence of its own, and what a screen reader says; `about` is what the marks are.  `svg` is
    transparent, without these, its text and lines are in `currentColor`; its ids are its own.  It
    is "" where `reason` says why the chart was left out.
    """

    key: str
    block: int | None
    title: str
    svg: str
    reason: str
    about: str = ""


class LeftOut(Exception):
    """There is nothing to draw: says why."""


@dataclass(frozen=True)
class NamedBlock:
    """One table of a run: its rows, the names of its cells by id, and its verdict."""

    number: int
    name: str
    rows: Sequence[cells.Row]
    names: Mapping[int, str]
    verdict: Conclusion
    stored: Stored

    @cached_property
    def best(self) -> dict[int, str]:
        """The names of the rows that are the best of their sweep, without what was swept, by id."""
        return {key: clean(name) for key, name in families.best(self.rows).items()}

    @property
    def best_rows(self) -> list[cells.Row]:
        """The rows without those that are beaten by another number of the same sweep."""
        return [row for row in self.rows if row.id in self.best]

    @property
    def measured(self) -> list[cells.Row]:
        """The rows that have times, the best of each sweep; raises LeftOut when none has."""
        rows = [row for row in self.best_rows if row.batch_seconds is not None]
        if not rows:
            raise LeftOut("nothing was measured")
        return rows

    @property
    def reference(self) -> cells.Row | None:
        """The row that speed-ups refer to, where it was measured."""
        return next((row for row in self.rows if row.reference and row.batch_seconds), None)

    @property
    def probed(self) -> list[tuple[cells.Row, Probed]]:
        """The measured rows that were probed, in order, with what the probes saw."""
        probes = self.stored.probes
        return [(row, probes[row.id]) for row in self.measured if row.id in probes]

    def why_absent(self, metric: str, probe: str, otherwise: str) -> str:
        """Why no row has a metric: each reason once."""
        if not self.probed:
            return f"it was not probed: concbench run --probe {probe}"
        absent = [one.absent for _, one in self.probed]
        reasons = dict.fromkeys(each[metric] for each in absent if metric in each)
        return "; ".join(map(clean, reasons)) or otherwise

    def not_shown(self, metric: str) -> str:
        """Who is not in the chart of a metric and should be, to go on a sentence with; or ""."""
        names: dict[str, list[str]] = {}
        for row, one in self.probed:
            why = one.absent.get(metric, _NO_LOOP)
            if why != _NO_LOOP:
                names.setdefault(why, []).append(self.names[row.id])
        each = [f"{numbers.few(absent)} ({clean(why)})" for why, absent in names.items()]
        return f". Not shown: {'; '.join(each)}" if each else ""


def blocks(stored: Stored) -> Iterator[NamedBlock]:
    """The blocks of a run; names are of one line and hold nothing unprintable."""
    numbered = {number: cells.block(stored, plan) for number, plan in stored.blocks().items()}
    titles, terms = names.blocks(list(numbered.values())), verdict.terms(stored)
    for name, (number, rows) in zip(titles, numbered.items(), strict=True):
        known = {key: clean(value) for key, value in names.strategies(rows).items()}
        yield NamedBlock(
            number, clean(name), rows, known, verdict.decide(rows, known, terms), stored
        )


def clean(text: str) -> str:
    """The text on one line, with what XML cannot hold escaped."""
    return numbers.printable(text, "utf-8")


def overview(known: Sequence[NamedBlock]) -> str:
    """Who is first in each of a few blocks; of many, who is first how often."""
    if not known:
        return "the run has no cells"
    if len(known) <= numbers.MOST:
        return "; ".join(f"{block.name}: {_first(block)}" for block in known)
    decided = [block.verdict for block in known if block.verdict.decided]
    counts = Counter(name for one in decided for name in one.leaders)
    if not counts:
        return f"{len(known)} tables, none with a verdict on who is first"
    most = numbers.few([f"{name} in {count}" for name, count in counts.most_common()])
    undecided = len(known) - len(decided)
    without = f"; {undecided} without a verdict" if undecided else ""
    return f"fastest, or as good, of {len(known)} tables: {most}{without}"


def _first(block: NamedBlock) -> str:
    found = block.verdict
    if found.outcome == "only":
        return f"only {found.leaders[0]} was measured"
    if found.outcome == "open":
        return f"cannot tell, {found.headline}"
    if not found.decided:
        return "nothing was measured" if found.outcome == "unmeasured" else "no ranking"
    if found.outcome == "reference":
        return found.headline
    best = found.first[0].speedup
    said = f"{found.leaders[0]} {numbers.ratio(best)}" if best else found.leaders[0]
    others = len(found.first) - 1
    return f"{said} and {others} as good" if others else said
