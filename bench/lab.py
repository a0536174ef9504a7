"""Runs one worker process after the other and reads what each leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from . import engine
from .canary import measure as measure_canary
from .children import Children, environment, interpreter_command, wait
from .fixtures import Fixtures
from .machine import affinity, cpus
from .plan import Planned
from .rounds import Failed, Measured, Visit
from .spec import Cell, Spec

WORKER = interpreter_command("from bench.worker import main; main()")
LINES = 5
"""Lines of a crashed worker's stderr that are kept."""


@dataclass(frozen=True)
class Call:
    """How a worker is called: pyperf's options, the round, and seconds until it is killed."""

    options: list[str]
    round: int
    timeout: float


class Lab:
    """The processes of one run, in a folder of its own for what they write."""

    def __init__(
        self,
        children: Children,
        folder: Path,
        fixtures: Fixtures,
        *,
        seed: int,
        elapsed: float = 0.0,
    ) -> None:
        self._children = children
        self._folder = folder
        self._fixtures = fixtures
        self._seed = seed
        self._began = time.monotonic() - elapsed
        self._affinity = affinity()
        self._strays: list[str] = []
        self._unknown = ""

    def elapsed(self) -> float:
        """Seconds of this run, those before an interruption included."""
        return time.monotonic() - self._began

    def trouble(self) -> list[str]:
        """What a reader should know, a line each; complete once the fixtures are left."""
        ended = [f"a worker left behind, and we ended: {name}" for name in self._strays]
        return [*dict.fromkeys(ended), *filter(None, [self._unknown]), *self._fixtures.trouble]

    def canary(self) -> dict[str, Any]:
        self._strays += self._children.sweep()
        found = measure_canary(self._children, cpus())
        if found.delivered is None:
            self._unknown = f"the CPUs delivered are not known of every round: {found.reason}"
        return {"cpus": cpus(), **vars(found)}

    def scout(self, planned: Planned, timeout: float) -> float | Failed:
        job = {"kind": "scout", "tasks": planned.cell.tasks}
        text = self._run(planned.cell, job, Call([], 0, timeout))
        return text if isinstance(text, Failed) else float(json.loads(text)["seconds_per_task"])

    def calibrate(self, visit: Visit) -> int | Failed:
        options = engine.calibration_arguments(self._affinity)
        text = self._run(visit.planned.cell, _job(visit), _call(visit, options))
        return text if isinstance(text, Failed) else engine.loops(engine.loads(text))

    def measure(self, visit: Visit) -> Measured | Failed:
        options = engine.arguments(visit.loops, visit.values, self._affinity)
        text = self._run(visit.planned.cell, _job(visit), _call(visit, options))
        if isinstance(text, Failed):
            return text
        run = engine.loads(text).get_runs()[0]
        facts = run.get_metadata()
        seconds = statistics.median(run.values)
        return Measured(seconds, facts["cb_answer"], facts["cb_answer_head"], text)

    def _run(self, cell: Cell, job: dict[str, Any], call: Call) -> str | Failed:
        """Run a worker to its end; the text of its result, or why there is none."""
        folder = self._folder / "worker"
        folder.mkdir()
        try:
            whole = {
                **job,
                "workload": vars(self._with_given(cell.workload)),
                "strategy": vars(cell.strategy),
            }
            (folder / "job.json").write_text(json.dumps(whole), encoding="utf-8")
            return self._exchange(folder, call)
        finally:
            shutil.rmtree(folder)

    def _exchange(self, folder: Path, call: Call) -> str | Failed:
        with (folder / "stderr").open("wb") as stderr:
            process = self._children.start(
                [*WORKER, str(folder / "job.json"), *call.options],
                env=self._environment(call.round),
                stderr=stderr,
            )
        try:
            code = wait(process, call.timeout)
        except BaseException:
            self._children.kill(process)  # before its folder is removed under it
            raise
        if code is None:
            self._children.kill(process)
            return Failed("timeout", f"timed out after {call.timeout:g} s (longer with --timeout)")
        self._strays += self._children.end(process)
        if code == 0 and (folder / "result.json").exists():
            return (folder / "result.json").read_text(encoding="utf-8")
        return self._failed(folder, code)

    def _failed(self, folder: Path, code: int) -> Failed:
        if (folder / "error.json").exists():
            failed = Failed(**json.loads((folder / "error.json").read_text(encoding="utf-8")))
        else:
            failed = Failed("crash", f"crashed: {_ending(code)}", _tail(folder / "stderr"))
        if dead := self._fixtures.dead():
            first, _, rest = dead.partition("\n")
            return replace(failed, message=first, traceback=f"{rest}\n{failed.traceback}")
        return failed

    def _environment(self, number: int) -> dict[str, str]:
        # One hash seed a round, and another in the next: cells of a round differ by nothing else.
        seed = Random(f"{self._seed}/hash/{number}").randrange(1, 2**32)
        ours = {"TMPDIR": str(self._folder), "PYTHONHASHSEED": str(seed)}
        return environment({**ours, **_kept("PYTHONHASHSEED")})

    def _with_given(self, workload: Spec) -> Spec:
        return replace(workload, given=self._fixtures.given.get(workload.label, {}))


def _call(visit: Visit, options: list[str]) -> Call:
    return Call(options, visit.round, visit.timeout)


def _kept(name: str) -> dict[str, str]:
    return {name: os.environ[name]} if name in os.environ else {}


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
        },
    }


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    from signal import Signals

    try:
        return f"killed by {Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _tail(path: Path) -> str:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4096))
        lines = stream.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-LINES:])
