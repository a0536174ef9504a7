"""One worker process of a cell: what it is asked, what it gives back, and the lab that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..plan.cells import Planned
from ..processes.outputs import Failed


@dataclass(frozen=True)
class Visit:
    """One worker process of a cell in a round."""

    planned: Planned
    round: int
    position: int
    loops: int
    tasks: int
    head: int
    """So many tasks the reference runs; their answer is told apart when they are fewer."""
    timeout: float
    """Seconds after which the worker is killed."""
    values: int = 1


@dataclass(frozen=True)
class Measured:
    """What a worker gave back: `seconds` a batch (the median), its answers, pyperf's JSON.

    `one_shot` are seconds too, `cpu` those of the whole tree per batch, and `memory` the bytes of
    a pass of its own, where one was asked for.
    """

    seconds: float
    answer: str
    head: str
    benchmark: str
    one_shot: float | None = None
    cpu: float | None = None
    memory: int | None = None


class Lab(Protocol):
    """Where workers are run."""

    def canary(self) -> Mapping[str, Any]: ...
    def scout(self, planned: Planned, timeout: float) -> float | Failed: ...
    def calibrate(self, visit: Visit) -> int | Failed: ...
    def measure(self, visit: Visit) -> Measured | Failed: ...
    def elapsed(self) -> float: ...


def entry(visit: Visit, outcome: Measured | Failed) -> dict[str, Any]:
    """What the journal says of a visit."""
    place = {"cell": visit.planned.id, "round": visit.round, "position": visit.position}
    if isinstance(outcome, Failed):
        return {"event": "failed", **place, **vars(outcome)}
    return {"event": "measured", **place, "tasks": visit.tasks, **vars(outcome)}
