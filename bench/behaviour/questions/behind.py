"""What the work does behind the back of a caller that has given it up."""

from __future__ import annotations

import time

from ..trial import LONG, Trial, given_up
from ..work import Note, noting, sleep


def blocking(i: int, note: Note) -> None:
    with noting(note, i):
        time.sleep(LONG)


async def awaited(i: int, note: Note) -> None:
    with noting(note, i):
        await sleep(LONG)


def ask(trial: Trial) -> str:
    with given_up(), trial.limited() as batch:
        batch(range(2))
    end = trial.wait_for("ended 0", "stopped 0")
    return {"ended 0": "goes on", "stopped 0": "stops"}.get(end, "killed")
