"""Lanes: the places where tasks run.  Each opens the workload for itself and closes it there.

Standard library only, and asyncio, futures and multiprocessing only when a strategy asks for them:
a worker's start-up is measured with the imports that its strategy needs, and no others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .contracts import AsyncCall, Call, Plain
from .errors import UsageError
from .inside import Inline, blame, in_lane
from .instruments import Instruments
from .loops import Loop, held, in_thread
from .pools import Record, in_every_lane, opened, prepare, prepare_child
from .spec import Spec
from .told import Told, counted, parted

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing.context import BaseContext

    from .elsewhere import Everywhere
    from .libraries import OtherLoop
    from .watched import WatchedPool

__all__ = ["Instruments", "Lanes", "blame", "in_lane"]

WITHIN = "opens lanes within the batch"


class Lanes:
    """Opens lanes of one workload and says how the workload was bent to fit.

    `form` is the form that ran ("blocking" or "async"), `notes` what a reader must know,
    `in_process` whether every lane was in this process, `start` how children were started, `loop`
    the class of the event loop; `told` is complete once every lane is closed.
    """

    def __init__(self, workload: Spec, instruments: Instruments | None = None) -> None:
        self._spec = workload
        self._instruments = instruments
        self.form = ""
        self.notes: list[str] = []
        self.in_process = True
        self.start = ""
        self.far = False
        self.loop = ""
        self.told: list[Told] = []

    @cached_property
    def _workload(self) -> Any:
        """Imported with the first lane: what a strategy patches, it patches before."""
        return self._spec.build()

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
    def per_task(self) -> Iterator[Call]:
        """A lane for every single task, open no longer than that, in whichever thread calls."""
        self._bend_to_blocking()
        self.notes.append(WITHIN)

        def call(i: int) -> Plain:
            with opened(self._workload, self._record, self.told):
                return in_lane(i)

        yield call

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

        context = self._context(start)
        barrier = context.Barrier(workers)
        prepared = (self._spec.build, self._record, barrier)
        with (
            ProcessPoolExecutor(workers, context, prepare_child, prepared) as pool,
            in_every_lane(pool, workers, barrier.abort, self.told),
        ):
            yield pool

    def pool(
        self, workers: int, start: str, replaced_after: int | None = None
    ) -> AbstractContextManager[WatchedPool]:
        """The same as a multiprocessing.Pool.

        Children that are replaced after so many tasks open their lanes when those run, and close
        them when they end.
        """
        from .replaced import replaced
        from .watched import kept

        given = workers, self._context(start), self._spec.build, self._record, self.told
        if replaced_after is None:
            return kept(*given)
        self.notes.append(WITHIN)
        return replaced(*given, replaced_after)

    @contextmanager
    def interpreters(self, workers: int) -> Iterator[Executor]:
        """A pool of `workers` threads, an interpreter and a lane in each; map `in_interpreter`."""
        from .interpreters import interpreters

        self._bend_to_blocking()
        self.notes.append("own GIL per lane")
        with interpreters(workers, self._spec.build, self._record, self.told) as pool:
            yield pool

    @contextmanager
    def runner(
        self,
        factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
        debug: bool | None = None,
    ) -> Iterator[asyncio.Runner]:
        """An event loop in this thread, where probes see it."""
        import asyncio

        with asyncio.Runner(debug=debug, loop_factory=factory) as loop, ExitStack() as stack:
            self.loop = _class(loop)
            if self._instruments:
                stack.enter_context(self._instruments.watching(loop.get_loop()))
            yield loop

    def loop_thread(self) -> AbstractContextManager[Loop]:
        """The same in a thread of its own, to which this one submits."""
        return in_thread(self.runner())

    @contextmanager
    def coroutines(self, loop: Loop) -> Iterator[AsyncCall]:
        """One lane in this event loop; a workload without the form for it runs inline."""
        if not hasattr(self._workload, "aopen"):
            with self.inline(loop) as call:
                yield call
            return
        self.loop = self.loop or _class(loop)  # of a strategy that made its own
        self._take("async")
        with held(self._workload, loop) as made:
            call, metrics = parted(made)
            recorder = self._record() if self._record else None
            yield recorder.coroutine(call) if recorder else call
            self.told.append(Told(counted(metrics), recorder.seen() if recorder else None))

    @contextmanager
    def inline(self, loop: Loop) -> Iterator[AsyncCall]:
        """One lane in this event loop that blocks it: the blocking form inside a coroutine."""
        self.loop = self.loop or _class(loop)
        self.notes.append("blocks the loop")
        self._bend_to_blocking()
        with held(Inline(self._workload, self._record, self.told), loop) as call:
            yield call

    @contextmanager
    def awaited(self, loop: OtherLoop) -> Iterator[AsyncCall]:
        """One lane in an event loop that is not asyncio's, or inline; UsageError if it is unfit."""
        from .libraries import Awaited, unfit

        if why := unfit(self._workload, loop.library):
            raise UsageError(why)
        self.loop = loop.library
        form = Awaited if hasattr(self._workload, "aopen") else Inline
        if form is Awaited:
            self._take("async")
        else:
            self._bend_to_blocking()
            self.notes.append("blocks the loop")
        with loop.held(form(self._workload, self._record, self.told).aopen()) as call:
            if self._instruments and self._instruments.beating:
                loop.watch(self._instruments.beating)
            yield call

    def elsewhere(
        self, everywhere: Everywhere, start: str = "", in_process: bool = False, far: bool = False
    ) -> AbstractContextManager[Call]:
        """Lanes in the workers of a pool that somebody else made; yields what to run there.

        `start` says how they were started, if they are processes, and `far` that they are none of
        ours.
        """
        from .elsewhere import Remote, in_all

        self._bend_to_blocking()
        self.in_process, self.start, self.far = in_process, start, far
        return in_all(everywhere, Remote(self._spec, self._record, not in_process), self.told)

    def greenlet(self) -> AbstractContextManager[Call]:
        """A lane for the caller alone, where others share its thread."""
        from .elsewhere import alone

        self._bend_to_blocking()
        return alone(self._workload, self._record, self.told)

    def _context(self, start: str) -> BaseContext:
        from multiprocessing import get_context

        self._bend_to_blocking()
        self.in_process, self.start = False, start
        return get_context(start)

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


def _class(loop: Loop) -> str:
    kind = type(loop.get_loop())
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
