"""The lab of a run: the machine to itself, a folder, fixtures, and one worker after the other."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from concbench.reports.codes import coded
from concbench.reports.run import keys
from concbench.reports.run.values import undisturbed, usual

from .. import engine
from ..machine.canary import glance
from ..machine.canary import measure as measure_canary
from ..machine.identity import affinity, cpus
from ..plan.cells import PlannedCell
from ..processes import strays
from ..processes.children import Children
from ..processes.lock import held
from ..processes.outputs import Failed, parsed
from ..sides import MeasuredSide
from ..sides.proof import Proof
from . import probe_results, probe_visits
from .fixtures import HERE, running
from .probe_results import Pass
from .probing import Owed
from .rounds import Measurement, Visit
from .schedule import Scouting
from .turns import take_turns
from .workers import EquippedSide, Launch, Leftover, Worker, Workers

LOST = "the process that cleans up after a killed run was killed itself, and restarted"


class Lab:
    """Runs the worker processes of one run, `elapsed` seconds of which are over already."""

    def __init__(
        self, workers: Workers, elapsed: float = 0.0, *, probes: Sequence[str] = ()
    ) -> None:
        self._workers, self._probes, self.proof = workers, tuple(probes), workers.proof
        self._began = time.monotonic() - elapsed
        self._affinity, self._unknown = affinity(), ""

    def elapsed(self) -> float:
        """Seconds of this run, those before an interruption included."""
        return time.monotonic() - self._began

    def trouble(self) -> list[str]:
        """What a reader should know, a line each; complete once the fixtures are left."""
        fixtures = [line for one in self._workers.sides.values() for line in one.fixtures.trouble]
        proof = self.proof.trouble() if self.proof else []
        notes = filter(None, [self._unknown, self._lost()])
        return [*notes, *fixtures, *proof]

    def leftovers(self) -> dict[str, Leftover]:
        """What its workers left running so far."""
        return self._workers.leftovers

    def _lost(self) -> str:
        lost = self._workers.children.lost_guardians
        return coded("cleanup-killed", LOST) if lost else ""

    def sweep(self) -> None:
        """End what left its session and outlived its worker."""
        self._workers.note(self._workers.children.sweep())

    def canary(self) -> dict[str, Any]:
        """What the machine delivers now, as the journal stores it."""
        self.sweep()
        reading = measure_canary(self._workers.children, cpus())
        if reading.reason:
            unknown = f"CPUs delivered are unknown in some rounds: {reading.reason}"
            self._unknown = coded("cpus-unknown", unknown)
        return vars(reading)

    def glance(self) -> float | None:
        """What the machine delivers in the middle of a round, in the canary's unit."""
        return glance(self._workers.children, cpus())

    def scout(self, planned: PlannedCell, timeout: float) -> Scouting | Failed:
        """Seconds of a task in turn, and of starting a worker with one lane."""
        job = {
            "run": "concbench.worker.scouting:scout",
            "tasks": planned.cell.tasks,
            "draw": f"{self._workers.seed}/scout",
        }
        launch = Launch([], 0, timeout, planned.side)
        began = time.monotonic()
        with self._workers.started(planned.cell, job, launch) as worker:
            text = worker.result()
        return parsed(text, partial(_scouting, time.monotonic() - began))

    def ask(
        self, planned: PlannedCell, job: Mapping[str, Any], timeout: float, number: int = 0
    ) -> str | Failed:
        """The text that another job of a worker leaves, with the hash seed of that round."""
        launch = Launch([], number, timeout, planned.side)
        with self._workers.started(planned.cell, job, launch) as worker:
            return worker.result()

    def measure(self, visit: Visit) -> Measurement | Failed:
        """Measure the cell once."""
        outcome = self._measured(visit)
        if isinstance(outcome, Failed) and self._workers.sides[visit.planned.side].fixtures.dead():
            outcome = self._measured(visit)  # its fixture is another by now: not the cell's fault
        return self._with_probes(visit, outcome)

    def measure_in_turns(
        self, visits: Sequence[Visit], random: Random, watch: Callable[[Visit], None]
    ) -> list[Measurement | Failed]:
        """Measure cells whose workers are alive together; fewer where memory has no room for all.

        One whose fixture has died is measured again, alone.
        """
        start = partial(self.started, in_turns=True)
        seats = take_turns(visits, start, self.elapsed, random, watch)
        outcomes = []
        for visit, seat in zip(visits, seats, strict=False):
            assert seat.outcome is not None
            outcome = parsed(seat.outcome, _measurement)
            fixtures = self._workers.sides[visit.planned.side].fixtures
            if isinstance(outcome, Measurement):
                outcome = replace(outcome, took=seat.took, turns=seat.turns)
            elif fixtures.dead():
                outcome = self._measured(visit)
            outcomes.append(outcome)
        return [self._with_probes(*one) for one in zip(visits, outcomes, strict=False)]

    def _measured(self, visit: Visit) -> Measurement | Failed:
        began = self.elapsed()
        with self.started(visit) as worker:
            outcome = parsed(worker.result(), _measurement)
        if isinstance(outcome, Failed):
            return outcome
        return replace(outcome, took=self.elapsed() - began)

    def started(self, visit: Visit, *, in_turns: bool = False) -> AbstractContextManager[Worker]:
        options = engine.arguments(visit.loops, visit.values, self._affinity)
        launch = Launch(options, visit.round, visit.timeout, visit.planned.side)
        # Another sample in every round: intervals so hold how unlike tasks are.
        cell = visit.planned.cell
        kept = sha256(f"{cell.workload.label} x {cell.tasks}".encode()).hexdigest()[:16]
        job = {
            **_job(visit),
            "in_turns": in_turns,
            "opens_together": in_turns and visit.beside > 0,
            "draw": f"{self._workers.seed}/{visit.round}",
            "model": str(self._workers.folder / f"first-results-{kept}"),
        }
        return self._workers.started(cell, job, launch)

    def _with_probes(self, visit: Visit, outcome: Measurement | Failed) -> Measurement | Failed:
        """The same with what a probe pass tells of it, where one is asked for."""
        if isinstance(outcome, Failed) or not self._probes:
            return outcome
        planned = visit.planned
        owed = Owed(
            *(planned, planned.cell, visit.tasks, self._probes, "", outcome.seconds, 0.0),
            planned.side,
        )
        metrics, _ = self.probe(owed, visit.timeout)
        of = {name: metrics.get(name, {}) for name in ("memory", "latency", "lag")}
        return replace(
            outcome,
            memory=of["memory"].get("peak_pss_bytes"),
            p99=of["latency"].get("running_seconds", {}).get("p99"),
            max_lag=of["lag"].get("max"),
            absent={name: why for name, why in metrics["absent"].items() if name in of},
        )

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


