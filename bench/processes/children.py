"""Start, wait for and end process trees that never outlive us.

Every process carries a mark in its environment, so that whatever it starts can be found; the
guardian ends them all when the driver is killed.
"""

from __future__ import annotations

import math
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import IO, TypeAlias

from ..errors import UsageError
from . import scratch, strays
from .variables import ANSWERS, environment

Process: TypeAlias = subprocess.Popen[bytes]


def wait(process: Process, seconds: float | None) -> int | None:
    """Reap it; its exit code, or None when it still runs after `seconds`.

    `Popen.wait` looks every 50 ms; where the system has pidfds this does not.
    """
    if process.returncode is None and not _exits(process.pid, seconds):
        seconds = 0.0
    with suppress(subprocess.TimeoutExpired):
        return process.wait(seconds)
    return None


def _exits(pid: int, seconds: float | None) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or a sandbox that forbids it
        return True
    try:
        return _readable(descriptor, seconds)
    finally:
        os.close(descriptor)


def _readable(descriptor: int, seconds: float | None) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    most = 2**31 - 1  # milliseconds that it takes
    return bool(poller.poll(None if seconds is None else min(math.ceil(seconds * 1000), most)))


def line(process: Process, seconds: float) -> bytes | None:
    """The next line that it prints, less its end; None when none comes in time.

    At most one line may be on its way: what follows it would be lost.
    """
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    read = b""
    while not read.endswith(b"\n"):
        left = max(0.0, deadline - time.monotonic())
        descriptor = process.stdout.fileno()
        if not _readable(descriptor, left) or not (chunk := os.read(descriptor, 65536)):
            return None
        read += chunk
    return read[:-1]


Stream: TypeAlias = int | IO[bytes]

PROC = Path("/proc/self/environ")
LEAVING_SECONDS = 0.05  # for a process that is ending
HELPER_SECONDS = 1.0  # for forkservers and trackers to see that their user is gone; 10 ms as a rule


def interpreter_command(code: str) -> list[str]:
    """Run code in a fresh interpreter that imports nothing from the working directory.

    `-m` would put it first on the path, and a user's own `random.py` there before the real one.
    """
    return [sys.executable, "-P", "-c", code]


