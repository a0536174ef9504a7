"""What a batch gives back, and what an error in one task does to the others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..work import LIMIT, LONG, NoAnswer, Note, noting, sleep

if TYPE_CHECKING:
    from ..trial import Trial


class ResultOrder:
    """Whether results come in the order of the tasks when the first task ends last."""

    def blocking(self, i: int, note: Note) -> int:
        time.sleep(0.02 * (4 - i))
        return i

    async def awaited(self, i: int, note: Note) -> int:
        await sleep(0.02 * (4 - i))
        return i

    def ask(self, trial: Trial) -> str:
        with trial.opened() as batch:
            results = list(batch(range(4)))
        if results == [0, 1, 2, 3]:
            return "in order"
        return "as they end" if sorted(results) == [0, 1, 2, 3] else "lost"


class RunningTask:
    """What happens to a running task when another one fails."""

    def blocking(self, i: int, note: Note) -> None:
        with noting(note, i):
            time.sleep(LONG if i == 0 else LIMIT)
            if i == 1:
                raise LookupError("no such thing")

    async def awaited(self, i: int, note: Note) -> None:
        with noting(note, i):
            await sleep(LONG if i == 0 else LIMIT)
            if i == 1:
                raise LookupError("no such thing")

    def ask(self, trial: Trial) -> str:
        with trial.failing("stopped 1"), trial.opened() as batch:
            batch(range(2))
        if trial.wait_for("ended 0", "stopped 1") == "ended 0":
            raise NoAnswer("one task at a time")
        end = trial.wait_for("ended 0", "stopped 0")
        return {"ended 0": "runs on", "stopped 0": "cancelled"}.get(end, "killed")


class WaitingTasks:
    """What happens to tasks that have not started when one fails."""

    tasks = 12

    def blocking(self, i: int, note: Note) -> None:
        with noting(note, i):
            time.sleep(LIMIT)
            if i == 0:
                raise LookupError("no such thing")

    async def awaited(self, i: int, note: Note) -> None:
        with noting(note, i):
            await sleep(LIMIT)
            if i == 0:
                raise LookupError("no such thing")

    def ask(self, trial: Trial) -> str:
        with trial.failing("stopped 0"), trial.opened() as batch:
            batch(range(self.tasks))
        last = f"began {self.tasks - 1}"
        if trial.wait_for(last, "stopped 0") == last:
            raise NoAnswer("all tasks begin at once")
        return "run" if last in trial.diary else "dropped"


class RaisedError:
    """Which error the caller gets when two tasks fail, the second one first."""

    tasks = 2

    def blocking(self, i: int, note: Note) -> None:
        with noting(note, i):
            time.sleep(0 if i == 1 else LIMIT)
            raise LookupError(i)

    async def awaited(self, i: int, note: Note) -> None:
        with noting(note, i):
            await sleep(0 if i == 1 else LIMIT)
            raise LookupError(i)

    def ask(self, trial: Trial) -> str:
        try:
            with trial.opened() as batch:
                results = list(batch(range(self.tasks)))
        except Exception as error:
            if not trial.diary:
                raise  # not an error of a task
            return self.name(error)
        if any(isinstance(one, LookupError) for one in results):
            return "in the results"
        return "nothing"

    def name(self, error: Exception) -> str:
        if isinstance(error, ExceptionGroup):
            return f"group of {len(error.exceptions)} of {self.tasks}"
        if isinstance(error, LookupError):
            return "first in order" if error.args == (0,) else "first in time"
        return type(error).__name__
