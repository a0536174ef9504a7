"""The form of journal entries: what each must say before a run goes on from it.

A journal may come from a disk that failed, an editor or a stranger.  Keys that are not named here
are left alone, as are events that nobody reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from concbench.reports.errors import MALFORMED, DamagedRun, validate
from concbench.reports.run.probes import Probed
from concbench.reports.run.schema import LONGEST, SHORTEST, Constraint, Count, Seconds

from .. import engine
from ..errors import UsageError

Number: TypeAlias = Annotated[int, Constraint(ge=0)]
Time: TypeAlias = Annotated[float, Constraint(ge=SHORTEST, le=LONGEST)]
"""Seconds of a batch or a task."""


@dataclass(frozen=True)
class ScoutEntry:
    block: Number
    seconds_per_task: Time
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class SampleEntry:
    block: Number
    tasks: Count
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class FirstCountsEntry:
    block: Number
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class RoundEntry:
    round: Number
    order: tuple[Number, ...]
    again: Number | None = None
    partial: bool = False
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class CanaryEntry:
    cpus: Number
    alone: Seconds | None
    together: Seconds | None
    jitter_seconds: Seconds | None
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class GlanceEntry:
    together: Seconds | None
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class LoopsEntry:
    cell: Number
    loops: Count
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class MeasurementEntry:
    cell: Number
    round: Number
    position: Number
    tasks: Count
    seconds: Time
    answer: str
    head: str
    benchmark: str
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class FailureEntry:
    cell: Number
    round: Number
    position: Number
    kind: str
    message: str
    traceback: str
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class TroubleEntry:
    lines: tuple[str, ...]


@dataclass(frozen=True)
class LeftEntry:
    what: str
    by: str
    times: Count


@dataclass(frozen=True)
class ImportsEntry:
    side: str
    root: str
    tree: dict[str, str]
    installed: dict[str, str]
    packages: dict[str, str]


@dataclass(frozen=True)
class PassEntry:
    cell: Number
    probes: tuple[str, ...]
    tasks: Count
    empty: str
    found: Probed
    seconds: Seconds
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class EmptyPassEntry:
    empty: str
    found: Probed
    seconds: Seconds
    elapsed: Seconds = 0.0


@dataclass(frozen=True)
class NoPassEntry:
    cells: tuple[Number, ...]
    probes: tuple[str, ...]
    reason: str
    seconds: Seconds
    elapsed: Seconds = 0.0


FORMS: Mapping[str, type[Any]] = {
    "scouted": ScoutEntry,
    "sampled": SampleEntry,
    "fewer": SampleEntry,
    "first-counts": FirstCountsEntry,
    "round": RoundEntry,
    "canary": CanaryEntry,
    "glance": GlanceEntry,
    "loops": LoopsEntry,
    "measured": MeasurementEntry,
    "failed": FailureEntry,
    "trouble": TroubleEntry,
    "left": LeftEntry,
    "imported": ImportsEntry,
    "probed": PassEntry,
    "emptied": EmptyPassEntry,
    "unprobed": NoPassEntry,
}


@dataclass
class _Course:
    """What the entries so far amount to, as far as the next must fit to it."""

    cells: Collection[int]
    blocks: Collection[int]
    orders: list[tuple[int, ...]] = field(default_factory=list)
    visits: dict[tuple[int, int], int] = field(default_factory=dict)
    """The line of each visit, by cell and round."""
    lines: dict[str, int] = field(default_factory=dict)
    """The line of each entry, by its text."""

    def faults(self, entry: Any, text: str, number: int) -> Iterator[str]:
        """What is wrong with the next entry, given those before; it is taken in."""
        named = {*getattr(entry, "cells", ()), *getattr(entry, "order", ())}
        if hasattr(entry, "cell"):
            named.add(entry.cell)
        if strange := named - {*self.cells}:
            yield f"the run has no cell {min(strange)}"
        if hasattr(entry, "block") and entry.block not in self.blocks:
            yield f"the run has no block {entry.block}"
        if hasattr(entry, "elapsed") and (first := self.lines.setdefault(text, number)) < number:
            yield f"it says again what line {first} says"
        if isinstance(entry, RoundEntry):
            yield from self._round(entry)
        elif isinstance(entry, MeasurementEntry | FailureEntry):
            yield from self._visit(entry, number)

    def _round(self, entry: RoundEntry) -> Iterator[str]:
        if entry.round != len(self.orders):
            yield f"it begins round {entry.round} after {len(self.orders)} rounds"
        if len({*entry.order}) < len(entry.order):
            yield "a round has a cell twice"
        if entry.again is not None and entry.again >= entry.round:
            yield f"it repeats round {entry.again}, which was not measured before"
        self.orders.append(entry.order)

    def _visit(self, entry: MeasurementEntry | FailureEntry, number: int) -> Iterator[str]:
        if entry.round >= len(self.orders):
            yield f"round {entry.round} had not begun"
        elif entry.cell not in self.orders[entry.round]:
            yield f"cell {entry.cell} is not in the order of round {entry.round}"
        visit = entry.cell, entry.round
        if (first := self.visits.setdefault(visit, number)) < number:
            yield f"cell {entry.cell} had its visit of round {entry.round} in line {first}"
        if isinstance(entry, MeasurementEntry):
            try:
                engine.loads(entry.benchmark).get_values()
            except MALFORMED as error:
                yield f"its benchmark is none of pyperf's: {error}"


def check(
    entries: Sequence[Mapping[str, Any]],
    cells: Collection[int],
    blocks: Collection[int],
    path: Path,
) -> None:
    """Raise UsageError with the first line that does not say what its event must, or repeats one.

    `cells` and `blocks` are the numbers that the plan has.
    """
    course = _Course(cells, blocks)
    for number, entry in enumerate(entries, 1):
        event = entry.get("event")
        if not isinstance(event, str):
            raise UsageError(f"{path}, line {number} is damaged: it has no event")
        if event not in FORMS:
            continue
        try:
            checked = validate(entry, FORMS[event], path)
        except DamagedRun as error:
            why = str(error).removeprefix(f"{path}: ")
            raise UsageError(f"{path}, line {number} is damaged ({event}): {why}") from None
        for fault in course.faults(checked, repr(entry), number):
            raise UsageError(f"{path}, line {number} is damaged ({event}): {fault}")
