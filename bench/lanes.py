"""Lanes: the places where tasks run.  Each opens the workload for itself and closes it there.

Standard library only, and asyncio, futures and multiprocessing only when a strategy asks for them:
a worker's start-up is measured with the imports that its strategy needs, and no others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from .contracts import AsyncCall, Call, Plain
from .loops import held
from .pools import blocking_form, in_every_lane, lane, prepare, prepare_child
from .spec import Spec

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def in_lane(i: int) -> Plain:
    """Run task i in this thread's lane: what pools map, because it pickles as a name."""
    try:
        return lane.call(i)
    except BaseException as error:
        blame(error, i)
        if getattr(lane, "child", False) and not _crosses(error):
            raise RuntimeError(f"{type(error).__name__} (which does not pickle): {error}") from None
        raise


def blame(error: BaseException, i: int) -> None:
    """Note on the error which task raised it, and where."""
    error.add_note(f"in task {i}, lane {_name()}")


def _name() -> str:
    if getattr(lane, "child", False):
        from multiprocessing import current_process

        return current_process().name
    return threading.current_thread().name


class Lanes:
    """Opens lanes of one workload and says how the workload was bent to fit.

    `form` is the form that ran ("blocking" or "async"), `notes` what a reader must know,
    `in_process` whether every lane was in this process.
    """

    def __init__(self, workload: Spec) -> None:
        self._spec = workload
        self._workload = workload.build()
        self.form = ""
        self.notes: list[str] = []
        self.in_process = True

    @contextmanager
    def blocking(self) -> Iterator[Call]:
        """One lane in this thread."""
        self._bend_to_blocking()
        with ExitStack() as stack:
            lane.call = stack.enter_context(blocking_form(self._workload))
            yield in_lane

    @contextmanager
    def threads(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """A pool of `workers` threads, a lane in each; map `in_lane` over task numbers."""
        from concurrent.futures import ThreadPoolExecutor

        self._bend_to_blocking()
        barrier = threading.Barrier(workers)
        prepared = (lambda: self._workload, barrier)
        with (
            ThreadPoolExecutor(workers, "lane", prepare, prepared) as pool,
            in_every_lane(pool, workers, barrier.abort),
        ):
            yield pool

    @contextmanager
    def processes(self, workers: int, start: str) -> Iterator[ProcessPoolExecutor]:
        """A pool of `workers` child processes, a lane in each, by this start method."""
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self._bend_to_blocking()
        self.in_process = False
        context = get_context(start)
        barrier = context.Barrier(workers)
        with (
            ProcessPoolExecutor(
                workers, context, prepare_child, (self._spec.build, barrier)
            ) as pool,
            in_every_lane(pool, workers, barrier.abort),
        ):
            yield pool

    @contextmanager
    def coroutines(self, loop: asyncio.Runner) -> Iterator[AsyncCall]:
        """One lane in this event loop; a workload without the form for it runs inline."""
        if hasattr(self._workload, "aopen"):
            self._take("async")
            with held(self._workload, loop) as call:
                yield call
            return
        self.notes.append("blocks the loop")
        with self.blocking() as blocking_call:

            async def inline(i: int) -> Plain:
                return blocking_call(i)

            yield inline

    def _bend_to_blocking(self) -> None:
        if hasattr(self._workload, "open"):
            self._take("blocking")
        else:
            self._take("async")
            self.notes.append("own loop per lane")

    def _take(self, form: str) -> None:
        self.form = form
        client = getattr(self._workload, "clients", {}).get(form)
        if client:
            import_module(client)  # here and not in each lane: a forked child inherits it


def _crosses(error: BaseException) -> bool:
    import pickle

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
