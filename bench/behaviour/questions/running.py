"""What becomes of a task that is running when another fails."""

from __future__ import annotations

import time

from ..trial import LIMIT, LONG, NoAnswer, Trial
from ..work import Note, noting, sleep


def blocking(i: int, note: Note) -> None:
    with noting(note, i):
        time.sleep(LONG if i == 0 else LIMIT)
        if i == 1:
            raise LookupError("no such thing")


async def awaited(i: int, note: Note) -> None:
    with noting(note, i):
        await sleep(LONG if i == 0 else LIMIT)
        if i == 1:
            raise LookupError("no such thing")


def ask(trial: Trial) -> str:
    with trial.failing("stopped 1"), trial.opened() as batch:
        batch(range(2))
    if trial.wait_for("ended 0", "stopped 1") == "ended 0":
        raise NoAnswer("one task at a time")
    end = trial.wait_for("ended 0", "stopped 0")
    return {"ended 0": "runs on", "stopped 0": "cancelled"}.get(end, "killed")
