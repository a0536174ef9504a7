"""Run what a whole run shares (a server, a data file), each in a host process of its own.

A host enters the workload's `fixture()`, prints what it gives as one line of JSON, and leaves it
when its standard input ends: with the run, or with the driver.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from tempfile import TemporaryFile
from typing import IO

from concbench.reports.codes import coded
from concbench.reports.errors import MALFORMED

from ..contracts import Plain
from ..errors import Exit, UsageError
from ..processes.children import Children, Process, line, wait
from ..processes.outputs import malformed
from ..processes.variables import environment
from ..sides import MeasuredSide
from ..spec import Spec, load

HERE = MeasuredSide("")
READY_SECONDS = 30.0
LEAVING_SECONDS = 5.0
OUTPUT_BYTES = 4000  # the end of a traceback


@contextmanager
def running(
    children: Children,
    specs: Iterable[Spec],
    side: MeasuredSide = HERE,
    seconds: float = READY_SECONDS,
) -> Iterator[Fixtures]:
    """The fixtures of those workloads that have one, ready for use, as the side has them.

    Raises FixtureFailed, with what the host itself printed, unless all are ready in time.
    """
    with ExitStack() as stack:

        def start(spec: Spec) -> Host:
            return stack.enter_context(_hosting(children, spec, side, seconds, fixtures))

        fixtures = Fixtures(start, seconds)
        deadline = time.monotonic() + seconds
        for spec in {spec.label: spec for spec in specs}.values():
            if _has_fixture(spec, side):
                fixtures.hosts.append(start(spec))
        for host in fixtures.hosts:
            fixtures.given[host.spec.label] = host.given(max(0.0, deadline - time.monotonic()))
        yield fixtures


class FixtureFailed(UsageError):
    """A fixture that did not get ready: what it said."""

    exit = Exit.FAILED


def _has_fixture(spec: Spec, side: MeasuredSide) -> bool:
    known = side.about.get("fixtures")
    if known is not None:
        return spec.label in known
    return side.foreign or hasattr(load(spec.target), "fixture")


@dataclass
class Fixtures:
    """What the fixtures gave, by the label of their workload."""

    start: Callable[[Spec], Host] | None = None
    seconds: float = READY_SECONDS
    given: dict[str, dict[str, Plain]] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)  # what went wrong as they were left
    hosts: list[Host] = field(default_factory=list)
    replaced: set[int] = field(default_factory=set)
    """Process numbers of hosts that ended before their time, of which is said already."""

    def dead(self) -> str | None:
        """Which fixture has ended before its time and what it printed last, or None."""
        return next((host.ended() for host in self.hosts if host.process.poll() is not None), None)

    def revive(self) -> None:
        """Start those anew that have ended; one that fails again stays as it is, and is noted."""
        for place, host in enumerate(self.hosts):
            if host.process.poll() is None:
                continue
            how, _, said = host.ended().partition("\n")
            how = f"{how.rstrip(':')}, and was restarted"
            self.trouble.append(coded("fixture-ended", f"{how}\n{said}".strip()))
            self.replaced.add(host.process.pid)
            assert self.start is not None  # or there were no host
            self.hosts[place] = self.start(host.spec)
            try:
                self.given[host.spec.label] = self.hosts[place].given(self.seconds)
            except FixtureFailed as error:
                self.trouble.append(coded("fixture-failed", str(error)))


@dataclass(frozen=True)
class Host:
    """The driver's end of a host process."""

    spec: Spec
    process: Process
    stderr: IO[bytes]

    def given(self, seconds: float) -> dict[str, Plain]:
        """What its fixture gives, once it is ready; FixtureFailed when it is not in time."""
        text = line(self.process, seconds)
        name = f"the fixture of {self.spec.label}"
        if text is None and wait(self.process, 0.5) is not None:
            raise FixtureFailed(self.ended())
        if text is None:
            raise FixtureFailed(f"{name} is not ready in time{self._output()}")
        try:
            return dict(json.loads(text))
        except MALFORMED as error:
            why = malformed(text.decode(errors="replace"), error)
            raise FixtureFailed(f"what {name} gives cannot be read: {why}") from None

    def ended(self) -> str:
        code = self.process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended (exit code {code})"
        return f"the fixture of {self.spec.label} {how}{self._output()}"

    def leave(self, seconds: float) -> str | None:
        """Have the fixture left; what went wrong with that, or None."""
        if self.process.poll() is not None:
            return coded("fixture-ended", self.ended())
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = wait(self.process, seconds)
        if code is None:
            late = f"the fixture of {self.spec.label} did not end in {seconds:.0f} s and was killed"
            return coded("fixture-stuck", late)
        return coded("fixture-ended", self.ended()) if code else None

    def _output(self) -> str:
        # Not `seek`: the host shares the position, and would go on writing from there.
        file = self.stderr.fileno()
        start = max(0, os.fstat(file).st_size - OUTPUT_BYTES)
        text = os.pread(file, OUTPUT_BYTES, start).decode(errors="replace").strip()
        return ":\n  " + text.replace("\n", "\n  ") if text else ""


@contextmanager
def _hosting(
    children: Children, spec: Spec, side: MeasuredSide, seconds: float, fixtures: Fixtures
) -> Iterator[Host]:
    request = {"spec": asdict(spec), "seconds": seconds}
    with TemporaryFile() as stderr:
        process = children.start(
            side.command("from concbench.processes.fixture_host import main; main()"),
            env=environment(side.variables),
            cwd=side.folder,
            stdin=subprocess.PIPE,
            stdout=stderr,
            stderr=stderr,
            answers=subprocess.PIPE,
        )
        assert process.stdin is not None
        host = Host(spec, process, stderr)
        try:
            with suppress(BrokenPipeError):  # it ended already, and `given` says why
                process.stdin.write(json.dumps(request).encode() + b"\n")
            yield host
        finally:
            reason = host.leave(min(seconds, LEAVING_SECONDS))
            if reason and process.pid not in fixtures.replaced:
                fixtures.trouble.append(reason)
            if strays := children.end(process):
                left = f"the fixture of {spec.label} left processes running: {', '.join(strays)}"
                fixtures.trouble.append(coded("left-running", left))
