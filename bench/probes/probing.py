"""The probe passes of a run, after its rounds: within their time, and at no cost to the rest.

Like the rounds it is given its lab and its clock, so that tests can report numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .agenda import SHARE, Owed, owed

if TYPE_CHECKING:
    from ..planning.plan import Planned
    from ..rounds import Limits
    from ..storing.history import History

NO_TIME = "no time left for it"


class Lab(Protocol):
    """Where workers are run."""

    def probe(self, one: Owed, timeout: float) -> tuple[Mapping[str, Any], str]:
        """What is known of it, and the text that its worker left."""
        ...

    def elapsed(self) -> float: ...


@dataclass(frozen=True)
class Moment:
    """What is about to be probed: its place among so many, and seconds for it and what follows."""

    position: int
    passes: int
    name: str
    left: float


@dataclass(frozen=True)
class Probing:
    """All that the probe passes of a run need."""

    plan: Sequence[Planned]
    past: History
    lab: Lab
    probes: Sequence[str]
    record: Callable[[Mapping[str, Any]], None]
    """Writes an entry to the journal; the history gets it from here."""
    watch: Callable[[Moment], None]
    """Is told of every pass before it is made."""
    limits: Limits
    raw: Callable[[int, str], None] | None = None
    """Keeps what the worker of a cell left."""

    def run(self, budget: float | None) -> list[str]:
        """Probe what fits into a quarter of the time; a line about the cells that do not.

        `budget` are the seconds of the rounds; None where they took what they needed.
        """
        whole = share(self.past, budget)
        passes = owed(self.plan, self.past, self.probes) if self.probes else []
        without = []
        for position, one in enumerate(passes):
            left = whole - self.past.probed.seconds
            if one.expected <= left:
                rest = sum(later.expected for later in passes[position:])
                self.watch(Moment(position, len(passes), one.name, min(left, rest)))
                self._visit(one, left)
            elif one.planned:
                without.append(one.planned.id)
        return self._without(without)

    def _without(self, cells: list[int]) -> list[str]:
        if not cells:
            return []
        told = {"cells": cells, "probes": list(self.probes), "reason": NO_TIME}
        self._add({"event": "unprobed", **told}, 0.0)
        many = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
        return [f"no time left for the probes of {many}: a longer --budget has more for them"]

    def _visit(self, one: Owed, left: float) -> None:
        began = self.lab.elapsed()
        found, text = self.lab.probe(one, self._timeout(one, left))
        if self.raw and one.planned and text:
            self.raw(one.planned.id, text)
        event = {"event": "probed", "cell": one.planned.id} if one.planned else {"event": "emptied"}
        told = {"probes": list(one.probes), "tasks": one.tasks, "empty": one.empty, "found": found}
        self._add({**event, **told}, self.lab.elapsed() - began)

    def _timeout(self, one: Owed, left: float) -> float:
        """One that hangs costs the others at most half of what is left."""
        in_turn = self.past.seconds_per_task.get(one.planned.block) if one.planned else None
        batch = None if in_turn is None else in_turn * one.cell.tasks
        return min(self.limits.patience(batch), left, max(left / 2, 2 * one.expected))

    def _add(self, told: Mapping[str, Any], seconds: float) -> None:
        elapsed = round(self.lab.elapsed(), 3)
        entry = {**told, "seconds": round(seconds, 3), "elapsed": elapsed}
        self.record(entry)
        self.past.add(entry)


def share(past: History, budget: float | None) -> float:
    """Seconds for all passes of a run, those of before an interruption included."""
    return SHARE * (past.elapsed - past.probed.seconds if budget is None else budget)