def _scouting(passed: float, text: str) -> Scouting:
    result = json.loads(text)
    names = ("seconds_per_task", "batches", "startup_cpu", "cpu_per_task", "shared_cpu")
    per_task, batches, opening, task, shared = (float(result[name]) for name in names)
    startup, lane_bytes = max(0.0, passed - batches), int(result["lane_bytes"])
    return Scouting(per_task, startup, opening, task, shared, lane_bytes)


def _measurement(text: str) -> Measurement:
    benchmark = engine.loads(text)
    run = benchmark.get_runs()[0]
    facts = run.get_metadata()
    seconds = undisturbed(run.values)
    answers = facts[keys.ANSWER], facts[keys.ANSWER_HEAD]
    one_shot = sum(facts[key] for key in (keys.STARTUP, keys.FIRST_BATCH, keys.CLOSE))
    counted = json.loads(facts.get(keys.METRICS, "{}"))
    return Measurement(
        *(seconds, *answers, text, one_shot, facts.get(keys.CPU)),
        startup=facts[keys.STARTUP],
        metrics=counted,
        usual=usual(run.values),
        loops=engine.loops(benchmark),
        part_answers=json.loads(facts.get(keys.PART_ANSWERS, "[]")),
        part_seconds=json.loads(facts.get(keys.PART_SECONDS, "[]")),
    )


def _job(visit: Visit) -> dict[str, Any]:
    cell = visit.planned.cell
    return {
        "run": "concbench.worker.measuring:measure",
        "name": cell.name,
        "tasks": cell.tasks,
        "measured_tasks": visit.tasks,
        "parts": visit.parts,
        "part": visit.part,
        "head": visit.head,
        "first_counts": visit.first_counts,
        "calibrate": not visit.loops,
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
def workshop() -> Iterator[Workshop]:
    """The machine to ourselves; UsageError while another run has it."""
    with held(), Children() as children:
        strays.end_orphans()
        yield Workshop(children, children.new_folder())


@contextmanager
def open_lab(
    shop: Workshop,
    sides: Sequence[MeasuredSide],
    cells: Sequence[PlannedCell],
    seed: int,
    elapsed: float = 0.0,
    probes: Sequence[str] = (),
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
        yield Lab(workers, elapsed, probes=probes)


@contextmanager
def laboratory(
    cells: Sequence[PlannedCell], seed: int = 0, side: MeasuredSide = HERE
) -> Iterator[Lab]:
    """All of it for cells of one side."""
    with workshop() as shop, open_lab(shop, [side], cells, seed) as lab:
        yield lab
