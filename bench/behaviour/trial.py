"""One question put to one strategy, in a worker.  Standard library only.

The job names the `question`; `result.json` has its `answer`, `why` (of an answer `-`) and what was
`measured`.  The worker must lead a process group of its own: one question presses Ctrl-C there.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contracts import Batch, Plain
from ..errors import UsageError
from ..lanes import Lanes
from ..lanes.lane import Instruments
from ..probes.recorder import Recorder
from ..spec import Spec
from . import work
from .questions import find
from .work import LIMIT, LONG, NoAnswer

if TYPE_CHECKING:
    import asyncio

    from ..probes.heartbeat import Heartbeats


PATIENCE = 3 * LONG
"""Seconds that `wait_for` waits for what may never come."""


class Trial:
    """What a question uses to find its answer; `measured` may hold numbers that go with it."""

    def __init__(self, name: str, strategy: Spec, diary: Path) -> None:
        tasks = "AwaitableTasks" if hasattr(find(name), "awaited") else "BlockingTasks"
        params = {"question": name, "diary": str(diary)}
        self._work = Spec("tasks", f"{work.__name__}:{tasks}", params)
        self._strategy, self._diary = strategy, diary
        self.measured: dict[str, Plain] = {}
        self.lanes = TimedLanes(self._work)

    @contextmanager
    def opened(
        self, *, workers: int | None = None, hearts: Heartbeats | None = None
    ) -> Iterator[Batch]:
        """The strategy at work on the question's tasks.  Raises NoAnswer if it has no workers."""
        instruments = Instruments(Recorder, hearts.watching, hearts.beating) if hearts else None
        self.lanes = TimedLanes(self._work, instruments)
        spec = self._strategy
        if workers is not None:
            if "workers" not in spec.params:
                raise NoAnswer("it has no workers")
            spec = replace(spec, params={**spec.params, "workers": workers})
        with spec.build().open(self.lanes) as batch:
            yield batch

    @contextmanager
    def limited(self) -> Iterator[Batch]:
        """The same, but a batch raises TimeoutError after LIMIT seconds.

        In the strategy's own way if it offers `within`; else by asyncio.timeout where the batch
        runs in an event loop, and by a signal where it does not.
        """
        strategy = self._strategy.build()
        if hasattr(strategy, "within"):
            with strategy.within(self.lanes, LIMIT) as batch:
                yield batch
        else:
            with self.opened() as batch, _alarmed():
                yield lambda tasks: self.lanes.limited(batch, tasks)

    @property
    def diary(self) -> list[str]:
        """The notes of the tasks so far: `began 0`, `ended 0`."""
        exists = self._diary.exists()
        return self._diary.read_text(encoding="utf-8").splitlines() if exists else []

    def wait_for(self, *events: str) -> str:
        """The first of these notes, or of any, to be there; nothing if that takes too long."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if matches := [event for event in self.diary if event in events or not events]:
                return matches[0]
            if time.monotonic() > deadline:
                return ""
            time.sleep(0.005)

    @contextmanager
    def failing(self, event: str) -> Iterator[None]:
        """Suppress any error that comes after this note of a task."""
        try:
            yield
        except Exception:
            if event not in self.diary:
                raise


class TimedLanes(Lanes):
    """Lanes whose loop runs each batch in its caller's context, and under asyncio.timeout."""

    _limit: float | None = None

    @contextmanager
    def runner(self, *given: Any, **named: Any) -> Iterator[asyncio.Runner]:
        import asyncio
        from contextvars import copy_context

        async def within(coroutine: Any, seconds: float | None) -> Any:
            async with asyncio.timeout(seconds):
                return await coroutine

        def run_as_caller(coroutine: Any) -> Any:
            if self._limit and threading.current_thread() is threading.main_thread():
                signal.setitimer(signal.ITIMER_REAL, 0)  # the loop's own takes its place
            # A runner has the context of the moment when it was opened.
            return run(within(coroutine, self._limit), context=copy_context())

        with super().runner(*given, **named) as loop:
            run: Any = loop.run
            loop.run = run_as_caller  # type: ignore[assignment, method-assign]  # of this one alone
            yield loop

    def limited(self, batch: Batch, tasks: range) -> list[Plain]:
        """The batch's results; TimeoutError when they are late."""
        self._limit = LIMIT
        signal.setitimer(signal.ITIMER_REAL, LIMIT)
        try:
            return batch(tasks)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._limit = None


@contextmanager
def _alarmed() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def behave(job: dict[str, Any], folder: str) -> None:
    """Ask the question; an error that is no answer is raised."""
    # A shell has what it starts in the background ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    name = job["question"]
    trial = Trial(name, Spec(**job["strategy"]), Path(folder, "diary"))
    try:
        answer, why = find(name)().ask(trial), ""
    except (NoAnswer, UsageError) as reason:  # some strategies cannot take some workloads
        answer, why = "-", str(reason)
    result = {"answer": answer, "why": why, "measured": trial.measured}
    Path(folder, "result.json").write_text(json.dumps(result), encoding="utf-8")
