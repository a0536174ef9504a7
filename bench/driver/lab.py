"""The lab of a run: the machine to itself, a folder, fixtures, and one worker after the other."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from concbench.reports.run import keys

from .. import engine
from ..machine.canary import measure as measure_canary
from ..machine.identity import affinity, cpus
from ..plan.cells import PlannedCell
from ..processes.children import Children
from ..processes.lock import held
from ..processes.outputs import Failed, parsed
from ..sides import MeasuredSide
from ..sides.proof import Proof
from . import probe_results, probe_visits
from .fixtures import running
from .probe_results import Pass
from .probing import Owed
from .rounds import Measurement, Visit
from .workers import EquippedSide, Launch, Worker, Workers


class Lab:
    """Runs the worker processes of one run, `elapsed` seconds of which are over already."""

    def __init__(self, workers: Workers, elapsed: float = 0.0, *, memory: bool = False) -> None:
        self._workers, self._memory, self.proof = workers, memory, workers.proof
        self._began = time.monotonic() - elapsed
        self._affinity, self._unknown = affinity(), ""

    def elapsed(self) -> float:
        """Seconds of this run, those before an interruption included."""
        return time.monotonic() - self._began

    def trouble(self) -> list[str]:
        """What a reader should know, a line each; complete once the fixtures are left."""
        strays = [f"a worker left behind, and we ended: {name}" for name in self._workers.strays]
        fixtures = [line for one in self._workers.sides.values() for line in one.fixtures.trouble]
        proof = self.proof.trouble() if self.proof else []
        return [*dict.fromkeys(strays), *filter(None, [self._unknown]), *fixtures, *proof]

    def sweep(self) -> None:
        """End what left its session and outlived its worker."""
        self._workers.strays.extend(self._workers.children.sweep())

    def canary(self) -> dict[str, Any]:
        """What the machine delivers now, as the journal stores it."""
        self.sweep()
        reading = measure_canary(self._workers.children, cpus())
        if reading.reason:
            self._unknown = f"the CPUs delivered are not known of every round: {reading.reason}"
        return vars(reading)

    def scout(self, planned: PlannedCell, timeout: float) -> float | Failed:
        """Seconds of a task in turn."""
        job = {"run": "concbench.worker:scout", "tasks": planned.cell.tasks}
        launch = Launch([], 0, timeout, planned.side)
        with self._workers.started(planned.cell, job, launch) as worker:
            return parsed(worker.result(), lambda text: float(json.loads(text)["seconds_per_task"]))

    def calibrate(self, visit: Visit) -> int | Failed:
        """How many loops make a value long enough."""
        with self._started(visit, engine.calibration_arguments(self._affinity)) as worker:
            return parsed(worker.result(), lambda text: engine.loops(engine.loads(text)))

    def measure(self, visit: Visit) -> Measurement | Failed:
        """Measure the cell once."""
        options = engine.arguments(visit.loops, visit.values, self._affinity)
        with self._started(visit, options) as worker:
            outcome = parsed(worker.result(), _measurement)
        if isinstance(outcome, Failed) or not self._memory:
            return outcome
        return replace(outcome, memory=self._peak(visit, outcome.seconds))

    def _started(self, visit: Visit, options: list[str]) -> AbstractContextManager[Worker]:
        launch = Launch(options, visit.round, visit.timeout, visit.planned.side)
        return self._workers.started(visit.planned.cell, _job(visit), launch)

    def _peak(self, visit: Visit, seconds: float) -> int | None:
        planned, probes = visit.planned, ("memory",)
        owed = Owed(planned, planned.cell, visit.tasks, probes, "", seconds, 0.0, planned.side)
        metrics, _ = self.probe(owed, visit.timeout)
        return metrics["memory"]["peak_pss_bytes"] if "memory" in metrics else None

    def probe(self, one: Owed, timeout: float) -> tuple[dict[str, Any], str]:
        """What a probe pass tells, and the text that its worker left."""
        return probe_visits.visit(self._workers, one, timeout)

    def record(self, planned: PlannedCell, timeout: float) -> Pass | Failed:
        """One batch with every instrument."""
        job = {
            "run": "concbench.probes.job:probe",
            "probes": ["trace"],
            "tasks": planned.cell.tasks,
        }
        launch = Launch([], 0, timeout, planned.side)
        with self._workers.started(planned.cell, job, launch) as worker:
            return parsed(worker.result(), lambda text: probe_results.read(json.loads(text)))


def _measurement(text: str) -> Measurement:
    run = engine.loads(text).get_runs()[0]
    facts = run.get_metadata()
    seconds = statistics.median(run.values)
    answers = facts[keys.ANSWER], facts[keys.ANSWER_HEAD]
    one_shot = sum(facts[key] for key in (keys.STARTUP, keys.FIRST_BATCH, keys.CLOSE))
    return Measurement(seconds, *answers, text, one_shot, facts.get(keys.CPU))


def _job(visit: Visit) -> dict[str, Any]:
    cell = visit.planned.cell
    return {
        "run": "concbench.worker:measure",
        "name": cell.name,
        "tasks": cell.tasks,
        "measured_tasks": visit.tasks,
        "head": visit.head,
        "shown": visit.round < 2,  # which show where answers part, of cells or of processes
        "metadata": {
            keys.CELL: visit.planned.id,
            keys.ROUND: visit.round,
            keys.POSITION: visit.position,
            keys.WORKLOAD: cell.workload.name,
            keys.WORKLOAD_PARAMS: json.dumps(cell.workload.params),
            keys.STRATEGY: cell.strategy.name,
            keys.STRATEGY_PARAMS: json.dumps(cell.strategy.params),
            keys.TASKS: cell.tasks,
            keys.MEASURED_TASKS: visit.tasks,
            keys.WORKERS: visit.planned.workers,
            **({keys.SIDE: visit.planned.side} if visit.planned.side else {}),
        },
    }


@dataclass(frozen=True)
class Workshop:
    """The processes of a run and a folder for what they write, both gone when it ends."""

    children: Children
    folder: Path


@contextmanager
def workshop(results: Path) -> Iterator[Workshop]:
    """The machine to ourselves; UsageError while another run has it."""
    with held(results), TemporaryDirectory(prefix="concbench-") as name, Children() as children:
        children.remove_if_killed(Path(name))
        yield Workshop(children, Path(name))


@contextmanager
def open_lab(
    shop: Workshop,
    sides: Sequence[MeasuredSide],
    cells: Sequence[PlannedCell],
    seed: int,
    elapsed: float = 0.0,
    memory: bool = False,
    proof: Proof | None = None,
    exact: bool = False,
) -> Iterator[Lab]:
    """A lab with the fixtures of every side's workloads."""
    with ExitStack() as stack:
        equipped = {}
        for side in sides:
            own = [one for one in cells if one.side == side.title and not one.reason]
            workloads = {one.cell.workload.label: one.cell.workload for one in own}
            fixtures = stack.enter_context(running(shop.children, workloads.values(), side))
            equipped[side.title] = EquippedSide(side, fixtures)
        workers = Workers(shop.children, shop.folder, equipped, seed, proof=proof, exact=exact)
        yield Lab(workers, elapsed, memory=memory)


@contextmanager
def laboratory(results: Path, cells: Sequence[PlannedCell], seed: int = 0) -> Iterator[Lab]:
    """All of it for cells without sides."""
    with workshop(results) as shop, open_lab(shop, [MeasuredSide("")], cells, seed) as lab:
        yield lab
