"""What one more worker costs: a batch with five of them beside a batch with one.

What this module imports counts in every child, so it is next to nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..work import NoAnswer, Note

if TYPE_CHECKING:
    from ..trial import Trial

MORE = 4
"""Workers more than one."""


class WorkerStartup:
    """Start-up time added by each worker, with a first task that does nothing."""

    times = 5

    def blocking(self, i: int, note: Note) -> None:
        pass

    async def awaited(self, i: int, note: Note) -> None:
        pass

    def ask(self, trial: Trial) -> str:
        each = (self.fastest(trial, 1 + MORE) - self.fastest(trial, 1)) / MORE
        trial.measured["seconds"] = each
        return f"{1000 * each:.1f} ms" if each >= 1e-4 else "< 0.1 ms"

    def fastest(self, trial: Trial, workers: int) -> float:
        return min(self.seconds(trial, workers) for _ in range(self.times))

    def seconds(self, trial: Trial, workers: int) -> float:
        began = time.perf_counter()
        with trial.opened(workers=workers) as batch:
            batch(range(workers))
            return time.perf_counter() - began


class WorkerMemory:
    """Memory added by each worker after its first task (PSS)."""

    def blocking(self, i: int, note: Note) -> None:
        pass

    async def awaited(self, i: int, note: Note) -> None:
        pass

    def ask(self, trial: Trial) -> str:
        self.held(trial, 1)  # imports and caches stay
        each = (self.held(trial, 1 + MORE) - self.held(trial, 1)) / MORE
        trial.measured["bytes"] = each
        return f"{each / 1e6:.1f} MB" if each >= 1e5 else "< 0.1 MB"

    def held(self, trial: Trial, workers: int) -> int:
        """Bytes of all processes together: what they share is divided among them (PSS)."""
        import gc
        import os
        import re
        from pathlib import Path

        from ...machine.usage import UnknownDescendants, living

        with trial.opened(workers=workers) as batch:
            batch(range(workers))
            gc.collect()
            try:
                pids = [os.getpid(), *(pid for pid, _ in living())]
                texts = [Path(f"/proc/{pid}/smaps_rollup").read_text("ascii") for pid in pids]
            except (OSError, UnknownDescendants):
                raise NoAnswer("this system does not report PSS") from None
        kilobytes = re.findall(r"^Pss: +(\d+)", "\n".join(texts), re.MULTILINE)
        return 1024 * sum(map(int, kilobytes))
