"""Batches under the clock, as pyperf asks for them; all else is done outside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, TypeAlias

from .. import engine
from ..answers import FirstAnswer
from ..contracts import Batch, Plain
from ..parts import Portion

Around: TypeAlias = Callable[[], AbstractContextManager[None]] | None
AGAIN = (
    "in a later batch: each process runs every task at least twice; before_batch() and "
    "after_batch() of the workload, or beside the function, can undo what the first one did"
)
CERTAINLY = 2
"""Times as long as must be: less may be a short batch that was held up."""


class TimedBatches:
    """Batches under the clock; their usage is read, and their answer checked, outside it.

    There it also waits, for the turn of each value.
    """

    def __init__(
        self,
        batch: Batch,
        portion: Portion,
        answer: FirstAnswer,
        around: Around = None,
        wait: Callable[[], None] | None = None,
    ) -> None:
        self._batch, self._tasks, self._answer = batch, portion.tasks, answer
        self._times, self._around, self._wait = portion.times, around, wait
        self._usage, self._used = meter(), list[Any]()
        self.notes: list[Plain] = []
        self.cpu = 0.0
        self.batches = 0.0
        self._taken: float | None = None
        self._in_turn = False

    def take(self, first: Spent) -> None:
        """Take a batch that was run already as the one that will be asked for first."""
        self._taken = first.seconds
        self._note(1, first.cpu, first.before, first.after)

    def calibrated(self) -> int:
        """How many batches make a value long enough, tried in the turn of the first value.

        A single batch that is long without doubt is that value.
        """
        loops, seconds = 1, self(1)
        long = seconds >= CERTAINLY * engine.LONG_ENOUGH
        while seconds < engine.LONG_ENOUGH:
            loops *= 2
            seconds = self._value(loops)
        self._taken, self._in_turn = seconds if long else None, not long
        return loops

    def __call__(self, loops: int) -> float:
        taken, self._taken = self._taken, None
        if taken is not None:
            return taken
        in_turn, self._in_turn = self._in_turn, False
        if self._wait and not in_turn:
            self._wait()
        return self._value(loops)

    def _value(self, loops: int) -> float:
        batch, tasks, clock, repeats = self._batch, self._tasks, time.perf_counter, range(loops)
        before = self._usage.before()
        cpu = time.process_time()
        began = clock()
        try:
            if self._around:
                seconds, results = self._apart(loops)
            else:
                for _ in repeats:
                    results = batch(tasks)
                seconds = clock() - began
        except BaseException as error:
            error.add_note(AGAIN)
            raise
        self._note(loops, time.process_time() - cpu, before, self._usage.after())
        self._answer.check(results)
        return seconds * self._times

    def _note(self, batches: int, cpu: float, before: Any, after: Any) -> None:
        self.cpu += cpu
        self._used.append(self._usage.spent(before, after))
        if before is None or after is None:
            self.notes.append({"code": "cpu-unreadable"})
        self.batches += batches / self._times

    def _apart(self, loops: int) -> tuple[float, list[Plain]]:
        """Batches, each with what is done before and after it, outside the clock."""
        assert self._around is not None
        seconds, clock = 0.0, time.perf_counter
        for _ in range(loops):
            with self._around():
                began = clock()
                results = self._batch(self._tasks)
                seconds += clock() - began
        return seconds, results

    def used(self) -> dict[str, float | None]:
        """By the whole process tree, per batch; None where that is not known of every value."""

        def per_batch(counts: list[float | None]) -> float | None:
            known = [count for count in counts if count is not None]
            return sum(known) / self.batches if len(known) == len(counts) else None

        return {
            "cb_cpu_s": per_batch([one.cpu for one in self._used]),
            "cb_voluntary_switches": per_batch([one.voluntary for one in self._used]),
            "cb_involuntary_switches": per_batch([one.involuntary for one in self._used]),
        }


class Spent(NamedTuple):
    """What a batch took: `seconds`, `cpu` of this process; the whole tree `before` and `after`."""

    seconds: float
    cpu: float
    before: Any
    after: Any


def meter() -> Any:
    """What reads the usage of the process tree; no part of anybody's start-up."""
    from ..machine import usage

    return usage
