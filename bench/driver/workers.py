"""Runs one worker process to its end and reads what it leaves: a result, or why there is none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from signal import Signals
from tempfile import mkdtemp
from typing import Any

from .. import imports
from ..errors import UsageError
from ..processes import outputs, stacks
from ..processes.children import Children, Process, Stream, line, wait
from ..processes.outputs import Failed
from ..processes.parking import GO
from ..processes.variables import environment
from ..sides import MeasuredSide
from ..sides.proof import Proof
from ..spec import Cell
from ..store.journal import remedy
from .fixtures import Fixtures

WORKER = "from concbench.worker import main; main()"
LONGER = " (longer with --timeout)"
LINES = 5
"""Lines of a crashed worker's stderr that are shown."""
LOOK_SECONDS, ENDING_SECONDS, ENDED_SECONDS = 1.0, 5.0, 0.05
"""Between two looks at what a worker has written, and for it to end: when that is all, and when it
has closed what it answers with."""


@dataclass(frozen=True)
class Launch:
    """How a worker starts: pyperf's options, the round, seconds until it is killed, its side."""

    options: list[str]
    round: int
    timeout: float
    side: str = ""


@dataclass
class Leftover:
    """Processes of one kind that workers left running: the first's cell ("" unknown), how many."""

    cell: str
    times: int = 0


@dataclass(frozen=True)
class EquippedSide:
    """A side, and the fixtures of its workloads."""

    side: MeasuredSide
    fixtures: Fixtures


@dataclass(frozen=True)
class Workers:
    """Starts the workers of one run, one after the other, in a folder for what they write."""

    children: Children
    folder: Path
    sides: Mapping[str, EquippedSide]
    """By the title of the side."""
    seed: int
    strays: list[str] = field(default_factory=list)
    """What they left running, and we ended."""
    leftovers: dict[str, Leftover] = field(default_factory=dict)
    """The same by what it is, as all that differs in numbers is one kind."""
    proof: Proof | None = None
    """Told what each worker imported."""
    exact: bool = False
    """Whether floats of answers are compared to the last digit."""

    def note(self, strays: list[str], cell: str = "") -> None:
        """Take in what a worker of a cell has left running."""
        self.strays.extend(strays)
        for name in strays:
            what = name.partition(" (pid ")[0]
            alike = (one for one in self.leftovers if _kind(one) == _kind(what))
            known = self.leftovers.setdefault(next(alike, what), Leftover(cell))
            known.times += 1

    @contextmanager
    def started(
        self, cell: Cell, job: Mapping[str, Any], launch: Launch, pipe: Stream = subprocess.DEVNULL
    ) -> Iterator[Worker]:
        """A worker at its job, with `pipe` as standard input and output.

        One whose job says `in_turns` tells when it is ready, and waits to be told to go on.
        """
        in_turns = bool(job.get("in_turns"))
        equipped = self.sides[launch.side]
        equipped.fixtures.revive()
        side, given = equipped.side, equipped.fixtures.given.get(cell.workload.label, {})
        specs = {"workload": replace(cell.workload, given=given), "strategy": cell.strategy}
        plugins = {key: vars(spec) for key, spec in specs.items()}
        folder = self._new_folder({**job, "exact": self.exact, **plugins})
        process = None
        try:
            with (folder / "stderr").open("wb") as stderr:
                process = self.children.start(
                    [*side.command(WORKER), str(folder / "job.json"), *launch.options],
                    env=self._environment(launch.round, side, folder),
                    cwd=side.folder,
                    stdin=subprocess.PIPE if in_turns else pipe,
                    stdout=pipe,
                    stderr=stderr,
                    answers=subprocess.PIPE if in_turns else subprocess.DEVNULL,
                )
            yield Worker(
                self, process, folder, launch, time.monotonic() + launch.timeout, cell.name
            )
        except BaseException:
            if process is not None:
                self.children.kill(process)  # before its folder is removed under it
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # its work may have removed it before

    def _new_folder(self, job: Mapping[str, Any]) -> Path:
        """A new one for every worker: no other can have left anything there."""
        try:
            self.children.make(self.folder)  # a workload may have removed its TMPDIR
            folder = Path(mkdtemp(prefix="worker-", dir=self.folder))
            (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"cannot write {self.folder}: {error.strerror}\n"
                f"  what was measured before is kept: {remedy(error)}"
            ) from None
        return folder

    def _environment(self, number: int, side: MeasuredSide, folder: Path) -> dict[str, str]:
        # One hash seed a round, and another in the next: cells of a round differ by nothing else.
        seed = Random(f"{self.seed}/hash/{number}").randrange(1, 2**32)
        hash_seed = os.environ.get("PYTHONHASHSEED", str(seed))
        ours = {"TMPDIR": str(self.folder), "PYTHONHASHSEED": hash_seed}
        if self.proof:
            ours[imports.FOLDER] = str(folder)
        return environment({**ours, **side.variables})


