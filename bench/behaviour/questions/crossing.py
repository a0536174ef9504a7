"""What crosses from the caller to its tasks, and whether a task can hold up the event loop."""

from __future__ import annotations

import time
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ..work import LONG, NoAnswer, Note

if TYPE_CHECKING:
    from ...probes.heartbeat import Heartbeats
    from ..trial import Trial


class ContextVariable:
    """Whether a context variable that the caller sets reaches its tasks."""

    variable = ContextVar("variable", default="nothing")

    def blocking(self, i: int, note: Note) -> str:
        return self.variable.get()

    async def awaited(self, i: int, note: Note) -> str:
        return self.variable.get()

    def ask(self, trial: Trial) -> str:
        with trial.opened() as batch:
            self.variable.set("the caller's")
            values = set(batch(range(2)))
        if values == {"nothing"}:
            return "lost"
        return "arrives" if values == {"the caller's"} else "for some"


class TaskArguments:
    """What the arguments of a task may be: anything, or only what can be pickled."""

    class Argument(int):
        """A task's number that carries something."""

        load: Any = None

    def blocking(self, i: int, note: Note) -> bool:
        return getattr(i, "load", None) is not None

    async def awaited(self, i: int, note: Note) -> bool:
        return getattr(i, "load", None) is not None

    def ask(self, trial: Trial) -> str:
        from threading import Lock

        if not self.arrives(trial, "some text"):
            raise NoAnswer("its tasks get other arguments")
        with suppress(Exception):
            if self.arrives(trial, Lock()):
                return "anything goes"
        with suppress(Exception):
            if self.arrives(trial, lambda: "a function without a name, which cloudpickle takes"):
                return "cloudpickle"
        return "must pickle"

    def arrives(self, trial: Trial, load: object) -> bool:
        arguments = [self.Argument(0), self.Argument(1)]
        for argument in arguments:
            argument.load = load
        with trial.opened() as batch:
            return all(batch(arguments))  # type: ignore[arg-type]  # used like a range


class BlockedLoop:
    """What the event loop does while a task makes a blocking call."""

    batches, beats = 8, 10

    def blocking(self, i: int, note: Note) -> None:
        time.sleep(LONG)

    def ask(self, trial: Trial) -> str:
        from ...probes.heartbeat import Heartbeats

        hearts = Heartbeats()
        with trial.opened(hearts=hearts) as batch:
            for _ in range(self.batches):
                batch(range(1))
                if not trial.lanes.loop:
                    raise NoAnswer("it runs no event loop")
                late = self.seconds_late(hearts)
                if len(late) >= self.beats or max(late, default=0) > LONG / 2:
                    break  # else the task came first, and all was over before a heart could beat
        if not late:
            raise NoAnswer(f"{trial.lanes.loop} cannot be watched")
        trial.measured["lag"] = max(late)
        return "stands still" if max(late) > LONG / 2 else "goes on"

    def seconds_late(self, hearts: Heartbeats) -> list[float]:
        pairs = [pair for one in hearts.beats for pair in zip(one[::2], one[1::2], strict=True)]
        return [(came - due) / 1e9 for due, came in pairs]
