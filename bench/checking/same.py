"""A cell now and as it is stored, and what each of its processes took: logarithms, by round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..planning.plan import Planned
from ..storing.history import History
from .evidence import FIELDS

if TYPE_CHECKING:
    from reports.facts import Planned as Kept
    from reports.stored import Process
    from reports.stored import Stored as Run


@dataclass(frozen=True)
class Same:
    """A cell now and as it is stored; with `references` their times are ratios to these."""

    now: Planned
    before: Kept
    references: tuple[Planned, Kept] | None = None

    @property
    def cells(self) -> list[int]:
        """What a round has to measure for it."""
        return [self.now.id, *([self.references[0].id] if self.references else [])]


def now(planned: Planned, metric: str, past: History) -> dict[int, float]:
    """Of the rounds that count in the run that goes on; empty where the metric is not known."""
    replaced, found = past.replaced(), {}
    for run in past.measured[planned.id]:
        value = _scale(metric, planned.cell.tasks, run["tasks"]) * (run.get(FIELDS[metric]) or 0)
        if value > 0 and run["round"] not in replaced:
            found[run["round"]] = math.log(value)
    return found


def before(kept: Kept, metric: str, run: Run) -> dict[int, float]:
    """The same of a stored run, whose times are of all tasks already."""
    if not _scale(metric, kept.tasks, kept.measured_tasks or kept.tasks):
        return {}
    values = {one.round: _value(one, metric) for one in run.of(kept.id)}
    return {number: math.log(value) for number, value in values.items() if value}


def less(above: Mapping[int, float], below: Mapping[int, float]) -> dict[int, float]:
    """The differences in the rounds that both have."""
    return {number: above[number] - below[number] for number in sorted(above.keys() & below.keys())}


def short(planned: Planned) -> str:
    """`http_get / asyncio`."""
    return f"{planned.cell.workload.label} / {planned.cell.strategy.label}"


def _value(process: Process, metric: str) -> float | None:
    if metric == "batch":
        return process.seconds
    if metric == "one_shot":
        return process.one_shot_seconds
    return process.cpu_seconds if metric == "cpu" else None  # memory is of a single pass


def _scale(metric: str, tasks: int, measured: int) -> float:
    """From what was measured to a batch of all tasks; 0 where that cannot be said."""
    if metric in ("batch", "cpu"):
        return tasks / measured
    return float(metric == "one_shot" and tasks == measured)
