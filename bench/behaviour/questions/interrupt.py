"""How soon Ctrl-C ends it, when every process of the terminal gets it, and what is left."""

from __future__ import annotations

import os
import signal
import time

from ...probes import leftovers
from ...worker import leaf
from ..trial import LIMIT, LONG, NoAnswer, Trial
from ..work import Note, noting, sleep

LONGER = leftovers.SETTLING_SECONDS + LONG  # else it would be over before anybody calls it left


def blocking(i: int, note: Note) -> None:
    if i < 2:
        return
    with noting(note, i):
        time.sleep(LIMIT)
        if i == 2:
            os.killpg(os.getpgrp(), signal.SIGINT)
        time.sleep(LONGER)


async def awaited(i: int, note: Note) -> None:
    if i < 2:
        return
    with noting(note, i):
        await sleep(LIMIT)
        if i == 2:
            os.killpg(os.getpgrp(), signal.SIGINT)
        await sleep(LONGER)


def ask(trial: Trial) -> str:
    with trial.opened() as batch:
        batch(range(2))  # imports and helpers stay
    try:
        before = leftovers.held()
    except OSError:
        raise NoAnswer("only Linux tells what is left") from None
    seen = "goes on"
    try:
        with trial.opened() as batch:
            batch(range(2, 4))
    except BaseException as error:
        if "began 2" not in trial.diary:
            raise
        seen = type(leaf(error)).__name__
    late = "ended 2" in trial.diary
    if left := leftovers.left(before):
        trial.measured["left"] = left
        return f"leaves {left[0].partition(':')[0]}"
    if seen != "KeyboardInterrupt":
        return seen
    return "after the task" if late else "at once"
