"""What the event loop does while a task makes a blocking call."""

from __future__ import annotations

import time

from ...probes.heartbeat import Heartbeats
from ..trial import LONG, NoAnswer, Trial
from ..work import Note

TIMES, MANY = 8, 10


def blocking(i: int, note: Note) -> None:
    time.sleep(LONG)


def ask(trial: Trial) -> str:
    hearts = Heartbeats()
    with trial.opened(hearts=hearts) as batch:
        for _ in range(TIMES):
            batch(range(1))
            if not trial.lanes.loop:
                raise NoAnswer("it runs no event loop")
            late = seconds_late(hearts)
            if len(late) >= MANY or max(late, default=0) > LONG / 2:
                break  # else the task came first, and all was over before a heart could beat
    if not late:
        raise NoAnswer(f"{trial.lanes.loop} cannot be watched")
    trial.measured["lag"] = max(late)
    return "stands still" if max(late) > LONG / 2 else "goes on"


def seconds_late(hearts: Heartbeats) -> list[float]:
    pairs = [pair for one in hearts.beats for pair in zip(one[::2], one[1::2], strict=True)]
    return [(came - due) / 1e9 for due, came in pairs]
