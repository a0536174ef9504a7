"""Whether children that hang do so because they were forked, which the same cell spawned shows.

A fork copies the one thread that calls it and the locks of all others: what another thread holds
then, in the child nobody will ever release.  To see a worker time out says nothing of its cause, so
one worker more runs the cell with spawned children, for as long.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..processes.outputs import Failed
from .workers import LONGER

if TYPE_CHECKING:
    from ..plan.cells import PlannedCell
    from .lab import Lab
    from .rounds import Measurement, Visit

FORKED = ("fork", "forkserver")
"""Start methods whose children are copies of a process that has imported the workload."""
HINT = "forked children hang, spawned ones do not: use --start spawn"


def explained(lab: Lab, visit: Visit, outcome: Measurement | Failed) -> Measurement | Failed:
    """The outcome of a visit; of one that timed out with forked children, whether that is why."""
    if not isinstance(outcome, Failed) or outcome.kind != "timeout":
        return outcome
    if visit.planned.cell.strategy.params.get("start") not in FORKED:
        return outcome
    trial = lab.measure(replace(visit, planned=_spawned(visit.planned)))
    if isinstance(trial, Failed):
        return outcome
    said = outcome.message.removesuffix(LONGER)  # which would not help
    return Failed("fork", f"{HINT} ({said})", outcome.traceback)


def _spawned(planned: PlannedCell) -> PlannedCell:
    strategy = planned.cell.strategy
    params = {key: value for key, value in strategy.params.items() if key != "preload"}
    spec = replace(strategy, params={**params, "start": "spawn"})
    return replace(planned, cell=replace(planned.cell, strategy=spec))
