"""Whether asyncio.shield keeps a part of a cancelled task going while its loop runs on."""

from __future__ import annotations

import asyncio

from ..trial import LIMIT, LONG, NoAnswer, Trial, given_up
from ..work import Note, noting


def blocking(i: int, note: Note) -> None:
    pass


async def awaited(i: int, note: Note) -> None:
    if i == 0:
        await asyncio.shield(protected(i, note))
    await asyncio.sleep(LIMIT / 2)


async def protected(i: int, note: Note) -> None:
    with noting(note, i):
        await asyncio.sleep(LONG)


def ask(trial: Trial) -> str:
    with trial.limited() as batch:
        if trial.lanes.form != "async" or trial.lanes.loop == "trio":
            raise NoAnswer("its tasks are no coroutines of asyncio")
        with given_up():
            batch(range(1))
            raise NoAnswer("nothing is cancelled")
        for task in range(1, 40):
            if "ended 0" not in trial.diary:
                with given_up():
                    batch(range(task, task + 1))
        return "keeps it" if "ended 0" in trial.diary else "does not"
