"""Whether results come in the order of the tasks when the first task ends last."""

from __future__ import annotations

import time

from ..trial import Trial
from ..work import Note, sleep


def blocking(i: int, note: Note) -> int:
    time.sleep(0.02 * (4 - i))
    return i


async def awaited(i: int, note: Note) -> int:
    await sleep(0.02 * (4 - i))
    return i


def ask(trial: Trial) -> str:
    with trial.opened() as batch:
        results = list(batch(range(4)))
    if results == [0, 1, 2, 3]:
        return "in order"
    return "as they end" if sorted(results) == [0, 1, 2, 3] else "lost"
