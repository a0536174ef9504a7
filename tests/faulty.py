"""Plug-ins with the faults that probes look for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

kept = []
"""What nobody closes."""


@dataclass(frozen=True)
class Leaking:
    """A blocking workload that leaves behind, for each lane, what its `what` says."""

    tasks: ClassVar[int] = 4
    workers: ClassVar[int] = 2

    what: str = "nothing"

    @contextmanager
    def open(self):
        yield lambda i: i
        getattr(self, self.what)()

    def nothing(self):
        pass

    def thread(self):
        threading.Thread(target=threading.Event().wait, name="sleeper", daemon=True).start()

    def thousand(self):
        for _ in range(1000):
            self.thread()

    def child(self):
        code = "import time; time.sleep(3600)"
        kept.append(subprocess.Popen([sys.executable, "-S", "-c", code]))

    def dead(self):
        kept.append(subprocess.Popen(["/bin/true"]))

    def file(self):
        kept.append(tempfile.TemporaryFile())  # noqa: SIM115  # that is the fault

    def unclosed(self):
        open(__file__)  # noqa: SIM115, PTH123  # the same

    def coroutine(self):
        async def fetch():
            pass

        fetch()


@dataclass(frozen=True)
class LeavingTasks:
    """An async workload that leaves a task in the loop."""

    tasks: ClassVar[int] = 4
    workers: ClassVar[int] = 2

    @asynccontextmanager
    async def aopen(self):
        async def refresh():
            await asyncio.sleep(3600)

        async def call(i):
            return i

        kept.append(asyncio.create_task(refresh()))
        yield call


@dataclass(frozen=True)
class Freezing:
    """An async workload whose task number `at` computes, while the others wait."""

    tasks: ClassVar[int] = 40
    workers: ClassVar[int] = 2

    seconds: float = 0.05
    at: int = 20
    waits: float = 0.005

    @asynccontextmanager
    async def aopen(self):
        async def call(i):
            await asyncio.sleep(self.waits)
            if i == self.at:
                time.sleep(self.seconds)
            return i

        yield call


@dataclass(frozen=True)
class Sleeping:
    """Sleeps, and says how many it lets run at once."""

    tasks: ClassVar[int] = 24
    workers: ClassVar[int] = 6
    at_once: ClassVar[int] = 6

    seconds: float = 0.005

    @contextmanager
    def open(self):
        yield self.call

    def call(self, i):
        time.sleep(self.seconds)
        return i


@dataclass(frozen=True)
class Printing:
    """Prints on standard output and reads standard input, as a user's code may."""

    tasks: ClassVar[int] = 2
    workers: ClassVar[int] = 2

    @contextmanager
    def open(self):
        yield self.call

    def call(self, i):
        print("memory", flush=True)
        return [i, sys.stdin.read()]


@dataclass(frozen=True)
class Starved:
    """A pool with a third of the lanes that were asked for."""

    workers: int

    @contextmanager
    def open(self, lanes):
        with lanes.threads(self.workers // 3) as pool:
            yield lambda tasks: list(pool.map(_in_lane(), tasks))


@dataclass(frozen=True)
class OwnLoop:
    """Makes its event loop itself."""

    workers: int

    @contextmanager
    def open(self, lanes):
        with asyncio.Runner() as loop, lanes.threads(self.workers) as pool:

            async def batch(tasks):
                run = partial(asyncio.get_running_loop().run_in_executor, pool, _in_lane())
                return await asyncio.gather(*map(run, tasks))

            yield lambda tasks: loop.run(batch(tasks))


@dataclass(frozen=True)
class Counting:
    """Counts its tasks itself instead of taking them."""

    @contextmanager
    def open(self, lanes):
        with lanes.blocking() as call:
            yield lambda tasks: [call(i) for i in range(len(tasks))]


@dataclass(frozen=True)
class Slicing:
    """Takes its tasks in every way but one after the other."""

    @contextmanager
    def open(self, lanes):
        with lanes.blocking() as call:

            def batch(tasks):
                half = len(tasks) // 2
                one = [call(tasks[at]) for at in range(half)]
                return one + [call(i) for i in list(tasks[half:])]

            yield batch


@dataclass(frozen=True)
class Lazy:
    """Runs nothing."""

    @contextmanager
    def open(self, lanes):
        with lanes.blocking():
            yield lambda tasks: iter(tasks)


def _in_lane():
    from concbench.lanes.lane import in_lane  # as a third party's strategy does

    return in_lane
