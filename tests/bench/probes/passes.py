"""Probe passes in workers of their own, as the driver starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from concbench.driver.probe_results import probed
from concbench.plan.plugins import find
from concbench.processes.children import interpreter_command
from concbench.spec import Spec

FAULTY = Path(__file__).parents[2] / "faulty.py"
THIRD = Path(__file__).parents[2] / "third_party.py"
COMMAND = interpreter_command("from concbench.worker import main; main()")
ALL = ["latency", "lag", "trace"]


def workload(name: str, **params: object) -> Spec:
    """A faulty one, or a built-in one."""
    if name[0].islower():
        return Spec(name, find("workloads", name).target, params)
    return Spec(name, f"{FAULTY}:{name}", params)


def strategy(name: str, **params: object) -> Spec:
    target = f"{FAULTY}:{name}" if name[0].isupper() else find("strategies", name).target
    return Spec(name, target, params)


def worked(job: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What a worker left for a job, and what it said; its standard input is at its end."""
    with TemporaryDirectory() as name, TemporaryFile() as said:
        path = Path(name, "job.json")
        path.write_text(json.dumps(job), encoding="utf-8")
        # No pipe: what is left behind on purpose would keep it open.
        streams = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": subprocess.DEVNULL}
        worker = subprocess.Popen([*COMMAND, str(path)], start_new_session=True, **streams)
        try:
            worker.wait(60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
        error = Path(name, "error.json")
        assert not error.exists(), json.loads(error.read_text())["traceback"]
        said.seek(0)
        return json.loads(Path(name, "result.json").read_text()), said.read().decode()


def job(work: Spec, how: Spec, tasks: int, probes: list[str]) -> dict[str, Any]:
    specs = {"workload": asdict(work), "strategy": asdict(how)}
    return {"run": "concbench.probes.job:probe", "probes": probes, "tasks": tasks, **specs}


def seen(work: Spec, how: Spec, tasks: int = 24, probes: list[str] = ALL) -> dict[str, Any]:
    """What would be stored of a cell."""
    return probed(worked(job(work, how, tasks, probes))[0], probes)
