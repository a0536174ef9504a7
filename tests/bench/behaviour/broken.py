"""Strategies broken on purpose: each gives a question another answer than its like would."""

from __future__ import annotations

import asyncio
import contextvars
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass

left = []
"""What nobody closes."""


def _in_lane():
    from concbench.lanes.lane import in_lane  # as a third party's strategy does

    return in_lane


@dataclass(frozen=True)
class Sequential:
    """A plain loop that does what its `how` says."""

    how: str = "dropping"

    @contextmanager
    def open(self, lanes):
        with lanes.blocking() as call:
            yield lambda tasks: getattr(self, f"_{self.how}")(call, tasks)

    def _dropping(self, call, tasks):
        return [call(i) for i in tasks][1:]

    def _collecting(self, call, tasks):
        def result(i):
            try:
                return call(i)
            except Exception as error:
                return error

        return [result(i) for i in tasks]

    def _wrapping(self, call, tasks):
        try:
            return [call(i) for i in tasks]
        except Exception as error:
            raise RuntimeError("a task failed") from error

    def _deaf(self, call, tasks):
        results = []
        for i in tasks:
            with suppress(TimeoutError):
                results.append(call(i))
        return results

    def _pickling(self, call, tasks):
        return [call(pickle.loads(pickle.dumps(i))) for i in tasks]

    def _counting(self, call, tasks):
        return [call(i) for i in range(len(tasks))]

    def _stubborn(self, call, tasks):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return [call(i) for i in tasks]

    def _littering(self, call, tasks):
        code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(3600)"
        left.append(subprocess.Popen([sys.executable, "-S", "-c", code]))
        return [call(i) for i in tasks]

    def _daemonic(self, call, tasks):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(
                    sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(3600)"]
                )
            os._exit(0)
        os.wait()
        return [call(i) for i in tasks]

    def _hanging(self, call, tasks):
        threading.Event().wait()

    def _crashing(self, call, tasks):
        os._exit(7)

    def _absent(self, call, tasks):
        raise LookupError("nobody is here")


@dataclass(frozen=True)
class Threads:
    """A pool of threads that does what its `how` says."""

    workers: int
    how: str = "unsorted"

    @contextmanager
    def open(self, lanes):
        if self.how == "slow":
            time.sleep(0.05 * self.workers)
        held = bytes(20_000_000 * self.workers) if self.how == "greedy" else b""
        if held:
            left.append(bytearray(held))
        with lanes.threads(self.workers) as pool:
            yield lambda tasks: getattr(self, f"_{self.how}")(pool, tasks)
        if held:
            left.clear()

    def _slow(self, pool, tasks):
        return list(pool.map(_in_lane(), tasks))

    _greedy = _slow

    def _unsorted(self, pool, tasks):
        return [one.result() for one in as_completed([pool.submit(_in_lane(), i) for i in tasks])]

    def _thorough(self, pool, tasks):
        ends = [pool.submit(_in_lane(), i) for i in tasks]
        for one in ends:
            one.exception()
        return [one.result() for one in ends]

    def _contextual(self, pool, tasks):
        here = [(contextvars.copy_context(), i) for i in tasks]
        return list(pool.map(lambda pair: pair[0].run(_in_lane(), pair[1]), here))


@dataclass(frozen=True)
class Killing:
    """Processes that are killed when the batch ends in an error."""

    workers: int

    @contextmanager
    def open(self, lanes):
        with lanes.processes(self.workers, "fork") as pool:
            yield lambda tasks: self._batch(pool, tasks)

    def _batch(self, pool, tasks):
        ends = [pool.submit(_in_lane(), i) for i in tasks]
        try:
            return [one.result(timeout=5) for one in as_completed(ends)]
        except BaseException:
            for process in list(pool._processes.values()):
                process.kill()
            raise


@dataclass(frozen=True)
class Loop:
    """Coroutines in a loop that does what its `how` says."""

    how: str = "bare"

    @contextmanager
    def open(self, lanes):
        with lanes.runner() as loop, lanes.coroutines(loop) as call:
            batch = getattr(self, f"_{self.how}")
            try:
                yield lambda tasks: loop.run(batch(call, tasks))
            finally:
                loop.run(self._patient())

    async def _patient(self):
        others = [task for task in asyncio.all_tasks() if "call" in task.get_name()]
        await asyncio.wait(others or [asyncio.create_task(asyncio.sleep(0))])

    async def _shielding(self, call, tasks):
        running = [asyncio.create_task(call(i), name=f"call {i}") for i in tasks]
        return [await asyncio.shield(one) for one in running]

    async def _sweeping(self, call, tasks):
        one = asyncio.current_task()
        try:
            return [await call(i) for i in tasks]
        except asyncio.CancelledError:
            for task in asyncio.all_tasks() - {one}:
                if "hold" not in repr(task):
                    task.cancel()
            raise

    async def _bare(self, call, tasks):
        empty = contextvars.Context()
        running = [asyncio.get_running_loop().create_task(call(i), context=empty) for i in tasks]
        return [await one for one in running]


@dataclass(frozen=True)
class Inline:
    """A loop that has threads and does not use them."""

    workers: int

    @contextmanager
    def open(self, lanes):
        async def batch(tasks):
            results = []
            for i in tasks:
                results.append(call(i))
                await asyncio.sleep(0)
            return results

        with lanes.runner() as loop, lanes.blocking() as call:
            yield lambda tasks: loop.run(batch(tasks))


@dataclass(frozen=True)
class Background:
    """One task after the other, in a thread that nobody waits for."""

    @contextmanager
    def open(self, lanes):
        with lanes.blocking() as call:
            del call
            pool = ThreadPoolExecutor(1)
            yield lambda tasks: pool.submit(self._run, lanes, tasks).result()

    def _run(self, lanes, tasks):
        with lanes.blocking() as call:
            return [call(i) for i in tasks]


@dataclass(frozen=True)
class OwnTimeout:
    """Has a time-out of its own, whose tasks never begin."""

    @contextmanager
    def open(self, lanes):
        with lanes.blocking() as call:
            yield lambda tasks: [call(i) for i in tasks]

    @contextmanager
    def within(self, lanes, seconds):
        def batch(tasks):
            raise TimeoutError(seconds)

        yield batch


@dataclass(frozen=True)
class Needy:
    """Cannot run anywhere."""

    @contextmanager
    def open(self, lanes):
        yield list

    def cannot_run(self):
        return "needs a quantum computer"
