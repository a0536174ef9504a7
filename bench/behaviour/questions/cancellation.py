"""Time-outs, cancellation and Ctrl-C: who stops, who goes on, and what is left behind."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from ..work import LIMIT, LONG, NoAnswer, Note, noting, sleep, without_timeout

if TYPE_CHECKING:
    from ..trial import Trial


class FreeCaller:
    """When a caller that times out gets control back.

    After closing: the error comes at once, but the end of `with` waits for the task.
    """

    def blocking(self, i: int, note: Note) -> None:
        with noting(note, i):
            time.sleep(LONG)

    async def awaited(self, i: int, note: Note) -> None:
        with noting(note, i):
            await sleep(LONG)

    def ask(self, trial: Trial) -> str:
        began = time.monotonic()
        with without_timeout(), trial.limited() as batch:
            try:
                batch(range(2))
                return "never"
            finally:
                raised, late = time.monotonic() - began, "ended 0" in trial.diary
        closed = time.monotonic() - began
        trial.measured |= {"limit": LIMIT, "task": LONG, "raised": raised, "closed": closed}
        if late:
            return "after the task"
        return "after closing" if "ended 0" in trial.diary else "at once"


class AbandonedWork:
    """Whether abandoned work keeps running."""

    def blocking(self, i: int, note: Note) -> None:
        with noting(note, i):
            time.sleep(LONG)

    async def awaited(self, i: int, note: Note) -> None:
        with noting(note, i):
            await sleep(LONG)

    def ask(self, trial: Trial) -> str:
        with without_timeout(), trial.limited() as batch:
            batch(range(2))
        end = trial.wait_for("ended 0", "stopped 0")
        return {"ended 0": "goes on", "stopped 0": "stops"}.get(end, "killed")


class CancelledTask:
    """How a task learns that it was cancelled."""

    def blocking(self, i: int, note: Note) -> None:
        try:
            time.sleep(LONG)
        except BaseException as error:
            note(type(error).__name__, i)
            raise
        note("ended", i)

    async def awaited(self, i: int, note: Note) -> None:
        try:
            await sleep(LONG)
        except BaseException as error:
            note(type(error).__name__, i)
            raise
        note("ended", i)

    def ask(self, trial: Trial) -> str:
        with without_timeout(), trial.limited() as batch:
            batch(range(1))
        match trial.wait_for():
            case "ended 0":
                return "nothing"
            case "":
                return "killed"
            case exception:
                return exception.removesuffix(" 0")


class Shield:
    """Whether asyncio.shield keeps part of a cancelled task running."""

    def blocking(self, i: int, note: Note) -> None:
        pass

    async def awaited(self, i: int, note: Note) -> None:
        import asyncio

        if i == 0:
            await asyncio.shield(self.protected(i, note))
        await asyncio.sleep(LIMIT / 2)

    async def protected(self, i: int, note: Note) -> None:
        with noting(note, i):
            await sleep(LONG)

    def ask(self, trial: Trial) -> str:
        with trial.limited() as batch:
            if trial.lanes.form != "async" or trial.lanes.loop == "trio":
                raise NoAnswer("its tasks are not coroutines of asyncio")
            with without_timeout():
                batch(range(1))
                raise NoAnswer("nothing is cancelled")
            for task in range(1, 40):
                if "ended 0" not in trial.diary:
                    with without_timeout():
                        batch(range(task, task + 1))
            return "keeps it" if "ended 0" in trial.diary else "does not"


class Interrupt:
    """How soon Ctrl-C in a terminal ends it, and what is left behind."""

    seconds = 0.8  # longer than anybody waits before something counts as left behind

    def blocking(self, i: int, note: Note) -> None:
        if i < 2:
            return
        with noting(note, i):
            time.sleep(LIMIT)
            if i == 2:
                os.killpg(os.getpgrp(), signal.SIGINT)
            time.sleep(self.seconds)

    async def awaited(self, i: int, note: Note) -> None:
        if i < 2:
            return
        with noting(note, i):
            await sleep(LIMIT)
            if i == 2:
                os.killpg(os.getpgrp(), signal.SIGINT)
            await sleep(self.seconds)

    def ask(self, trial: Trial) -> str:
        from ...probes import leftovers
        from ...worker import leaf

        with trial.opened() as batch:
            batch(range(2))  # imports and helper processes stay
        try:
            before = leftovers.held()
        except OSError:
            raise NoAnswer("only Linux reports what is left") from None
        end = "goes on"
        try:
            with trial.opened() as batch:
                batch(range(2, 4))
        except BaseException as error:
            if "began 2" not in trial.diary:
                raise
            end = type(leaf(error)).__name__
        late = "ended 2" in trial.diary
        if left := leftovers.left(before):
            trial.measured["left"] = left
            return f"leaves {left[0].partition(':')[0]}"
        if end != "KeyboardInterrupt":
            return end
        return "after the task" if late else "at once"
