"""Lanes: the places where tasks run.  Each opens the workload for itself and closes it there.

Standard library only, and asyncio, futures and multiprocessing only when a strategy asks for them:
a worker's start-up is measured with the imports that its strategy needs, and no others.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property, partial
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..contracts import AsyncCall, Batch, Call, Plain
from ..errors import UsageError
from ..spec import AROUND, Spec, task_inputs
from .lane import Instruments, awaited, in_lane, inline, opened
from .loops import Loop, held, in_thread, loop_class
from .pools import ChildLanes, processes, threads
from .preload import client_module, start_server
from .report import LaneReport

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
    from contextlib import AbstractAsyncContextManager

    from .external_pools import Everywhere
    from .multiprocessing_pool import WatchedPool
    from .other_loops import OtherLoop

    AsyncLane = Callable[[], AbstractAsyncContextManager[AsyncCall]]


OPENED_IN_BATCH, OWN_LOOP = {"code": "lanes-within-batch"}, {"code": "own-loop-per-lane"}
EXECUTOR, POOL = "concurrent.futures.process", f"{__name__}.multiprocessing_pool"
"""What the children of either kind of pool import."""


class Lanes:
    """Opens lanes of one workload; how they ran is known once they are closed.

    `form` is the one that ran, "blocking" or "async", and `notes` is what a reader must know: a
    code of `concbench.reports.run.notes` with its values, such as `{"code": "blocks-loop"}`, or a
    strategy's own words as text.  `in_process` says whether every lane was in this process, `start`
    how children were started, `far` whether they are none of ours, `loop` the class of the event
    loop; `reports` are those of closed lanes.  `shared_cpu` are the seconds of CPU that this
    process had used when it had what all its lanes share: the interpreter and imports.
    """

    def __init__(self, workload: Spec, instruments: Instruments | None = None) -> None:
        self._spec, self._instruments = workload, instruments
        self._record = instruments.record if instruments else None
        self.form = self.start = self.loop = ""
        self.in_process, self.far, self.shared_cpu = True, False, 0.0
        self.notes: list[Plain] = []
        self.reports: list[LaneReport] = []

    @cached_property
    def _workload(self) -> Any:
        """Imported with the first lane: a strategy that patches anything has done so by then."""
        return self._spec.build()

    @property
    def workload(self) -> Any:
        """The workload that its lanes open."""
        return self._workload

    @property
    def awaits(self) -> bool:
        """Whether it has no form but the one for event loops."""
        return not hasattr(self._workload, "open")

    def tasks(self, count: int, of: int | None = None, draw: str = "") -> range:
        """The first `count` tasks, as the workload sends them to lanes, for a batch.

        With `of` they are a sample of so many, spread over them, as `draw` decides.
        """
        tasks = range(count) if of is None or count >= of else spread(count, of, draw)
        items = task_inputs(self._workload)
        if items is not None and len(items) < count:
            self.notes.append({"code": "inputs-again", "inputs": len(items), "tasks": count})
        if hasattr(self._workload, "arguments"):
            tasks = self._workload.arguments(tasks)
        return tasks

    @property
    def around(self) -> bool:
        """Whether the workload does anything before or after a batch."""
        return any(hasattr(self._workload, name) for name in AROUND)

    @contextmanager
    def around_batch(self) -> Iterator[None]:
        """What the workload does before and after each batch, in this process and untimed."""
        before, after = (getattr(self._workload, name, None) for name in AROUND)
        if before:
            before()
        try:
            yield
        finally:
            if after:
                after()

    def guarded(self, batch: Batch) -> Batch:
        """The batch with what the workload does before and after it."""
        if not self.around:
            return batch

        def around(tasks: range) -> list[Plain]:
            with self.around_batch():
                return batch(tasks)

        return around

    @contextmanager
    def blocking(self) -> Iterator[Call]:
        """One lane in this thread."""
        self._to_blocking()
        with opened(self._workload, self._record, self.reports):
            yield in_lane

    @contextmanager
    def per_task(self) -> Iterator[Call]:
        """A lane for every single task, open no longer than that, in whichever thread calls."""
        self._to_blocking()
        self.notes.append(OPENED_IN_BATCH)
        workload, record, reports = self._workload, self._record, self.reports

        def call(i: int) -> Plain:
            with opened(workload, record, reports):
                return in_lane(i)

        yield call

    def threads(self, workers: int) -> AbstractContextManager[ThreadPoolExecutor]:
        """A pool of `workers` threads, a lane in each; map `in_lane` over task numbers."""
        self._to_blocking()
        return threads(workers, lambda: self._workload, self._record, self.reports)

    def processes(
        self, workers: int, start: str, preload: bool = True
    ) -> AbstractContextManager[ProcessPoolExecutor]:
        """A pool of `workers` child processes, a lane in each, by this start method.

        With `preload` a fork server imports what they need before it forks them.
        """
        return processes(self._children(workers, start, EXECUTOR if preload else ""))

    def loops(
        self, count: int, start: str, at_once: int
    ) -> AbstractContextManager[ProcessPoolExecutor]:
        """A pool of children, an event loop in each; map `in_lane` over chunks of task numbers."""
        from .loops_in_processes import LoopWork

        children = self._children(count, start, EXECUTOR)
        self._in_loops()
        return processes(children._replace(build=partial(LoopWork, self._spec, at_once)))

    def thread_loops(self, count: int, at_once: int) -> AbstractContextManager[ThreadPoolExecutor]:
        """The same in as many threads."""
        from .loops_in_processes import LoopWork

        self._in_loops()
        build = partial(LoopWork, self._spec, at_once)
        return threads(count, build, self._record, self.reports)

    def _in_loops(self) -> None:
        """Take the form for event loops, of which there are several."""
        self._to_blocking()
        if hasattr(self._workload, "aopen"):
            self.notes = [note for note in self.notes if note != OWN_LOOP]
            self._take("async")
        else:
            self.notes.append({"code": "blocks-loop"})

    def pool(
        self,
        workers: int,
        start: str,
        replaced_after: int | None = None,
        preload: bool = True,
    ) -> AbstractContextManager[WatchedPool]:
        """The same as a multiprocessing.Pool; children that it replaces open lanes with tasks."""
        from .multiprocessing_pool import lasting, replaced

        children = self._children(workers, start, POOL if preload else "")
        if replaced_after is None:
            return lasting(children)
        self.notes.append(OPENED_IN_BATCH)
        return replaced(children, replaced_after)

    def interpreters(self, workers: int) -> AbstractContextManager[Executor]:
        """A pool of `workers` threads, an interpreter and a lane in each; map `in_interpreter`."""
        from .interpreters import interpreters

        self._to_blocking()
        if getattr(sys, "_is_gil_enabled", lambda: True)():  # a free-threaded Python has none
            self.notes.append({"code": "own-gil-per-lane"})
        return interpreters(workers, self._spec.build, self._record, self.reports)

    @contextmanager
    def runner(
        self,
        factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
        debug: bool | None = None,
    ) -> Iterator[asyncio.Runner]:
        """An event loop in this thread, where probes see it."""
        import asyncio

        with asyncio.Runner(debug=debug, loop_factory=factory) as loop, ExitStack() as stack:
            self.loop = loop_class(loop)
            if self._instruments:
                stack.enter_context(self._instruments.watching(loop.get_loop()))
            yield loop

    def loop_thread(self) -> AbstractContextManager[Loop]:
        """The same in a thread of its own, to which this one submits."""
        return in_thread(self.runner())

    def coroutines(self, loop: Loop) -> AbstractContextManager[AsyncCall]:
        """One lane in this event loop; a workload without the form for it runs inline."""
        self.loop = self.loop or loop_class(loop)  # of a strategy that made its own
        return held(self._awaited(), loop)

    def inline(self, loop: Loop) -> AbstractContextManager[AsyncCall]:
        """One lane in this event loop that blocks it: the blocking form inside a coroutine."""
        self.loop = self.loop or loop_class(loop)
        return held(self._inline(), loop)

    @contextmanager
    def awaited(self, loop: OtherLoop) -> Iterator[AsyncCall]:
        """One lane in a loop that is not asyncio's, or inline; UsageError if it cannot be."""
        from .other_loops import unfit

        if reason := unfit(self._workload, loop.name):
            raise UsageError(reason)
        self.loop = loop.name
        aopen = self._awaited()
        with loop.held(aopen()) as call:
            if self._instruments and self._instruments.beating:
                loop.watch(self._instruments.beating)
            yield call

    def elsewhere(
        self, everywhere: Everywhere, start: str = "", in_process: bool = False, far: bool = False
    ) -> AbstractContextManager[Call]:
        """Lanes in the workers of a pool that somebody else opened; yields what to run there.

        `start` says how its processes were started, if any, and `far` that they are not ours.
        """
        from .external_pools import Remote, in_all

        self._to_blocking()
        self.in_process, self.start, self.far = in_process, start, far
        remote = Remote(self._spec, self._record, not in_process)
        return in_all(everywhere, remote, self.reports)

    def greenlet(self) -> AbstractContextManager[Call]:
        """A lane for the caller alone, where others share its thread."""
        from .external_pools import alone

        self._to_blocking()
        return alone(self._workload, self._record, self.reports)

    def _children(self, workers: int, start: str, preloaded: str) -> ChildLanes:
        from multiprocessing import get_context

        self.in_process, self.start = False, start
        self._to_blocking()
        context, build = get_context(start), self._spec.build
        if start == "forkserver" and preloaded:
            start_server(self._spec, [preloaded])
            self.notes.append({"code": "preloaded"})
        return ChildLanes(workers, context, build, self._record, self.reports)

    def _awaited(self) -> AsyncLane:
        """What an event loop runs: the async form, or else the blocking one."""
        if not hasattr(self._workload, "aopen"):
            return self._inline()
        self._take("async")
        return partial(awaited, self._workload, self._record, self.reports)

    def _inline(self) -> AsyncLane:
        """The blocking form inside a coroutine."""
        self.notes.append({"code": "blocks-loop"})
        self._to_blocking()
        return partial(inline, self._workload, self._record, self.reports)

    def _to_blocking(self) -> None:
        """Take the blocking form, or the async one with a loop of its own in every lane."""
        if hasattr(self._workload, "open"):
            self._take("blocking")
        else:
            self._take("async")
            self.notes.append(OWN_LOOP)

    def _take(self, form: str) -> None:
        self.form = form
        client, module = client_module(self._workload, form, self._spec.clients)
        if client:
            _import(client, module, self.start in ("", "fork"))
        self.shared_cpu = time.process_time()


def spread(count: int, of: int, draw: str = "", turn: int = 0) -> Any:
    """So many numbers of the first `of`, one anywhere in each of as many equal parts.

    They are drawn, for what repeats in a batch may do so in equal steps, and the same for all
    cells of a round, so that their answers can be compared.  Another `turn` gives others, until all
    have had theirs.
    """
    bounds = [part * of // max(1, count) for part in range(count + 1)]
    draws = (sha256(f"{draw}/{of}/{part}".encode()).digest() for part in range(count))
    drawn = [int.from_bytes(draw[:8], "big") + turn for draw in draws]
    parts = zip(bounds, bounds[1:], drawn, strict=False)
    return [low + number % (high - low) for low, high, number in parts]


def _import(client: str, module: str, here: bool) -> None:
    """Import it `here` where lanes are, or are forked from here; others import it themselves."""
    try:
        if not here and find_spec(module) is None:
            raise ModuleNotFoundError(name=module)
        if here:
            import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # it is there, and lacks something itself
        from ..clients import not_installed  # which looks at what is installed

        raise UsageError(not_installed(client)) from None
