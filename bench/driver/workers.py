"""Runs one worker process to its end and reads what it leaves: a result, or why there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from ..errors import UsageError
from ..processes.children import Children, Process, Stream, wait
from ..processes.outputs import Failed, parsed, text_of
from ..processes.variables import environment
from ..sides import Side
from ..spec import Cell, Spec
from .fixtures import Fixtures

WORKER = "from bench.worker import main; main()"
LINES = 5
"""Lines of a crashed worker's stderr that are kept."""


@dataclass(frozen=True)
class Call:
    """How a worker is called: pyperf's options, the round, seconds until it is killed, its side."""

    options: list[str]
    round: int
    timeout: float
    side: str = ""


@dataclass(frozen=True)
class Place:
    """A side, and the fixtures of its workloads."""

    side: Side
    fixtures: Fixtures


@dataclass(frozen=True)
class Workers:
    """Starts the workers of one run, one after the other, in a folder for what they write."""

    children: Children
    folder: Path
    places: Mapping[str, Place]
    """By the title of the side."""
    seed: int
    strays: list[str] = field(default_factory=list)
    """What they left running, and we ended."""

    def result(self, cell: Cell, job: Mapping[str, Any], call: Call) -> str | Failed:
        """Run a worker to its end; the text of its result, or why there is none."""
        with self.started(cell, job, call) as worker:
            return worker.result()

    @contextmanager
    def started(
        self, cell: Cell, job: Mapping[str, Any], call: Call, pipe: Stream = subprocess.DEVNULL
    ) -> Iterator[Worker]:
        """A worker at its job, with `pipe` as standard input and output."""
        whole = {
            **job,
            "workload": vars(self._with_given(cell.workload, call.side)),
            "strategy": vars(cell.strategy),
        }
        folder = self._prepared(json.dumps(whole))
        try:
            yield from self._running(folder, call, pipe)
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # its work may have removed it before

    def _prepared(self, job: str) -> Path:
        """A new folder for every worker: no other can have left anything there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)  # a workload may have emptied its TMPDIR
            folder = Path(mkdtemp(prefix="worker-", dir=self.folder))
            (folder / "job.json").write_text(job, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"cannot write {self.folder}: {error.strerror}\n"
                "  what was measured before is kept: make room there and go on with --resume"
            ) from None
        return folder

    def _running(self, folder: Path, call: Call, pipe: Stream) -> Iterator[Worker]:
        side = self.places[call.side].side
        with (folder / "stderr").open("wb") as stderr:
            process = self.children.start(
                [*side.command(WORKER), str(folder / "job.json"), *call.options],
                env=self._environment(call.round, side),
                cwd=side.folder,
                stdin=pipe,
                stdout=pipe,
                stderr=stderr,
            )
        try:
            yield Worker(self, process, folder, call, time.monotonic() + call.timeout)
        except BaseException:
            self.children.kill(process)  # before its folder is removed under it
            raise

    def _environment(self, number: int, side: Side) -> dict[str, str]:
        # One hash seed a round, and another in the next: cells of a round differ by nothing else.
        seed = Random(f"{self.seed}/hash/{number}").randrange(1, 2**32)
        ours = {"TMPDIR": str(self.folder), "PYTHONHASHSEED": str(seed)}
        return environment({**ours, **_kept("PYTHONHASHSEED"), **side.variables})

    def _with_given(self, workload: Spec, side: str) -> Spec:
        given = self.places[side].fixtures.given
        return replace(workload, given=given.get(workload.label, {}))


@dataclass(frozen=True)
class Worker:
    """A process that was started; `result` has to be the last thing that is asked of it."""

    workers: Workers
    process: Process
    folder: Path
    call: Call
    deadline: float

    def left(self) -> float:
        """Seconds until it is killed."""
        return max(0.0, self.deadline - time.monotonic())

    def result(self) -> str | Failed:
        """Wait for its end, and end what is left of it; the text of its result, or why none."""
        children = self.workers.children
        code = wait(self.process, self.left())
        if code is None:
            children.kill(self.process)
            told = f"timed out after {self.call.timeout:g} s (longer with --timeout)"
            return Failed("timeout", told)
        self.workers.strays.extend(children.end(self.process))
        if code == 0 and (self.folder / "result.json").exists():
            return text_of(self.folder / "result.json")
        return self._failed(code)

    def _failed(self, code: int) -> Failed:
        failed = Failed("crash", f"crashed: {_ending(code)}", _tail(self.folder / "stderr"))
        if (error := self.folder / "error.json").exists():
            read = parsed(text_of(error, "error.json"), _error, "error.json")
            if isinstance(read, Failed):
                failed = replace(failed, message=f"{failed.message}, and {read.message}")
            else:
                failed = Failed(*read)
        if dead := self.workers.places[self.call.side].fixtures.dead():
            first, _, rest = dead.partition("\n")
            return replace(failed, message=first, traceback=f"{rest}\n{failed.traceback}")
        return failed


def _error(text: str) -> list[str]:
    """Kind, message and traceback of a worker's error, as `failure.write` left them."""
    record = json.loads(text)
    return [str(record[key]) for key in ("kind", "message", "traceback")]


def _kept(name: str) -> dict[str, str]:
    return {name: os.environ[name]} if name in os.environ else {}


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    from signal import Signals

    try:
        return f"killed by {Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 4096))
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError as error:  # removed by the worker, say
        return f"its stderr cannot be read: {error.strerror}"
    return "\n".join(lines[-LINES:])