class Children:
    """The processes of one run; open it with `with`, which starts the guardian."""

    def __init__(self) -> None:
        self._mark = f"{strays.MARK}{os.getpid()}_{token_hex(8)}"
        self._numbers: dict[Process, str] = {}
        self._count = count(1)
        self._guardian: Process
        self._removed: list[Path] = []
        """What a guardian has been told to remove."""
        self._claims: dict[Path, int | None] = {}
        self.folder: Path | None = None
        """The first folder of this run, for temporary files of whatever it starts."""
        self.lost_guardians = 0

    def __enter__(self) -> Children:
        if sys.platform.startswith("linux") and not PROC.exists():
            raise UsageError(
                "/proc is empty: nobody could find and end what workers start; mount it\n"
                "  (mount -t proc proc /proc, or start the container or sandbox with one)"
            )
        self._guard()
        return self

    def _guard(self) -> None:
        code = f"from concbench.processes.guardian import main; main({self._mark!r})"
        self._guardian = subprocess.Popen(
            interpreter_command(code),
            env=environment(),
            stdin=subprocess.PIPE,  # subprocess closes its other end in every child
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
        for folder in self._removed:
            self._tell(b"remove " + os.fsencode(folder))

    def __exit__(self, *_: object) -> None:
        try:
            for process in list(self._numbers):
                self.kill(process)
            self.sweep()
            for folder in self._claims:
                shutil.rmtree(folder, ignore_errors=True)
            self._tell(b"bye")  # without it, after a second Ctrl-C here, the guardian does the rest
        finally:
            for descriptor in filter(None, self._claims.values()):
                os.close(descriptor)
            assert self._guardian.stdin is not None
            self._guardian.stdin.close()
            self._guardian.wait()

    def remove_if_killed(self, folder: Path) -> None:
        """Have the guardian remove the folder when the driver dies without a chance to."""
        self._removed.append(folder.absolute())
        self._tell(b"remove " + os.fsencode(folder.absolute()))

    def new_folder(self) -> Path:
        """A folder for what this run writes, which is gone at its end, whatever ends it."""
        try:
            scratch.remove_abandoned()
            folder = scratch.name()
            self.remove_if_killed(folder)  # before it is there
            self.make(folder)
        except OSError as error:
            raise UsageError(f"there is no room for temporary files: {error.strerror}") from None
        self.folder = self.folder or folder
        return folder

    def make(self, folder: Path) -> None:
        """Make a folder of this run unless it is there, as work may have removed it, and claim it.

        Nobody else's run would spare one that is not claimed.
        """
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700, parents=True)
            if gone := self._claims.get(folder):
                os.close(gone)
            self._claims[folder] = scratch.claim(folder, wait=True)

    def _tell(self, message: bytes) -> None:
        assert self._guardian.stdin is not None
        with suppress(BrokenPipeError):  # killed by someone, which the next start will see
            self._guardian.stdin.write(message + b"\0")

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = subprocess.DEVNULL,
        stderr: Stream = subprocess.DEVNULL,
        answers: Stream = subprocess.DEVNULL,
    ) -> Process:
        """Start a process in a session of its own, where no Ctrl-C reaches it.

        `answers`, a file or PIPE, is where variables.answers() of the child writes to; a pipe is
        read as the process's `stdout`.
        """
        if self._guardian.poll() is not None:  # killed by someone: nobody would tidy up after us
            self.lost_guardians += 1
            assert self._guardian.stdin is not None
            self._guardian.stdin.close()
            self._guard()
        number = str(next(self._count))
        with _answering(answers) as (writing, reading):
            process = subprocess.Popen(
                command,
                env={**env, self._mark: number, **({ANSWERS: str(writing)} if writing else {})},
                cwd=cwd,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                bufsize=0,
                pass_fds=[writing] if writing else [],
            )
            process.stdout = process.stdout or reading
        self._numbers[process] = number
        return process

    def end(self, process: Process) -> list[str]:
        """See that nothing is left of a process that has exited; names what had to be killed."""
        number = self._numbers.get(process)
        if process.poll() is None or number is None:
            self.kill(process)
            return []
        self._forget(process)
        if not _group_lives(process.pid):
            return []
        left = strays.find(self._mark, number.__eq__)
        helpers = [each for each in left if strays.is_helper(each)]
        others = strays.wait_gone([each for each in left if each not in helpers], LEAVING_SECONDS)
        names = [strays.describe(each) for each in others]
        strays.kill_these(others)  # a helper waits for the last of its users
        names += [strays.describe(each) for each in strays.wait_gone(helpers, HELPER_SECONDS)]
        strays.kill(self._mark, number.__eq__)
        return names

    def kill(self, process: Process) -> None:
        """End a process with all that it started, and reap it."""
        number = self._numbers.get(process)
        if number is not None:
            strays.kill(self._mark, number.__eq__)
        if process.returncode is None:
            # Some clear their environment.  It is not reaped yet, so the number is still its own.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            wait(process, strays.KILL_SECONDS)
        self._forget(process)

    def _forget(self, process: Process) -> None:
        self._numbers.pop(process, None)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def sweep(self) -> list[str]:
        """Kill what left its session and outlived its process; names it.  Takes about 1 ms."""

        def stray(number: str) -> bool:
            return number not in self._numbers.values()

        left = strays.find(self._mark, stray)
        names = [strays.describe(each) for each in left]
        if left:
            strays.kill(self._mark, stray)
        return names


@contextmanager
def _answering(answers: Stream) -> Iterator[tuple[int | None, IO[bytes] | None]]:
    """The descriptor that a child writes its answers to, and what reads them if it is a pipe."""
    if answers == subprocess.DEVNULL:
        yield None, None
    elif not isinstance(answers, int):
        yield answers.fileno(), None
    else:
        reader, writer = os.pipe()
        reading = os.fdopen(reader, "rb", buffering=0)
        try:
            yield writer, reading
        except BaseException:
            reading.close()
            raise
        finally:
            os.close(writer)


def _group_lives(group: int) -> bool:
    try:
        with suppress(PermissionError):  # it lives, and is not ours to signal
            os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
