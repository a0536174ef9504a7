"""What the event loop does while a task makes a blocking call."""

from __future__ import annotations

import time
from operator import sub

from ...probes.heartbeat import Heartbeats
from ..trial import LONG, NoAnswer, Trial
from ..work import Note


def blocking(i: int, note: Note) -> None:
    time.sleep(LONG)


def ask(trial: Trial) -> str:
    hearts = Heartbeats()
    with trial.opened(hearts=hearts) as batch:
        batch(range(1))
    if not trial.lanes.loop:
        raise NoAnswer("it runs no event loop")
    if hearts.unwatched or not hearts.beats:
        raise NoAnswer(f"{trial.lanes.loop} cannot be watched")
    due, came = hearts.beats[0][::2], hearts.beats[0][1::2]
    lag = max(map(sub, came, due)) / 1e9
    trial.measured["lag"] = lag
    return "stands still" if lag > LONG / 2 else "goes on"
