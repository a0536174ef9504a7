"""How much memory one more worker takes that has done a task (PSS)."""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path

from ...machine.usage import Unreadable, living
from ..trial import NoAnswer, Trial
from ..work import Note

MORE = 4


def blocking(i: int, note: Note) -> None:
    pass


async def awaited(i: int, note: Note) -> None:
    pass


def ask(trial: Trial) -> str:
    held(trial, 1)  # imports and caches stay
    each = (held(trial, 1 + MORE) - held(trial, 1)) / MORE
    trial.measured["bytes"] = each
    return f"{each / 1e6:.1f} MB" if each >= 1e5 else "< 0.1 MB"


def held(trial: Trial, workers: int) -> int:
    """Bytes of all processes together: what they share is divided among them (PSS)."""
    with trial.opened(workers=workers) as batch:
        batch(range(workers))
        gc.collect()
        try:
            pids = [os.getpid(), *(pid for pid, _ in living())]
            told = [Path(f"/proc/{pid}/smaps_rollup").read_text("ascii") for pid in pids]
        except (OSError, Unreadable):
            raise NoAnswer("this system does not tell PSS") from None
    return 1024 * sum(int(kb) for kb in re.findall(r"^Pss: +(\d+)", "\n".join(told), re.MULTILINE))
