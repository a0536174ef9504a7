"""How long one more worker takes to be up, with a first task that does nothing."""

from __future__ import annotations

import time

from ..trial import Trial
from ..work import Note

MORE = 4
TIMES = 5


def blocking(i: int, note: Note) -> None:
    pass


async def awaited(i: int, note: Note) -> None:
    pass


def ask(trial: Trial) -> str:
    def fastest(workers: int) -> float:
        return min(seconds(trial, workers) for _ in range(TIMES))

    each = (fastest(1 + MORE) - fastest(1)) / MORE
    trial.measured["seconds"] = each
    return f"{1000 * each:.1f} ms" if each >= 1e-4 else "< 0.1 ms"


def seconds(trial: Trial, workers: int) -> float:
    began = time.perf_counter()
    with trial.opened(workers=workers) as batch:
        batch(range(workers))
        return time.perf_counter() - began