@dataclass
class Worker:
    """A process that was started; ask for its `result` last."""

    workers: Workers
    process: Process
    folder: Path
    launch: Launch
    deadline: float
    cell: str

    def left(self) -> float:
        """Seconds until it is killed."""
        return max(0.0, self.deadline - time.monotonic())

    def ready(self) -> bool:
        """Wait until it waits for its turn, as long as it has time; whether it does."""
        while line(self.process, min(self.left(), LOOK_SECONDS)) is None:
            ended = wait(self.process, ENDED_SECONDS) is not None or self._done()
            if ended or not self.left():
                return False
        return True

    def go(self) -> None:
        """Let it go on, with as much time as a launch has; one that has died says so as it ends."""
        assert self.process.stdin is not None
        self.deadline = time.monotonic() + self.launch.timeout
        with suppress(BrokenPipeError):
            self.process.stdin.write(GO)

    def kill(self) -> None:
        """End it, with all that it started, whatever it does."""
        self.workers.children.kill(self.process)

    def result(self) -> str | Failed:
        """Wait for its end, and end what is left of it; the text of its result, or why none."""
        children = self.workers.children
        code = self._code()
        if code is None:
            said = stacks.of_tree(self.process.pid, self.folder / "stderr")
            children.kill(self.process)
            return self._hung(said)
        self.workers.note(children.end(self.process), self.cell)
        if code == 0 and (self.folder / "result.json").exists():
            if self.workers.proof:
                self.workers.proof.read(self.launch.side, self.folder)
            return outputs.text_of(self.folder / "result.json")
        return self._failure(code)

    def _code(self) -> int | None:
        """Its exit code; None where its time is over, or its work is done and it does not end."""
        while (code := wait(self.process, min(self.left(), LOOK_SECONDS))) is None:
            if self._done():
                return wait(self.process, min(self.left(), ENDING_SECONDS))
            if not self.left():
                return None
        return code

    def _done(self) -> bool:
        return any((self.folder / name).exists() for name in ("error.json", "result.json"))

    def _hung(self, said: str) -> Failed:
        """What is known of a worker that was killed as it did not end, with its stacks."""
        if (self.folder / "error.json").exists():
            failed = self._failure(0)
            return replace(failed, message=f"{failed.message}, and did not end")
        if (self.folder / "result.json").exists():
            why = "a non-daemon thread, a child or an exit handler keeps it alive"
            return Failed("timeout", f"measured, but did not end: {why}", said)
        opening = ", still opening" if (self.folder / "opening").exists() else ""
        limit = f"{round(self.launch.timeout, 1):g} s{opening}"
        return Failed("timeout", f"timed out after {limit}{LONGER}", said)

    def _failure(self, code: int) -> Failed:
        failed = Failed("crash", f"crashed: {_ending(code)}", _tail(self.folder / "stderr"))
        if (error := self.folder / "error.json").exists():
            text = outputs.text_of(error, "error.json")
            fields = outputs.parsed(text, _error_fields, "error.json")
            if isinstance(fields, Failed):
                failed = replace(failed, message=f"{failed.message}, and {fields.message}")
            else:
                failed = Failed(*fields)
        if dead := self.workers.sides[self.launch.side].fixtures.dead():
            first, _, rest = dead.partition("\n")
            message = first.rstrip(":")
            return replace(failed, message=message, traceback=f"{rest}\n{failed.traceback}")
        return failed


def _kind(what: str) -> str:
    return re.sub(r"\d+", "0", what)


def _error_fields(text: str) -> list[str]:
    """Kind, message and traceback of a worker's own error, as `write_failure` wrote them."""
    record = json.loads(text)
    return [str(record[key]) for key in ("kind", "message", "traceback")]


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
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
