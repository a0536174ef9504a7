"""Runs one worker process after the other and reads what each leaves behind.

What a run needs before it can measure: the machine for itself, a folder, fixtures.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import engine
from ..machine.canary import measure as measure_canary
from ..machine.identity import affinity, cpus
from ..plan.cells import Planned
from ..processes.children import Children
from ..processes.lock import held
from ..processes.outputs import Failed, parsed
from ..sides import Side
from . import probe_results
from .fixtures import running
from .probe_results import Pass
from .probe_visits import visit as visit_probed
from .probing import Owed
from .visits import Measured, Visit
from .workers import Call, Place, Workers


class Lab:
    """The processes of one run, in a folder of its own for what they write."""

    def __init__(
        self,
        children: Children,
        folder: Path,
        places: Mapping[str, Place],
        *,
        seed: int,
        elapsed: float = 0.0,
        memory: bool = False,
    ) -> None:
        self._children = children
        self._memory = memory
        self._workers = Workers(children, folder, places, seed)
        self._began = time.monotonic() - elapsed
        self._affinity = affinity()
        self._unknown = ""

    def elapsed(self) -> float:
        """Seconds of this run, those before an interruption included."""
        return time.monotonic() - self._began

    def trouble(self) -> list[str]:
        """What a reader should know, a line each; complete once the fixtures are left."""
        ended = [f"a worker left behind, and we ended: {name}" for name in self._workers.strays]
        fixtures = [place.fixtures for place in self._workers.places.values()]
        trouble = [line for one in fixtures for line in one.trouble]
        return [*dict.fromkeys(ended), *filter(None, [self._unknown]), *trouble]

    def sweep(self) -> None:
        """End what left its session and outlived its worker."""
        self._workers.strays.extend(self._children.sweep())

    def canary(self) -> dict[str, Any]:
        self.sweep()
        found = measure_canary(self._children, cpus())
        if found.reason:
            self._unknown = f"the CPUs delivered are not known of every round: {found.reason}"
        return vars(found)

    def scout(self, planned: Planned, timeout: float) -> float | Failed:
        job = {"kind": "scout", "tasks": planned.cell.tasks}
        text = self._workers.result(planned.cell, job, Call([], 0, timeout, planned.side))
        return parsed(text, lambda text: float(json.loads(text)["seconds_per_task"]))

    def calibrate(self, visit: Visit) -> int | Failed:
        options = engine.calibration_arguments(self._affinity)
        text = self._workers.result(visit.planned.cell, _job(visit), _call(visit, options))
        return parsed(text, lambda text: engine.loops(engine.loads(text)))

    def measure(self, visit: Visit) -> Measured | Failed:
        options = engine.arguments(visit.loops, visit.values, self._affinity)
        text = self._workers.result(visit.planned.cell, _job(visit), _call(visit, options))
        outcome = parsed(text, _measured)
        if isinstance(outcome, Failed) or not self._memory:
            return outcome
        return replace(outcome, memory=self._peak(visit, outcome.seconds))

    def _peak(self, visit: Visit, seconds: float) -> int | None:
        planned, probes = visit.planned, ("memory",)
        owed = Owed(planned, planned.cell, visit.tasks, probes, "", seconds, 0.0, planned.side)
        found, _ = self.probe(owed, visit.timeout)
        return found["memory"]["peak_pss_bytes"] if "memory" in found else None

    def probe(self, one: Owed, timeout: float) -> tuple[dict[str, Any], str]:
        return visit_probed(self._workers, one, timeout)

    def recorded(self, planned: Planned, timeout: float) -> Pass | Failed:
        """One batch with every instrument."""
        job = {"kind": "probe", "probes": ["trace"], "tasks": planned.cell.tasks}
        text = self._workers.result(planned.cell, job, Call([], 0, timeout, planned.side))
        return parsed(text, lambda text: probe_results.read(json.loads(text)))


def _measured(text: str) -> Measured:
    run = engine.loads(text).get_runs()[0]
    facts = run.get_metadata()
    seconds = statistics.median(run.values)
    answers = facts["cb_answer"], facts["cb_answer_head"]
    one_shot = sum(facts[f"cb_{part}_s"] for part in ("startup", "first_batch", "close"))
    return Measured(seconds, *answers, text, one_shot, facts.get("cb_cpu_s"))


def _call(visit: Visit, options: list[str]) -> Call:
    return Call(options, visit.round, visit.timeout, visit.planned.side)


def _job(visit: Visit) -> dict[str, Any]:
    cell = visit.planned.cell
    return {
        "kind": "measure",
        "name": cell.name,
        "measured_tasks": visit.tasks,
        "head": visit.head,
        "metadata": {
            "cb_cell": visit.planned.id,
            "cb_round": visit.round,
            "cb_position": visit.position,
            "cb_workload": cell.workload.name,
            "cb_workload_params": json.dumps(cell.workload.params),
            "cb_strategy": cell.strategy.name,
            "cb_strategy_params": json.dumps(cell.strategy.params),
            "cb_tasks": cell.tasks,
            "cb_measured_tasks": visit.tasks,
            "cb_workers": visit.planned.workers,
            **({"cb_side": visit.planned.side} if visit.planned.side else {}),
        },
    }


@dataclass(frozen=True)
class Workshop:
    """The processes of a run and a folder for what they write, both gone when it ends."""

    children: Children
    folder: Path


@contextmanager
def workshop(results: Path) -> Iterator[Workshop]:
    """The machine for ourselves; UsageError while another run has it."""
    with (
        held(results),
        tempfile.TemporaryDirectory(prefix="concbench-") as name,
        Children() as children,
    ):
        children.remove_if_killed(Path(name))
        yield Workshop(children, Path(name))


@contextmanager
def equipped(
    shop: Workshop,
    sides: Sequence[Side],
    cells: Sequence[Planned],
    seed: int,
    elapsed: float = 0.0,
    memory: bool = False,
) -> Iterator[Lab]:
    """A lab with the fixtures of every side's workloads."""
    with ExitStack() as stack:
        places = {}
        for side in sides:
            own = [one for one in cells if one.side == side.title and not one.reason]
            workloads = {one.cell.workload.label: one.cell.workload for one in own}
            fixtures = running(shop.children, workloads.values(), side)
            places[side.title] = Place(side, stack.enter_context(fixtures))
        yield Lab(shop.children, shop.folder, places, seed=seed, elapsed=elapsed, memory=memory)


@contextmanager
def laboratory(results: Path, cells: Sequence[Planned], seed: int = 0) -> Iterator[Lab]:
    """All of it for cells without sides."""
    with workshop(results) as shop, equipped(shop, [Side("")], cells, seed) as lab:
        yield lab
