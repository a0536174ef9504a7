"""When the caller is free that gives up long before its task would end.

After closing: the error comes at once, but the end of `with` waits for the task.
"""

from __future__ import annotations

import time

from ..trial import LIMIT, LONG, Trial, given_up
from ..work import Note, noting, sleep


def blocking(i: int, note: Note) -> None:
    with noting(note, i):
        time.sleep(LONG)


async def awaited(i: int, note: Note) -> None:
    with noting(note, i):
        await sleep(LONG)


def ask(trial: Trial) -> str:
    began = time.monotonic()
    with given_up(), trial.limited() as batch:
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
