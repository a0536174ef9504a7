"""Which cells the next round measures: those of pairs that the gate has not decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..planning.plan import Planned
from ..storing.history import History
from .evidence import evidence, pairs

if TYPE_CHECKING:
    from reports.gate import Threshold


@dataclass(frozen=True)
class Rule:
    """The gate's, as the rounds of a run ask it; `budget` in seconds."""

    cells: Sequence[Planned]
    given: Sequence[Threshold]
    budget: float
    past: History

    def __call__(self, _: Sequence[Mapping[int, float]]) -> list[int]:
        from reports.gate import wanted

        found = pairs(self.cells)
        if not self.past.rounds:
            return [one.id for one in self.cells]
        told = evidence(found, self.past, self.given)
        chosen = set(wanted(told, self.budget - self.past.elapsed))
        return [one.id for one in self.cells if one.pair in chosen]
