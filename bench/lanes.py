"""Lanes: the places where tasks run.  Each opens the workload for itself and closes it there.

Standard library only, and asyncio, futures and multiprocessing only when a strategy asks for them:
a worker's start-up is measured with the imports that its strategy needs, and no others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from .contracts import AsyncCall, Call, Plain
from .loops import held
from .pools import Record, in_every_lane, lane, opened, prepare, prepare_child
from .spec import Spec
from .told import Told, counted, parted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
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


@dataclass(frozen=True)
class Instruments:
    """What a probe puts into lanes; a timed pass has none.

    `record` makes the recorder of a lane and pickles as a name; `watching` surrounds the life of
    the strategy's event loop.
    """

    record: Record
    watching: Callable[[asyncio.AbstractEventLoop], AbstractContextManager[None]]


class Lanes:
    """Opens lanes of one workload and says how the workload was bent to fit.

    `form` is the form that ran ("blocking" or "async"), `notes` what a reader must know,
    `in_process` whether every lane was in this process, `start` how children were started, `loop`
    the class of the event loop; `told` is complete once every lane is closed.
    """

    def __init__(self, workload: Spec, instruments: Instruments | None = None) -> None:
        self._spec = workload
        self._workload = workload.build()
        self._instruments = instruments
        self.form = ""
        self.notes: list[str] = []
        self.in_process = True
        self.start = ""
        self.loop = ""
        self.told: list[Told] = []

    def tasks(self, count: int) -> range:
        """So many tasks, as the workload sends them to lanes; made by the caller of a batch."""
        arguments = getattr(self._workload, "arguments", None)
        if arguments is None:
            return range(count)
        made: range = arguments(range(count))
        return made

    @contextmanager
    def blocking(self) -> Iterator[Call]:
        """One lane in this thread."""
        self._bend_to_blocking()
        with opened(self._workload, self._record, self.told):
            yield in_lane

    @contextmanager
    def threads(self, workers: int) -> Iterator[ThreadPoolExecutor]:
        """A pool of `workers` threads, a lane in each; map `in_lane` over task numbers."""
        from concurrent.futures import ThreadPoolExecutor

        self._bend_to_blocking()
        barrier = threading.Barrier(workers)
        prepared = (lambda: self._workload, self._record, barrier)
        with (
            ThreadPoolExecutor(workers, "lane", prepare, prepared) as pool,
            in_every_lane(pool, workers, barrier.abort, self.told),
        ):
            yield pool

    @contextmanager
    def processes(self, workers: int, start: str) -> Iterator[ProcessPoolExecutor]:
        """A pool of `workers` child processes, a lane in each, by this start method."""
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self._bend_to_blocking()
        self.in_process, self.start = False, start
        context = get_context(start)
        barrier = context.Barrier(workers)
        prepared = (self._spec.build, self._record, barrier)
        with (
            ProcessPoolExecutor(workers, context, prepare_child, prepared) as pool,
            in_every_lane(pool, workers, barrier.abort, self.told),
        ):
            yield pool

    @contextmanager
    def runner(self) -> Iterator[asyncio.Runner]:
        """An event loop in this thread, where probes see it."""
        import asyncio

        with asyncio.Runner() as loop, ExitStack() as stack:
            self.loop = _class(loop)
            if self._instruments:
                stack.enter_context(self._instruments.watching(loop.get_loop()))
            yield loop

    @contextmanager
    def coroutines(self, loop: asyncio.Runner) -> Iterator[AsyncCall]:
        """One lane in this event loop; a workload without the form for it runs inline."""
        self.loop = self.loop or _class(loop)  # of a strategy that made its own
        if hasattr(self._workload, "aopen"):
            self._take("async")
            with held(self._workload, loop) as made:
                call, metrics = parted(made)
                recorder = self._record() if self._record else None
                yield recorder.coroutine(call) if recorder else call
                self.told.append(Told(counted(metrics), recorder.seen() if recorder else None))
            return
        self.notes.append("blocks the loop")
        with self.blocking() as blocking_call:

            async def inline(i: int) -> Plain:
                return blocking_call(i)

            yield inline

    @property
    def _record(self) -> Record | None:
        return self._instruments.record if self._instruments else None

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


def _class(loop: asyncio.Runner) -> str:
    kind = type(loop.get_loop())
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


def _crosses(error: BaseException) -> bool:
    import pickle

    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
