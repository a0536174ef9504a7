"""What a task sees of being given up, so that it may tidy up."""

from __future__ import annotations

import time

from ..trial import LONG, Trial, given_up
from ..work import Note, sleep


def blocking(i: int, note: Note) -> None:
    try:
        time.sleep(LONG)
    except BaseException as error:
        note(type(error).__name__, i)
        raise
    note("ended", i)


async def awaited(i: int, note: Note) -> None:
    try:
        await sleep(LONG)
    except BaseException as error:
        note(type(error).__name__, i)
        raise
    note("ended", i)


def ask(trial: Trial) -> str:
    with given_up(), trial.limited() as batch:
        batch(range(1))
    match trial.wait_for():
        case "ended 0":
            return "nothing"
        case "":
            return "killed"
        case seen:
            return seen.removesuffix(" 0")
