"""What becomes of tasks that have not begun when one fails."""

from __future__ import annotations

import time

from ..trial import LIMIT, NoAnswer, Trial
from ..work import Note, noting, sleep

TASKS = 12


def blocking(i: int, note: Note) -> None:
    with noting(note, i):
        time.sleep(LIMIT)
        if i == 0:
            raise LookupError("no such thing")


async def awaited(i: int, note: Note) -> None:
    with noting(note, i):
        await sleep(LIMIT)
        if i == 0:
            raise LookupError("no such thing")


def ask(trial: Trial) -> str:
    with trial.failing("stopped 0"), trial.opened() as batch:
        batch(range(TASKS))
    last = f"began {TASKS - 1}"
    if trial.wait_for(last, "stopped 0") == last:
        raise NoAnswer("all tasks begin at once")
    return "run" if last in trial.diary else "dropped"
