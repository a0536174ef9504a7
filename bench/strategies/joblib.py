"""joblib.Parallel, over the processes of loky or over threads."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from concbench.contracts import Batch
from concbench.lanes import Lanes
from concbench.lanes.external_pools import Everywhere, Step, StepResult
from concbench.spec import missing

BACKENDS = ("loky", "threading")
POLL_SECONDS = 0.001
PATIENCE_SECONDS = 60.0
"""For all workers to be there."""


@dataclass(frozen=True)
class Joblib:
    """joblib.Parallel with `workers` jobs; `chunk` tasks sent at a time, by default as it finds.

    `backend` is loky (processes) or threading.
    """

    extra: ClassVar[str] = "joblib"

    workers: int
    backend: str = "loky"
    chunk: int | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ValueError(f"backend must be {' or '.join(BACKENDS)}, not {self.backend!r}")
        if self.chunk is not None and (not isinstance(self.chunk, int) or self.chunk < 1):
            raise ValueError(f"chunk must be a whole number, 1 or more, not {self.chunk!r}")

    def cannot_run(self) -> str | None:
        return missing(self.extra)

    @contextmanager
    def open(self, lanes: Lanes) -> Iterator[Batch]:
        from joblib import Parallel, delayed

        # With one worker joblib starts none: it runs all tasks in the calling thread.
        processes = self.backend == "loky" and self.workers > 1
        with ExitStack() as stack:
            if processes:
                stack.enter_context(_loky())
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="concbench-")))
            parallel = stack.enter_context(
                Parallel(self.workers, self.backend, batch_size=self.chunk or "auto")
            )
            everywhere = _everywhere(parallel, self.workers, folder)
            start = "loky" if processes else ""
            run = delayed(stack.enter_context(lanes.elsewhere(everywhere, start, not processes)))
            yield lambda tasks: list(parallel(run(i) for i in tasks))


def _everywhere(parallel: Any, workers: int, folder: Path) -> Everywhere:
    from joblib import delayed

    numbers = count()

    def everywhere(step: Step) -> list[StepResult]:
        meeting = folder / str(next(numbers))
        meeting.mkdir()
        # As many steps as there are workers go out one by one, whatever the chunk.
        return list(parallel(delayed(_meet)(step, meeting, workers) for _ in range(workers)))

    return everywhere


def _meet(step: Step, folder: Path, workers: int) -> StepResult:
    """Take the step and wait for the others: a worker that waits takes no second one.

    They meet in a folder: a barrier could only be inherited, and loky hands nothing down.
    """
    try:
        return step()
    finally:
        (folder / f"{os.getpid()}-{threading.get_ident()}").touch()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(folder.iterdir())) < workers:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not all of {workers} workers came in {PATIENCE_SECONDS:g} s")
            time.sleep(POLL_SECONDS)


@contextmanager
def _loky() -> Iterator[None]:
    """Processes of loky that import nothing from the working directory, and do not stay."""
    # It starts them with `-m`, which would put that directory first on their path.
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor(reuse=True).shutdown(wait=True)  # or they stay for five minutes
