"""What the caller sees when two tasks fail, the second one first."""

from __future__ import annotations

import time

from ..trial import LIMIT, Trial
from ..work import Note, noting, sleep

TASKS = 2


def blocking(i: int, note: Note) -> None:
    with noting(note, i):
        time.sleep(0 if i == 1 else LIMIT)
        raise LookupError(i)


async def awaited(i: int, note: Note) -> None:
    with noting(note, i):
        await sleep(0 if i == 1 else LIMIT)
        raise LookupError(i)


def ask(trial: Trial) -> str:
    try:
        with trial.opened() as batch:
            results = list(batch(range(TASKS)))
    except Exception as error:
        if not trial.diary:
            raise  # no task's error
        return seen(error)
    return "in the results" if any(isinstance(one, LookupError) for one in results) else "nothing"


def seen(error: Exception) -> str:
    if isinstance(error, ExceptionGroup):
        return f"group of {len(error.exceptions)} of {TASKS}"
    if isinstance(error, LookupError):
        return "first in order" if error.args == (0,) else "first in time"
    return type(error).__name__
